// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A small site on localhost: any path gives the same tall page with the beacon
 * script, and requests for the beacon path are recorded instead of counted.
 */
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const SCRIPT = new URL('../../build/beacon.min.js', import.meta.url);

const page = attributes => `<!doctype html><meta charset="utf-8"><title>Test page</title>
<style>html, body { margin: 0 } main { height: 3000px; position: relative }</style>
<main><label id="label" style="position:absolute;left:40px;top:40px">
<input type="checkbox" style="width:20px;height:20px"> tick</label>
<button id="button" style="position:absolute;left:400px;top:40px">press</button>
<a id="next" style="position:absolute;left:600px;top:40px" href="/next">next</a></main>
<script src="/beacon.js" ${attributes} defer></script>`;

export class Site extends EventEmitter {
	beacons = [];

	/* `attributes`: what stands in the script tag, such as 'data-scroll data-site="x"'. */
	async start(attributes = '') {
		const script = await readFile(SCRIPT);
		this.server = createServer((request, response) => {
			const url = new URL(request.url, 'http://localhost');
			if (url.pathname == '/hm') {
				this.record(request, url);
				response.writeHead(204).end();
			} else if (url.pathname == '/beacon.js') {
				response.setHeader('Content-Type', 'text/javascript').end(script);
			} else {
				response.setHeader('Content-Type', 'text/html').end(page(attributes));
			}
		});
		this.server.listen(0, '127.0.0.1');
		await once(this.server, 'listening');
		this.url = `http://localhost:${this.server.address().port}`;
		return this;
	}

	record(request, url) {
		this.beacons.push({
			method: request.method,
			length: Number(request.headers['content-length'] ?? 0),
			raw: request.url,
			...Object.fromEntries(url.searchParams),
		});
		this.emit('beacon');
	}

	/* Waits until `count` beacons have come; more than that is an error. */
	async received(count) {
		while (this.beacons.length < count)
			await once(this, 'beacon', { signal: AbortSignal.timeout(10000) });
		if (this.beacons.length > count)
			throw new Error(`${this.beacons.length} beacons instead of ${count}`);
		return this.beacons;
	}

	stop() {
		this.server.closeAllConnections();
		this.server.close();
	}
}
