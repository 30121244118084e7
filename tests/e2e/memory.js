// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How often each text is in the memory of a process: memory.js PID TEXT …
import { openSync, readFileSync, readSync } from 'node:fs';

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

const [pid, ...texts] = process.argv.slice(2);
memory(pid, texts);
