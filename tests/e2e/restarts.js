// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
//
// An app that answers 204 until SIGTERM ends it amid its requests; then it adds a line to a file:
// how many requests it has read.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, file] = process.argv.slice(2);
let requests = 0;

process.on('SIGTERM', () => {
	appendFileSync(file, `${requests}\n`);
	process.exit();
});
createServer((request, response) => {
	requests++;
	response.writeHead(204).end();
}).listen(port, '0.0.0.0', () => console.log('ready'));
