// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Node.js's own HTTP server as an app: app_node.js PORT LOG [upgrade]. Answers 204 to all, with
// `upgrade` 101 to who asks for another protocol, which it does not understand either, and writes a line a request to the log: status and request line (of what was read, when it is refused).
import fs from 'node:fs';
import { createServer } from 'node:http';

const log = fs.openSync(process.argv[3], 'a');
const server = createServer((request, response) => {
	request.resume();
	response.writeHead(204).end();
	fs.writeSync(log, `204 ${request.method} ${request.url}\n`, null, 'latin1');
});
server.on('clientError', (error, socket) => {
	if (!(error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE'))
		fs.writeSync(log, `400 ${/^[^\r\n]*/.exec(error.rawPacket?.toString('latin1') ?? '')[0]}\n`, null, 'latin1');
	socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
});
if (process.argv[4]) {
	server.on('upgrade', (request, socket) => {
		fs.writeSync(log, `101 ${request.method} ${request.url}\n`, null, 'latin1');
		socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
		socket.resume();
		socket.on('error', () => {});
	});
}
server.keepAliveTimeout = 300000;
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
