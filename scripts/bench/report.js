#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Makes the bench's report from raw.tsv in a folder (part, series, x, round, metric, value; one
// figure a line): report.txt, report.json and a plot of each part. Medians, with what lies
// between the smallest and the greatest round in parentheses; ratios are of figures of one round.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { bars, curves } = require('./plot.js');

function read(file) {
	const rounds = new Map(); // "part series x metric" -> values by round

	for (const line of fs.readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
		const [part, series, x, round, metric, value] = line.split('\t');
		const key = [part, series, x, metric].join('\t');
		if (!rounds.has(key))
			rounds.set(key, []);
		rounds.get(key).push({ round: Number(round), value: Number(value) });
	}
	return rounds;
}

function spread(values) {
	const sorted = [...values].sort((a, b) => a - b);

	return { median: sorted[sorted.length >> 1], min: sorted[0], max: sorted.at(-1),
		rounds: sorted.length };
}

class Figures {
	constructor(rounds) {
		this.rounds = rounds;
	}

	values(part, series, x, metric) {
		return this.rounds.get([part, series, x, metric].join('\t'))?.map((r) => r.value);
	}

	of(part, series, metric, x = '') {
		const values = this.values(part, series, x, metric);
		return values && spread(values);
	}

	// Ratio of two figures, round by round.
	ratio(part, a, b) {
		const over = this.values(part, ...a);
		const under = this.values(part, ...b);
		return over && under && spread(over.map((v, i) => v / under[i]));
	}

	series(part) {
		return this.unique(part, 1);
	}

	unique(part, field, series) {
		const found = [...this.rounds.keys()].map((k) => k.split('\t'))
			.filter((k) => k[0] === part && (series === undefined || k[1] === series));
		return [...new Set(found.map((k) => k[field]))];
	}
}

function show(s, digits = 0) {
	if (!s)
		return '-';
	const [m, a, b] = [s.median, s.min, s.max].map((v) => v.toFixed(digits));
	return `${m} (${a}-${b})`;
}

function table(head, rows) {
	const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i].length)));
	const line = (cells) => cells.map((c, i) =>
		i ? c.padStart(widths[i]) : c.padEnd(widths[i])).join('  ').trimEnd();
	return [line(head), ...rows.map(line), ''].join('\n');
}

function partA(f) {
	const rows = f.series('A').map((kind) => ({
		kind,
		bytes: f.of('A', kind, 'bytes')?.median,
		operations: f.of('A', kind, 'operations')?.median,
		kernel_ns: f.of('A', kind, 'kernel_ns'),
		live_ns: f.of('A', kind, 'live_ns'),
		parser_ns: f.of('A', kind, 'parser_ns'),
		llhttp_ns: f.of('A', kind, 'llhttp_ns'),
		of_parser: f.ratio('A', [kind, '', 'kernel_ns'], [kind, '', 'parser_ns']),
	}));
	return {
		title: 'A. One packet in the kernel, beside parsers on the same bytes',
		rows,
		text: table(['', 'bytes', 'map operations', 'kernel ns', 'libhttp-parser ns', 'of that',
			'llhttp ns', 'on live traffic ns'], rows.map((r) => [r.kind, `${r.bytes}`, `${r.operations}`,
			show(r.kernel_ns), show(r.parser_ns), show(r.of_parser, 2), show(r.llhttp_ns), show(r.live_ns)])),
		plot: bars('Nanoseconds a packet', rows.map((r) => ({ name: r.kind,
			bars: [['kernel', r.kernel_ns], ['libhttp-parser', r.parser_ns],
				['llhttp', r.llhttp_ns]].filter(([, s]) => s) }))),
	};
}

// Each is held against the port that is not counted in the same round.
const MODES = {
	none: { name: 'a port that is not counted', beside: 'none' },
	agent: { name: 'a counted one', beside: 'none' },
	flush: { name: 'a counted one, flush each second', beside: 'none, flush' },
	log: { name: "one with nginx's access log", beside: 'none' },
};

// The median's confidence interval of at least 95 %, from the ranks of the rounds.
function interval(values) {
	const sorted = [...values].sort((a, b) => a - b);
	const n = sorted.length;
	let below = 0;
	let tail = 2 ** -n; // chance that no value lies below the median

	for (let k = 0; tail <= 0.025 && k < n / 2; k++) {
		below = k;
		tail += [...Array(k + 1).keys()].reduce((c, i) => c * (n - i) / (i + 1), 1) * 2 ** -n;
	}
	return { median: sorted[n >> 1], min: sorted[below], max: sorted[n - 1 - below], rounds: n };
}

function partB(f) {
	const pairs = (mode, other, metric) => interval(f.values('B', mode, '', metric)
		.map((v, i) => v / f.values('B', other, '', metric)[i]));
	const rows = Object.entries(MODES).map(([mode, { name, beside }]) => {
		const row = { mode: name, rate: f.of('B', mode, 'rate'), of_none: pairs(mode, beside, 'rate'),
			cpu_us: f.of('B', mode, 'cpu_us'), cpu_of_none: pairs(mode, beside, 'cpu_us') };
		if (mode === 'agent') {
			row.of_log = pairs(mode, 'log', 'rate');
			row.cpu_of_log = pairs(mode, 'log', 'cpu_us');
		}
		for (const p of ['p50_us', 'p90_us', 'p99_us', 'p999_us'])
			row[p] = f.of('B', mode, p);
		return row;
	});
	return {
		title: 'B. nginx answering 204 on three ports beside one agent: throughput and CPU time of a request, client '
			+ 'and all, at saturation; latency at 4,000 requests a second. Ratios are medians of pairs, with their '
			+ '95 % interval',
		rows,
		text: table(['', 'requests/s', 'of not counted', 'of the log', 'CPU us', 'of not counted', 'of the log',
			'p50 us', 'p90 us', 'p99 us', 'p99.9 us'], rows.map((r) => [r.mode, show(r.rate), show(r.of_none, 3),
			show(r.of_log, 3), show(r.cpu_us, 1), show(r.cpu_of_none, 3), show(r.cpu_of_log, 3), show(r.p50_us),
			show(r.p90_us), show(r.p99_us), show(r.p999_us)])),
		plot: bars('Throughput, of that of a port that is not counted', rows.map((r) =>
			({ name: r.mode, bars: [['throughput', r.of_none]] }))),
	};
}

