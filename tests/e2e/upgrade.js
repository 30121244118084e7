// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Requests that ask for another protocol, and what comes behind them on their connection:
//   upgrade.js send PORT PAGE TIMES   each case so often, with a page of its own that begins with PAGE
//   upgrade.js judge APP APP_LOG EXPORT PAGE TIMES   holds what was counted on each page against the
//     app's log; the status is 0 if it is the same, but for what `drops` explains
import fs from 'node:fs';
import net from 'node:net';

const host = 'Host: shop.example.org';
const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA';
const websocket = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const head = (first, ...lines) => [first, host, ...lines, '', ''].join('\r\n');
const get = (u, ...lines) => head(`GET ${u} HTTP/1.1`, ...lines);
const body = 'GET /hm?p=/smuggled&x=8&y=8&w=1024 HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (u, ...lines) => head(`POST ${u} HTTP/1.1`, `Content-Length: ${body.length}`, ...lines);
const chunked = (u, ...lines) => head(`POST ${u} HTTP/1.1`, 'Transfer-Encoding: chunked', ...lines);
const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

// What is written at a time; `u` makes the target of a further beacon.
const cases = {
	'h2c': (u) => [get(u(), h2c) + get(u())],
	'websocket': (u) => [get(u(), websocket) + get(u())],
	'other': (u) => [get(u(), 'Connection: upgrade', 'Upgrade: foo/2') + get(u())],
	'without-connection': (u) => [get(u(), 'Upgrade: foo/2') + get(u())],
	'two-behind': (u) => [get(u(), h2c) + get(u()) + get(u())],
	'behind-later': (u) => [get(u(), h2c), get(u())],
	'in-parts': (u) => { const all = get(u(), websocket) + get(u()); return [all.slice(0, 150), all.slice(150)]; },
	'body': (u) => [post(u(), h2c) + body + get(u())],
	'body-later': (u) => [post(u(), h2c), body, get(u())],
	'body-and-request-later': (u) => [post(u(), h2c), body + get(u())],
	'chunks': (u) => [chunked(u(), h2c) + chunk + get(u())],
	'chunks-later': (u) => [chunked(u(), h2c), chunk, get(u())],
	'websocket-body-later': (u) => [post(u(), websocket), body, get(u())],
	'frames': (u) => [get(u(), websocket), '\x81\x85\x00\x00\x00\x00GET /\r\n\r\n', '\x00\x01\xff'],
};

// Where more may be counted than the app takes, since no answer is ever seen: Node.js drops what it
// reads at once with such a request, though it answers that one as any other; and behind a 101
// stands whatever the two agreed upon, which is none of these cases' beacons.
const drops = {
	node: Object.keys(cases),
	switching: Object.keys(cases).filter((name) => name !== 'without-connection' && name !== 'frames'),
};

// Write a case's texts in segments of their own, and wait until the server has no more to say.
function connection(port, texts) {
	return new Promise((done) => {
		const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, async () => {
			// The connection has been accepted before anything odd comes.
			for (const text of [get('/hm?p=/before&x=8&y=8&w=1024'), ...texts]) {
				socket.write(text, 'latin1');
				await new Promise((next) => setTimeout(next, 10));
			}
			socket.setTimeout(200, () => socket.destroy());
		});
		socket.on('data', () => {});
		socket.on('error', () => {});
		socket.on('close', done);
	});
}

async function send(port, page, times) {
	for (const [name, texts] of Object.entries(cases)) {
		const all = [];
		let ids = 0;
		for (let i = 0; i < times; i++)
			all.push(connection(port, texts(() => `/hm?p=${page}-${name}&x=${ids % 64 * 16 + 8}&y=${Math.floor(ids++ / 64) * 16 + 8}&w=1024`)));
		await Promise.all(all);
	}
}

function judge(app, logFile, exportFile, page, times) {
	const [names, ...rows] = fs.readFileSync(exportFile, 'utf8').trim().split('\n').map((line) => line.split(','));
	const counted = {};
	let wrong = 0;
	for (const row of rows)
		counted[row[names.indexOf('page')]] = (counted[row[names.indexOf('page')]] || 0) + Number(row.at(-1));
	const log = fs.readFileSync(logFile, 'latin1').split('\n');
	for (const name of Object.keys(cases)) {
		const accepted = log.filter((line) => /^[12]/.test(line) && line.includes(`p=${page}-${name}&`)).length;
		const n = counted[`${page}-${name}`] || 0;
		let sent = 0;
		cases[name](() => { sent += times; return ''; });
		if (n < accepted || n > (drops[app]?.includes(name) ? sent : accepted)) {
			console.log(`  ${app} ${name}: ${sent} sent, ${accepted} accepted, ${n} counted`);
			wrong++;
		}
	}
	if (counted['/smuggled']) {
		console.log(`  ${app}: ${counted['/smuggled']} bodies counted as requests`);
		wrong++;
	}
	process.exit(wrong ? 1 : 0);
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'send')
	await send(Number(args[0]), args[1], Number(args[2]));
else
	judge(...args.slice(0, 4), Number(args[4]));
