// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Many visitors of a proxy, some of whom send odd requests, and the judgement on what was counted
// behind it.
//   proxies.js send PORT PAGE COUNT SEED   each odd request with beacons of other visitors behind it,
//     then COUNT requests, 1 % of them odd; prints a line a request: id, kind, status (0: no answer)
//   proxies.js judge SENT APP_LOG EXPORT PAGE BEFORE AFTER   holds the export and two outputs of
//     `stats` against the app's log ("STATUS REQUEST-LINE"); the status is 0 if all is right
// Each beacon has a cell of its own, by its id; so a cell's count says how often it was counted.

import fs from 'node:fs';
import net from 'node:net';

const COLUMNS = 64; // ids of a row of cells
const BEHIND = 30; // visitors behind each kind of odd request
const VISITORS = 24; // at a time
const PATIENCE = 400; // ms that an odd request may be without an answer

const agents = ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
	'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36'];
const optouts = ['DNT: 1', 'Sec-GPC: 1', 'Cookie: theme=dark; blindcount_optout=1'];
const host = 'Host: shop.example.org';
const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA';
const smuggled = 'GET /hm?p=/smuggled&x=8&y=8&w=1024 HTTP/1.1\r\nHost: a\r\n\r\n';

const head = (first, ...lines) => [first, host, ...lines, '', ''].join('\r\n');
const post = (u, body, ...lines) => head(`POST ${u} HTTP/1.1`, `Content-Length: ${body.length}`, ...lines) + body;