function partC(f) {
	const rows = f.series('C').map((way) => {
		const sent = f.values('C', way, '', 'sent');
		const part = (metric) => f.values('C', way, '', metric).map((v, i) => v / sent[i]);
		const kernel = part('kernel_us');
		const user = part('user_us');
		return { way, kernel: spread(kernel), user: spread(user),
			all: spread(kernel.map((v, i) => v + user[i])), more: spread(part('more_us')), bytes: spread(part('bytes')),
			seen: f.values('C', way, '', 'seen') && spread(part('seen')) };
	});
	const pace = (way) => /, paced$/.test(way);
	for (const r of rows) {
		const ours = rows.find((o) => /^blindcount/.test(o.way) && pace(o.way) === pace(r.way));
		r.times = r.all.median / ours.all.median;
	}
	return {
		title: 'C. CPU seconds of the whole job for a million beacons',
		rows,
		text: table(['', 'traffic path', 'process', 'both', 'times ours', 'all together', 'bytes/beacon', 'seen'],
			rows.map((r) => [r.way, show(r.kernel, 2), show(r.user, 2), show(r.all, 2),
				r.times.toFixed(1), show(r.more, 2), r.bytes.median.toFixed(1),
				r.seen ? `${(r.seen.median * 100).toFixed(1)} %` : 'all'])),
		plot: bars('CPU seconds for a million beacons', rows.map((r) =>
			({ name: r.way, bars: [['CPU s', r.all]] }))),
	};
}

function partD(f) {
	const all = f.series('D').flatMap((curve) => f.unique('D', 2, curve).flatMap((x) =>
		f.unique('D', 3, curve).map((metric) =>
			({ curve, x: Number(x), metric, value: f.of('D', curve, metric, x) }))))
		.filter((r) => r.value);
	const rules = f.series('A').map((kind) => [/([0-9,]+) page rules?/.exec(kind), kind])
		.filter(([m]) => m).map(([m, kind]) => ({ curve: 'page rules',
			x: Number(m[1].replace(',', '')), metric: 'program_ns',
			value: f.of('A', kind, 'kernel_ns') }));
	const rows = [...all, ...rules];
	const names = [...new Set(rows.map((r) => r.curve))];
	return {
		title: 'D. Scale: nanoseconds of the program for a request on live traffic; seconds and MB '
			+ 'of flush, export and report',
		rows,
		text: table(['', 'x', 'metric', 'value'], rows.map((r) => [r.curve, `${r.x}`, r.metric,
			show(r.value, r.value.median < 100 ? 2 : 0)])),
		plot: curves(names.filter((n) => n !== 'flush').map((name) => {
			const metric = rows.find((r) => r.curve === name).metric;
			return { name: `${name} (${metric})`, points: rows.filter((r) =>
				r.curve === name && r.metric === metric).map((r) => ({ x: r.x, ...r.value })) };
		})),
	};
}

function partE(f) {
	const metrics = ['sent', 'rate', 'seen', 'outcomes', 'counted', 'undecided', 'on_disk',
		'rule_changes'];
	const rows = metrics.map((m) => ({ metric: m, value: f.of('E', 'burst', m)?.median }));
	return {
		title: 'E. A burst from two cores, with a flush each second and rules changing all the time',
		rows,
		text: table(['', ''], rows.map((r) => [r.metric, `${r.value}`])),
		plot: bars('Beacons', rows.filter((r) => ['sent', 'seen', 'counted', 'on_disk']
			.includes(r.metric)).map((r) => ({ name: r.metric, bars: [['beacons',
			{ median: r.value, min: r.value, max: r.value }]] }))),
	};
}

function machine() {
	return `${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, Linux ${os.release()}, `
		+ `${new Date().toISOString().slice(0, 10)}`;
}

function main(folder) {
	const f = new Figures(read(path.join(folder, 'raw.tsv')));
	const make = { A: partA, B: partB, C: partC, D: partD, E: partE };
	const report = { machine: machine(), parts: {} };
	const text = [report.machine, 'Medians, with the smallest and the greatest round.', ''];

	for (const [letter, part] of Object.entries(make)) {
		if (!f.series(letter).length)
			continue;
		const { title, rows, text: body, plot } = part(f);
		report.parts[letter] = { title, rows };
		text.push(title, '', body);
		fs.writeFileSync(path.join(folder, `${letter}.svg`), plot);
	}
	fs.writeFileSync(path.join(folder, 'report.json'), `${JSON.stringify(report, null, '\t')}\n`);
	fs.writeFileSync(path.join(folder, 'report.txt'), text.join('\n'));
	process.stdout.write(text.join('\n'));
}

main(process.argv[2]);
