// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The README's statement for many machines' folders gives the sums that export gives. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { blindcount, store, temporary } from './counts.js';

/* What the README tells people to type: the first SQL block below the heading. */
async function statement() {
	const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
	const section = readme.slice(readme.indexOf('# Larger than one machine'));
	return section.match(/```sql\n(.*?)```/s)[1];
}

/* Rows of a host's day, no two hosts the same; names that need quoting among them. */
function rows(host, day) {
	const found = [];
	for (const site of ['shop.example.org', 'blog.example.org'])
		for (const [p, page] of ['/', '/a,b', '/say "x"', '/two\nlines', '=cmd()', '(rare)',
			'/caf%C3%A9', '/\u202egpj'].entries())
			for (const [e, event] of ['click', 'scroll', 'view'].entries())
				for (let cell = 0; cell <= host + day; cell++)
					found.push([site, page, event, 'phone', event == 'click' ? cell : '', cell,
						1 + (host * 7919 + day * 104729 + p * 31 + e * 17 + cell) % 1000]);
	return found;
}

const key = (...fields) => fields.map(f => f ?? '').join('\0');

test('DuckDB over three hosts equals the sum of three exports', async t => {
	const folder = await temporary(t);
	const want = new Map();
	for (const host of [1, 2, 3]) {
		const data = join(folder, `host${host}`);
		for (const day of [1, 2])
			await store(data, `2026-11-0${day}`, `node${host}`, rows(host, day));
		const { stdout } = await blindcount('export', '--data', data, '--format', 'json');
		for (const { site, page, event, device, column, row, count } of JSON.parse(stdout)) {
			/* DuckDB reads the files, where a formula has an apostrophe in front. */
			const cell = key(site, page.replace(/^=/, "'="), event, device, column, row);
			want.set(cell, (want.get(cell) ?? 0) + count);
		}
	}
	assert.ok(want.size > 100);

	const instance = await DuckDBInstance.create(':memory:');
	const connection = await instance.connect();
	const sql = (await statement()).replaceAll('/srv/counts', folder);
	const result = await connection.runAndReadAll(sql);
	const got = new Map(result.getRowsJson()
		.map(([site, page, event, device, column, row, events]) =>
			[key(site, page, event, device, column, row), Number(events)]));
	connection.closeSync();
	assert.deepEqual(got, want);
});
