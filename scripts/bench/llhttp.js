#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What Node.js's parser, llhttp, takes for the requests that request_cost wrote to a folder:
// llhttp.js ROUNDS REPEAT FOLDER. The parser has no callbacks, so that Node.js makes neither strings
// nor objects of what llhttp finds: one call from JavaScript a request, and llhttp's own work.
// Prints lines for report.js.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

process.noDeprecation = true;
const { HTTPParser } = process.binding('http_parser');

function parserNs(bytes, repeat) {
	const parser = new HTTPParser();
	const start = process.cpuUsage();

	for (let i = 0; i < repeat; i++) {
		parser.initialize(HTTPParser.REQUEST, {});
		const taken = parser.execute(bytes);
		if (taken !== bytes.length)
			throw new Error(`llhttp took ${taken} of ${bytes.length} bytes`);
	}
	const used = process.cpuUsage(start);
	return (used.user + used.system) * 1000 / repeat;
}

function main([rounds, repeat, folder]) {
	const files = fs.readdirSync(folder).sort();

	for (let round = 0; round <= rounds; round++) {
		for (const file of files) {
			const bytes = fs.readFileSync(path.join(folder, file));
			const name = file.replace(/^[0-9]+ /, '');
			const ns = parserNs(bytes, Number(repeat));

			if (round) // the first one warms up
				console.log(['A', name, '', round, 'llhttp_ns', ns.toFixed(1)].join('\t'));
		}
	}
}

main(process.argv.slice(2));
