// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Makes data folders with known counts, and runs the binary on them. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

export const BLINDCOUNT = new URL('../../build/blindcount', import.meta.url).pathname;
export const BUILD = new URL('../../build/', import.meta.url).pathname;

const HEADER = 'date,site,page,event,device,column,row,count\n';

/* Runs the binary; resolves to { stdout, stderr }, rejects on a status other than 0. */
export const blindcount = (...words) =>
	promisify(execFile)(BLINDCOUNT, words, { encoding: 'buffer', maxBuffer: 1 << 28 });

/* What the binary shows when its output is a terminal. */
export async function onTerminal(words) {
	const { stdout } = await promisify(execFile)('script',
		['-qec', `${BLINDCOUNT} ${words}`, '/dev/null'],
		{ encoding: 'latin1', maxBuffer: 1 << 28 });
	return stdout;
}

/* A folder that goes when the test ends. */
export async function temporary(t) {
	const folder = await mkdtemp(join(tmpdir(), 'blindcount-web-'));
	t.after(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

/* A name as bytes (strings are UTF-8), as the file holds it. */
function field(name) {
	let bytes = Buffer.from(name);
	if ("=+-@'\t\r\n".includes(String.fromCharCode(bytes[0])))
		bytes = Buffer.concat([Buffer.from("'"), bytes]);
	return `"${bytes.toString('latin1').replaceAll('"', '""')}"`;
}

/*
 * Stores rows [site, page, event, device, column, row, count] as a node's file
 * of a day; the last three may be '' as in the file. Rows must differ.
 */
export async function store(data, date, node, rows) {
	const folder = join(data, 'counts', `date=${date}`);
	const key = row => [
		...row.slice(0, 2).map(name => Buffer.from(name).toString('latin1')),
		row[2], row[3],
		...row.slice(4, 6).map(n => String(n === '' ? 0 : n + 1).padStart(5, '0')),
	].join('\0');
	const lines = rows.map(row => [key(row), row]).sort((a, b) => a[0] < b[0] ? -1 : 1)
		.map(([, [site, page, ...rest]]) => `${date},${field(site)},${field(page)},${rest.join(',')}\n`);
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, `${node}.csv.gz`),
		gzipSync(Buffer.from(HEADER + lines.join(''), 'latin1')));
}