// Each is given functions that make a beacon's target and returns what is written at a time.
const odd = {
	'lower-case method': (u) => [head(`get ${u()} HTTP/1.1`)],
	'dotted method': (u) => [head(`A.B ${u()} HTTP/1.1`)],
	'unknown method': (u) => [head(`BREW ${u()} HTTP/1.1`)],
	'obs-fold': (u) => [head(`GET ${u()} HTTP/1.1`, 'X-Fold: a\r\n b')],
	'two equal lengths': (u) => [post(u(), 'a=b', 'Content-Length: 3')],
	'list of lengths': (u) => [head(`POST ${u()} HTTP/1.1`, 'Content-Length: 3, 3') + 'a=b'],
	'length and coding': (u) => [head(`POST ${u()} HTTP/1.1`, 'Content-Length: 13', 'Transfer-Encoding: chunked') + '3\r\na=b\r\n0\r\n\r\n'],
	'no host': (u) => [`GET ${u()} HTTP/1.1\r\nAccept: */*\r\n\r\n`],
	'two hosts': (u) => [head(`GET ${u()} HTTP/1.1`, host)],
	'h2c': (u) => [head(`GET ${u()} HTTP/1.1`, h2c)],
	'h2c with a body': (u) => [post(u(), 'a=b', h2c)],
	'h2c with a body behind': (u) => [head(`POST ${u()} HTTP/1.1`, h2c, `Content-Length: ${smuggled.length}`), smuggled],
	'websocket': (u) => [head(`GET ${u()} HTTP/1.1`, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')],
	'odd bytes in the target': (u) => [head(`GET ${u()}&o=\x80\xff HTTP/1.1`)],
	'odd bytes in a header': (u) => [head(`GET ${u()} HTTP/1.1`, 'X-Odd: \x80\xff\x01')],
	'bare bytes': () => ['\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n'],
	'bare CR': (u) => [head(`GET ${u()} HTTP/1.1`, 'X-A: b\rX-C: d')],
	'blank before a colon': (u) => [head(`GET ${u()} HTTP/1.1`, 'X-A : b')],
	'LF alone': (u) => [head(`GET ${u()} HTTP/1.1`).replaceAll('\r', '')],
	'blank line first': (u) => [`\r\n${head(`GET ${u()} HTTP/1.1`)}`],
	'pipelined': (u) => [head(`GET ${u()} HTTP/1.1`) + head(`GET ${u()} HTTP/1.1`) + head(`GET ${u()} HTTP/1.1`)],
	'HEAD': (u) => [head(`HEAD ${u()} HTTP/1.1`)],
	'PUT': (u) => [post(u(), 'a=b').replace('POST', 'PUT')],
	'OPTIONS *': () => [head('OPTIONS * HTTP/1.1')],
	'HTTP/1.0': (u) => [head(`GET ${u()} HTTP/1.0`)],
	'HTTP/1.0, kept alive': (u) => [head(`GET ${u()} HTTP/1.0`, 'Connection: keep-alive')],
	'expectation': (u) => [head(`POST ${u()} HTTP/1.1`, 'Content-Length: 3', 'Expect: 100-continue'), 'a=b'],
	'chunks and a trailer': (u) => [head(`POST ${u()} HTTP/1.1`, 'Transfer-Encoding: chunked', 'Trailer: X-T'), '3;a=b\r\na=b\r\n', '0\r\nX-T: 1\r\n\r\n'],
	'absolute target': (u) => [head(`GET http://shop.example.org${u()} HTTP/1.1`)],
	'a beacon as body': (u) => [post(u(), smuggled), ''],
	'a beacon as body behind': (u) => [head(`POST ${u()} HTTP/1.1`, `Content-Length: ${smuggled.length}`), smuggled],
	'upload': (u) => [post(u(), smuggled.repeat(2000))],
	'long header': (u) => [head(`GET ${u()} HTTP/1.1`, `X-Long: ${'a'.repeat(6000)}`)],
	'head in parts': (u) => { const t = head(`GET ${u()} HTTP/1.1`, 'Accept: */*'); return [t.slice(0, 2), t.slice(2, 40), t.slice(40)]; },
};
const kinds = Object.keys(odd);

let state;
function random(n) { // mulberry32
	state = (state + 0x6d2b79f5) >>> 0;
	let t = state;
	t = Math.imul(t ^ (t >>> 15), t | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return ((t ^ (t >>> 14)) >>> 0) % n;
}

// The length of the answer that a text begins with, -1: not whole yet.
function answerLength(text, ended) {
	const end = text.indexOf('\r\n\r\n') + 4;
	if (end < 4)
		return -1;
	const status = Number(text.slice(9, 12));
	const lines = text.slice(0, end);
	const length = /\r\ncontent-length: *(\d+)/i.exec(lines);
	if (status < 200 || status === 204 || status === 304)
		return end;
	if (/\r\ntransfer-encoding: *chunked/i.test(lines)) {
		const last = text.indexOf('\r\n0\r\n\r\n', end - 2);
		return last < 0 ? -1 : last + 7;
	}
	if (length)
		return text.length >= end + Number(length[1]) ? end + Number(length[1]) : -1;
	return ended ? text.length : -1;
}

class Visitor {
	constructor(port) {
		this.text = '';
		this.ended = false;
		this.socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
		this.socket.on('data', (data) => { this.text += data.toString('latin1'); this.wake?.(); });
		this.socket.on('error', () => {});
		this.socket.on('close', () => { this.ended = true; this.wake?.(); });
	}
	write(text) {
		return new Promise((done) => this.socket.write(text, 'latin1', () => done()));
	}
	// The status of the next answer; 0: there is none. (Only odd requests need patience.)
	async answer(patience, withoutBody) {
		const until = Date.now() + patience;
		for (;;) {
			let length = answerLength(this.text, this.ended);
			if (length >= 0) {
				const status = Number(this.text.slice(9, 12));
				if (withoutBody)
					length = this.text.indexOf('\r\n\r\n') + 4;
				this.text = this.text.slice(length);
				if (status >= 200 || status === 101)
					return status;
				continue;
			}
			if (this.ended || Date.now() >= until)
				return 0;
			await new Promise((done) => {
				const timer = setTimeout(done, until - Date.now());
				this.wake = () => { clearTimeout(timer); done(); };
			});
		}
	}
	close() {
		this.socket.destroy();
	}
}

async function send(port, page, count, seed) {
	const out = [];
	let ids = 0;
	const target = (id) => `/hm?p=${page}&x=${(id % COLUMNS) * 16 + 8}&y=${Math.floor(id / COLUMNS) * 16 + 8}&w=1024&id=${id}`;

	async function beacon(visitor, optout) {
		const id = ids++;
		const lines = [`User-Agent: ${agents[id % 2]}`, 'Accept: image/avif,image/webp,*/*;q=0.8', 'Referer: http://shop.example.org/shoes'];
		if (optout)
			lines.push(optouts[id % 3]);
		await visitor.write(head(`GET ${target(id)} HTTP/1.1`, ...lines));
		out.push([id, optout ? 'opted out' : 'beacon', await visitor.answer(20000)]);
	}
	// The visitor's connection may be of no use afterwards; false then.
	async function oddRequest(visitor, kind) {
		const mine = [];
		const texts = odd[kind](() => { mine.push(ids++); return target(mine.at(-1)); });
		for (const text of texts) {
			await visitor.write(text);
			if (texts.length > 1)
				await new Promise((done) => setTimeout(done, 5));
		}
		let status;
		for (const id of mine.length ? mine : [-1])
			out.push([id, kind, status = await visitor.answer(PATIENCE, kind === 'HEAD')]);
		return status === 204 && !visitor.ended && !/1.0|h2c|websocket/.test(kind);
	}

	state = seed >>> 0;
	for (const kind of kinds) {
		const visitor = new Visitor(port);
		await oddRequest(visitor, kind);
		visitor.close();
		const first = ids;
		for (let n = 0; n < BEHIND; n++) {
			const other = new Visitor(port);
			await beacon(other, false);
			other.close();
		}
		out.push([first, `behind ${kind}`, BEHIND]);
	}
	await Promise.all(Array.from({ length: VISITORS }, async () => {
		while (ids < count + kinds.length * (BEHIND + 1)) {
			let visitor = new Visitor(port);
			for (let n = 1 + random(12); n > 0; n--) {
				if (random(100) > 0) {
					await beacon(visitor, random(20) === 0);
				} else if (!await oddRequest(visitor, kinds[random(kinds.length)])) {
					visitor.close();
					visitor = new Visitor(port);
				}
				if (visitor.ended)
					break;
			}
			visitor.close();
		}
	}));
	console.log(out.map((line) => line.join('\t')).join('\n'));
}

// Outcomes and stream events that `stats` tells.
function totals(file) {
	const all = {};
	for (const m of fs.readFileSync(file, 'utf8').matchAll(/^blindcount_(?:requests|stream)_total\{\w+="(\w+)"\} (\d+)$/gm))
		all[m[1]] = Number(m[2]);
	all.seen = Number(/^blindcount_seen_total (\d+)$/m.exec(fs.readFileSync(file, 'utf8'))[1]);
	return all;
}

// How often each id was counted. Which column the first one has depends on the grid.
function counts(file, page) {
	const lines = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(','));
	const [names, ...rows] = lines;
	const at = (row, name) => row[names.indexOf(name)];
	const mine = rows.filter((row) => at(row, 'page') === page && at(row, 'row') !== '');
	const first = Math.min(...mine.map((row) => Number(at(row, 'column'))));
	const all = new Map();
	for (const row of mine)
		all.set(Number(at(row, 'row')) * COLUMNS + Number(at(row, 'column')) - first, Number(at(row, 'count')));
	all.smuggled = rows.filter((row) => at(row, 'page') === '/smuggled').length;
	return all;
}

function judge(sentFile, logFile, exportFile, page, beforeFile, afterFile) {
	const sent = fs.readFileSync(sentFile, 'utf8').trim().split('\n').map((line) => line.split('\t'));
	const log = fs.readFileSync(logFile, 'latin1').trim().split('\n');
	const counted = counts(exportFile, page);
	const before = totals(beforeFile), after = totals(afterFile);
	const rise = (name) => after[name] - before[name];
	const accepted = new Map(), refusedIds = new Set();
	let all = 0, refused = 0, wrong = 0, leaked = 0, more = 0, answered = 0, requests = 0;
	const blinded = [];

	for (const line of log) {
		const id = Number(/[?&]id=(\d+)/.exec(line)?.[1] ?? -1);
		if (line.startsWith('400')) {
			refused++;
			refusedIds.add(id);
		} else {
			all++;
			accepted.set(id, (accepted.get(id) || 0) + 1);
		}
	}
	for (const [text, kind, status] of sent) {
		const id = Number(text);
		const n = counted.get(id) || 0;
		if (kind.startsWith('behind ')) {
			let lost = 0;
			for (let i = id; i < id + BEHIND; i++)
				lost += (accepted.get(i) || 0) > (counted.get(i) || 0);
			if (lost)
				blinded.push(`${kind}: ${lost} of ${BEHIND} not counted`);
			continue;
		}
		requests++;
		answered += status === '204';
		// One without an answer was lost by the proxy or the app; that it came is counted or not.
		if (kind === 'beacon' && status === '204')
			wrong += n === 0 || n !== accepted.get(id);
		else if (kind === 'opted out')
			leaked += n > 0;
		// What a server refuses for a header that no rule names is a request all the same.
		more += id >= 0 && n > (accepted.get(id) || 0) + (refusedIds.has(id) || status !== '204');
	}
	const names = Object.keys(after).filter((name) => name !== 'segments' && rise(name) > 0);
	const unseen = Math.max(0, all - rise('seen'));
	console.log(`  ${page.slice(1).padEnd(16)} sent ${requests}, answered with 204 ${answered}, app: accepted ${all}, refused ${refused}; ` +
		`${names.map((name) => `${name} ${rise(name)}`).join(', ')}; unseen ${unseen}`);
	const told = rise('malformed') + rise('undecided') + rise('gap') + (rise('fallback') || 0);
	const checks = [[wrong, 'beacons of ordinary visitors not counted exactly once'], [leaked, 'opted out, and counted'],
		[more, 'counted more often than accepted'], [counted.smuggled, 'bytes of a body counted'],
		[Math.max(0, unseen - told), 'unseen, and not told']];
	for (const [n, what] of checks)
		if (n)
			console.log(`    WRONG ${what}: ${n}`);
	for (const what of blinded)
		console.log(`    WRONG ${what}`);
	process.exit(checks.some(([n]) => n) || blinded.length ? 1 : 0);
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'send')
	await send(Number(args[0]), args[1], Number(args[2]), Number(args[3]));
else
	judge(...args);
process.exit(0);
