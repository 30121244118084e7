// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Two sorts of plots as SVG text: bars with whiskers, and curves over a logarithmic x.
'use strict';

const COLOURS = ['#2b6cb0', '#dd6b20', '#718096', '#38a169'];
const WIDTH = 900;

function escape(text) {
	return String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function text(x, y, what, more = '') {
	return `<text x="${x}" y="${y}" ${more}>${escape(what)}</text>`;
}

function svg(height, body) {
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" `
		+ `font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" `
		+ `fill="#fff"/>\n${body.join('\n')}\n</svg>\n`;
}

function short(value) {
	return value >= 100 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(3));
}

// groups: [{ name, bars: [[what, { median, min, max }], …] }]
function bars(title, groups) {
	const left = 300;
	const most = Math.max(...groups.flatMap((g) => g.bars.map(([, s]) => s.max)));
	const scale = (v) => left + v / most * (WIDTH - left - 90);
	const legend = [...new Set(groups.flatMap((g) => g.bars.map(([what]) => what)))];
	const body = [text(10, 20, title, 'font-weight="bold"')];
	let y = 34;

	legend.forEach((what, i) => {
		body.push(`<rect x="${left + i * 150}" y="10" width="12" height="12" `
			+ `fill="${COLOURS[i]}"/>`, text(left + 16 + i * 150, 20, what));
	});
	for (const group of groups) {
		body.push(text(left - 8, y + group.bars.length * 7 + 4, group.name,
			'text-anchor="end"'));
		for (const [what, s] of group.bars) {
			const end = scale(s.median);
			body.push(`<rect x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="11" `
				+ `fill="${COLOURS[legend.indexOf(what)]}"/>`,
			`<path d="M${scale(s.min).toFixed(1)} ${y + 5.5}H${scale(s.max).toFixed(1)}" `
				+ 'stroke="#000"/>', text(scale(s.max) + 6, y + 10, short(s.median)));
			y += 14;
		}
		y += 8;
	}
	return svg(y + 10, body);
}

function curve({ name, points }, x0, y0) {
	const [width, height] = [WIDTH / 2 - 110, 130];
	const most = Math.max(...points.map((p) => p.max)) * 1.1;
	const last = Math.log(points.at(-1).x) - Math.log(points[0].x) || 1;
	const x = (p) => (x0 + (Math.log(p.x) - Math.log(points[0].x)) / last * width).toFixed(1);
	const y = (v) => (y0 + height - v / most * height).toFixed(1);
	const body = [text(x0, y0 - 8, name, 'font-weight="bold"'),
		`<path d="M${x0} ${y0}v${height}h${width}" fill="none" stroke="#999"/>`,
		`<path d="M${points.map((p) => `${x(p)} ${y(p.median)}`).join('L')}" fill="none" `
			+ `stroke="${COLOURS[0]}" stroke-width="2"/>`];

	for (const p of points) {
		body.push(`<path d="M${x(p)} ${y(p.min)}V${y(p.max)}" stroke="#000"/>`,
			text(x(p), y0 + height + 16, p.x.toLocaleString('en'), 'text-anchor="middle"'),
			text(x(p), Number(y(p.max)) - 5, short(p.median), 'text-anchor="middle"'));
	}
	return body;
}

// list: [{ name, points: [{ x, median, min, max }, …] }]
function curves(list) {
	const body = list.flatMap((c, i) =>
		curve(c, 60 + i % 2 * (WIDTH / 2), 40 + (i >> 1) * 200));

	return svg(40 + Math.ceil(list.length / 2) * 200, body);
}

module.exports = { bars, curves };
