// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Node.js's own HTTP server, which answers 204 to all: oracle_server.js PORT COUNT_PORT. On the second
// port it says how many requests its parser has accepted, since it leaves some unanswered: those
// before one that is malformed or closes.
import { createServer } from 'node:http';
import net from 'node:net';

let requests = 0;

net.createServer((socket) => socket.end(`${requests}\n`)).listen(Number(process.argv[3]), '::');
createServer((request, response) => {
	requests++;
	request.resume();
	response.writeHead(204).end();
}).listen(Number(process.argv[2]), '::', () => console.log('ready'));
