// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
//
// An app that asks for its visitors' addresses: prints the peer of each request, one a line. The
// path /out makes it connect to 127.0.0.1 itself and answer with the peer of that connection.
import { createServer, get } from 'node:http';

const [port, outgoing] = process.argv.slice(2);

const server = createServer((request, response) => {
	if (request.url !== '/out') {
		console.log(request.socket.remoteAddress);
		response.writeHead(204).end();
		return;
	}
	const call = get({ host: '127.0.0.1', port: outgoing }, (answer) => {
		answer.resume();
		response.end(`${call.socket.remoteAddress}:${call.socket.remotePort}`);
	});
});
server.listen(port, '::', () => console.log('ready'));
