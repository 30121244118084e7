// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Node.js's own HTTP server as an app behind proxies: proxies_app.js PORT LOG. Answers 204 to all and
// writes a line a request to the log: status and request line (of what was read, when it is refused).
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
server.keepAliveTimeout = 300000;
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
