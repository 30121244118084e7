// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What test_rules.sh does with sockets and memory:
//   rules.js changes HOST PORT SOCKET N   change a rule N times, with beacons before, amid and after
//   rules.js memory PID TEXT …            how often each text is in the memory of a process
import { openSync, readFileSync, readSync } from 'node:fs';
import { connect as dial } from 'node:net';

// Sends lines to the agent, one at a time; ask() ends when its answer is ok.
class Control {
	constructor(path) {
		this.socket = dial(path);
		this.socket.setEncoding('latin1');
		this.buffer = '';
		this.socket.on('data', (text) => this.take(text));
	}

	take(text) {
		this.buffer += text;
		const end = /^(ok|error: .*)\n/m.exec(this.buffer);
		if (!end)
			return;
		this.buffer = '';
		if (end[1] === 'ok')
			this.resolve();
		else
			this.reject(new Error(end[1]));
	}

	ask(line) {
		return new Promise((resolve, reject) => {
			this.resolve = resolve;
			this.reject = reject;
			this.socket.write(line + '\n');
		});
	}
}

const head = (page) => `GET /hm?p=${page}&x=1&y=1&w=640 HTTP/1.1\r\nHost: s\r\nCookie: probe=1`;

function connect(host, port) {
	const socket = dial(port, host);
	socket.setNoDelay(true);
	return new Promise((resolve) => socket.on('connect', () => resolve(socket)));
}

// A response without a body has come.
const answered = (socket) => new Promise((resolve) => socket.once('data', resolve));

async function beacon(socket, page) {
	socket.write(head(page) + '\r\n\r\n');
	await answered(socket);
}

async function changes(host, port, path, count) {
	const control = new Control(path);
	const probe = await connect(host, port);
	let counted = 0;

	for (let i = 0; i < count / 2; i++) {
		const amid = await connect(host, port);
		amid.write(head('/never'));
		await beacon(probe, '/always');
		await control.ask('optout cookie probe');
		await beacon(probe, '/never');
		amid.end('\r\n\r\n');
		await answered(amid);
		await control.ask('remove optout cookie probe');
		await beacon(probe, '/always');
		counted += 2;
	}
	probe.end();
	control.socket.end();
	console.log(counted);
}

function occurrences(buffer, text) {
	let count = 0;

	for (let at = 0; (at = buffer.indexOf(text, at)) >= 0; at += text.length)
		count++;
	return count;
}

function memory(pid, texts) {
	const fd = openSync(`/proc/${pid}/mem`, 'r');
	const counts = texts.map(() => 0);

	for (const line of readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')) {
		const map = /^([0-9a-f]+)-([0-9a-f]+) r.*?(\[v\w+\])?$/.exec(line);
		if (!map || map[3])
			continue;
		const start = BigInt('0x' + map[1]);
		const bytes = Buffer.alloc(Number(BigInt('0x' + map[2]) - start));
		try {
			readSync(fd, bytes, 0, bytes.length, start);
		} catch (e) {
			continue; // a mapping of a device or a kernel map
		}
		texts.forEach((text, i) => { counts[i] += occurrences(bytes, text); });
	}
	console.log(counts.join(' '));
}

const [what, ...args] = process.argv.slice(2);
if (what === 'changes')
	changes(args[0], +args[1], args[2], +args[3]);
else
	memory(args[0], args.slice(1));
