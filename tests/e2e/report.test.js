// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* The report page in a real browser: its numbers, its colours, its keys, and hostile names. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openBrowser } from './browser.js';
import { blindcount, BUILD, onTerminal, store, temporary } from './counts.js';

const browser = await openBrowser({ viewport: { width: 1400, height: 1000 } });
after(() => browser.close());

/* Stores rows of one day, writes the report, opens it; anything the page complains of fails. */
async function report(t, rows, { context = browser, date = '2026-11-20', data } = {}) {
	const folder = await temporary(t);
	data ??= folder;
	if (rows)
		await store(data, date, 'node1', rows);
	const file = join(folder, 'report.html');
	await blindcount('report', '--data', data, '--out', file);
	const page = await context.newPage();
	const complaints = [], requests = [];
	page.on('console', message => complaints.push(message.text()));
	page.on('pageerror', error => complaints.push(String(error)));
	page.on('dialog', dialog => complaints.push(dialog.message()));
	page.on('request', request => requests.push(request.url()));
	t.after(() => page.close());
	const url = pathToFileURL(file).href;
	await page.goto(url);
	return { page, file, url, complaints, requests };
}

/* The map's pixels: [column, row, red, green, blue] of each that is not transparent. */
const pixels = page => page.evaluate(() => {
	const { width, height } = document.querySelector('#map');
	const { data } = document.querySelector('#map').getContext('2d')
		.getImageData(0, 0, width, height);
	const found = [];
	for (let i = 0; i < width * height; i++)
		if (data[4 * i + 3])
			found.push([i % width, Math.floor(i / width), ...data.slice(4 * i, 4 * i + 3)]);
	return found;
});

const lightness = ([, , r, g, b]) => .2126 * r + .7152 * g + .0722 * b;

const table = page => page.$$eval('#cells tbody tr',
	rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));

const SHOP = [
	['(any)', '/', 'click', 'desktop', 32, 10, 500],
	['(any)', '/', 'click', 'desktop', 5, 60, 50],
	['(any)', '/', 'click', 'phone', 63, 0, 7],
	['(any)', '/', 'click', 'phone', '', '', 3],
	['(any)', '/', 'scroll', 'desktop', '', 49, 60],
	['(any)', '/', 'scroll', 'desktop', '', 99, 40],
	['(any)', '/', 'view', 'desktop', '', 45, 100],
	['(any)', '/about', 'click', 'desktop', 1, 1, 20],
	['(any)', '(rare)', 'click', 'desktop', '', '', 4],
];

test('canvas, table, figures and cursor tell the same numbers', async t => {
	const { page, complaints } = await report(t, SHOP);
	const found = await pixels(page);
	assert.deepEqual(found.map(p => p.slice(0, 2)), [[63, 0], [32, 10], [5, 60]]);
	const hottest = found.reduce((a, b) => lightness(b) < lightness(a) ? b : a);
	assert.deepEqual(hottest.slice(0, 2), [32, 10]);
	assert.deepEqual(await table(page), [
		['50.0–51.6%', '160–175 px', '500', '89.8%'],
		['7.8–9.4%', '960–975 px', '50', '9.0%'],
		['98.4–100.0%', '0–15 px', '7', '1.3%'],
	]);
	const figures = await page.$$eval('#figures div', all => all.map(div => div.innerText));
	assert.deepEqual(figures.map(text => text.split('\n')), [
		['Click events', '560', '3 without a place'],
		['Above the fold', '91.0%', 'desktop: first 720 px, median of 100 views'],
		['Half of page views saw', '800 px', 'scroll depth of 100 page views'],
		['Hottest cell', '500', '50.0–51.6%, 160–175 px'],
	]);
	const box = await page.locator('#map').boundingBox();
	const rows = await page.$eval('#map', map => map.height);
	await page.mouse.move(box.x + box.width * 32.5 / 64, box.y + box.height * 10.5 / rows);
	assert.match(await page.textContent('#told'), /^500 events at 50\.0–51\.6% across, 160–175 px/);
	assert.deepEqual(complaints, []);
});

test('pages come by events; filters for device, event and days', async t => {
	const data = await temporary(t);
	await store(data, '2026-11-19', 'node1', [['(any)', '/', 'click', 'desktop', 1, 1, 1000]]);
	await store(data, '2026-11-19', 'node2', [['(any)', '/', 'click', 'desktop', 1, 1, 11]]);
	const { page } = await report(t, SHOP, { data });
	const hottest = async () => (await table(page))[0].slice(1, 3);
	assert.deepEqual(await page.$$eval('#pages bdi', all => all.map(e => e.textContent)),
		['/', '/about']);
	assert.deepEqual(await page.$$eval('#unnamed bdi', all => all.map(e => e.textContent)),
		['(rare)']);
	assert.deepEqual(await hottest(), ['16–31 px', '1,011']);
	await page.fill('#from', '2026-11-20');
	assert.deepEqual(await hottest(), ['160–175 px', '500']);
	await page.check('#device input[value="1"]');
	assert.deepEqual(await hottest(), ['0–15 px', '7']);
	await page.check('#device input[value="-1"]');
	await page.check('#event input[value="2"]');
	assert.deepEqual(await table(page), [
		['whole width', '784–799 px', '60', '60.0%'],
		['whole width', '1,584–1,599 px', '40', '40.0%'],
	]);
	await page.fill('#find', 'ABOUT');
	assert.deepEqual(await page.$$eval('#pages bdi', all => all.map(e => e.textContent)), ['/about']);
	await page.check('#pages input');
	assert.deepEqual(await hottest(), ['16–31 px', '20']);
	assert.match(await page.textContent('#withheld-sum'), /^4 of 1,795 events .* \(0\.2%\)/);
});

test('works with keys alone', async t => {
	const { page } = await report(t, SHOP);
	await page.keyboard.press('/');
	assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
	await page.keyboard.press('Tab');
	await page.keyboard.press('ArrowDown');
	assert.equal(await page.textContent('#page-name'), '/about');
	await page.keyboard.press('ArrowUp');
	assert.equal(await page.textContent('#page-name'), '/');
	await page.focus('#map');
	const told = async key => {
		await page.keyboard.press(key);
		return page.textContent('#told');
	};
	assert.match(await told('n'), /^500 events/);
	assert.match(await told('n'), /^50 events/);
	assert.match(await told('ArrowRight'), /^0 events at 9\.4–10\.9% across, 960–975 px/);
	assert.match(await told('ArrowLeft'), /^50 events/);
	assert.equal(await told('Escape'), '');
});

test('nothing counted: the page says so', async t => {
	const { page, complaints } = await report(t, null);
	assert.equal(await page.textContent('#frame'), 'Nothing is there to be shown.');
	assert.deepEqual(complaints, []);
});

test('a damaged file is named on standard error and told on the page', async t => {
	const data = await temporary(t);
	await store(data, '2026-11-20', 'node1', SHOP);
	await store(data, '2026-11-20', 'node2', SHOP);
	await writeFile(join(data, 'counts', 'date=2026-11-20', 'node2.csv.gz'), 'no gzip');
	const file = join(data, 'report.html');
	await assert.rejects(blindcount('report', '--data', data, '--out', file),
		error => error.code == 1 && String(error.stderr).includes('node2.csv.gz'));
	const page = await browser.newPage();
	t.after(() => page.close());
	await page.goto(pathToFileURL(file).href);
	assert.match(await page.textContent('#span'), /1 damaged file was left out/);
});

/* Red-green and blue-yellow blindness at their strongest (Machado and others, 2009). */
const SIGHT = {
	full: [1, 0, 0, 0, 1, 0, 0, 0, 1],
	protan: [.152286, 1.052583, -.204868, .114503, .786281, .099216, -.003882, -.048116, 1.051998],
	deutan: [.367322, .860646, -.227968, .280085, .672501, .047413, -.01182, .04294, .968881],
	tritan: [1.255528, -.076749, -.178779, -.078411, .930809, .147602, .004733, .691367, .3039],
};

/* CIE L* of a pixel as somebody sees it. */
function seen([, , ...rgb], sight) {
	const linear = rgb.map(c => c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4);
	const [r, g, b] = [0, 3, 6].map(i => sight[i] * linear[0] + sight[i + 1] * linear[1] +
		sight[i + 2] * linear[2]);
	const y = Math.max(0, .2126 * r + .7152 * g + .0722 * b);
	return y > .008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
}

for (const scheme of ['light', 'dark'])
	test(`in the ${scheme}, more is never mistaken for less, whatever the sight`, async t => {
		const context = await openBrowser({ colorScheme: scheme });
		t.after(() => context.close());
		/* Ten cells, each double the one before: even steps on the logarithmic scale. */
		const rows = Array.from({ length: 10 }, (_, i) =>
			['(any)', '/', 'click', 'desktop', i, 0, 2 ** i]);
		const { page } = await report(t, rows, { context });
		const found = await pixels(page);
		assert.equal(found.length, 10);
		const up = scheme == 'dark' ? 1 : -1;
		for (const [name, sight] of Object.entries(SIGHT))
			for (let i = 1; i < found.length; i++) {
				const step = up * (seen(found[i], sight) - seen(found[i - 1], sight));
				assert.ok(step > 3, `${name}: step ${i} is ${step.toFixed(1)} in L*`);
			}
		const ground = await page.$eval('#sheet', e => getComputedStyle(e).backgroundColor);
		const sheet = [0, 0, ...ground.match(/\d+/g).map(Number)];
		assert.ok(up * (seen(found[0], SIGHT.full) - seen(sheet, SIGHT.full)) > 5, ground);
	});

test('screenshots are kept, light and dark, wide and narrow; nothing sticks out', async t => {
	for (const [scheme, width] of [['light', 1400], ['dark', 1400], ['light', 420], ['dark', 420]]) {
		const context = await openBrowser({ viewport: { width, height: 1000 }, colorScheme: scheme });
		t.after(() => context.close());
		const { page } = await report(t, SHOP, { context });
		const [inner, outer] = await page.evaluate(
			() => [document.documentElement.scrollWidth, innerWidth]);
		assert.ok(inner <= outer, `${inner} px in a window of ${outer}`);
		await page.screenshot({ path: `${BUILD}report-${scheme}-${width}.png`, fullPage: true });
	}
});

const HOSTILE = [
	'<script>hacked=1</script>', '"><img src=x onerror=hacked=1>', "'><svg onload=hacked=1>",
	'</script><script>hacked=1</script>', '<!--<script>', 'javascript:hacked=1', '@DATA@',
	'@NONCE@', '{{hacked=1}}', '${hacked=1}', '\\u003cscript\\u003e', '__proto__', 'constructor',
	'=cmd()', '+1', '-1', '@SUM(A1)', '\t=1', '/\u202egpj.exe', '/\u2066x', '/\u200b', '/\u2028',
	'/\x1b[2J\x1b]0;hacked\x07', '/\x9b31m', '/\r\nhacked', '/\x7f', '/\ufeff', '/\u{e0041}',
	Buffer.from([0x2f, 0xed, 0xa0, 0x80]), Buffer.from([0x2f, 0xff, 0xfe]),
	Buffer.from([0x2f, 0x9b, 0x33, 0x31, 0x6d]), 'x'.repeat(255),
];

const hostileRows = HOSTILE.flatMap((name, i) => [
	['(any)', name, 'click', 'desktop', i % 64, 1, 1000 - i],
	[name, '/', 'click', 'desktop', i % 64, 1, 10],
]);

test('hostile names: no script runs, nothing is loaded, each is shown as text', async t => {
	const { page, complaints, requests, url } = await report(t, hostileRows);
	const pages = page.locator('#pages input');
	assert.equal(await pages.count(), 2 * HOSTILE.length);
	for (let i = 0; i < HOSTILE.length; i++) {
		await pages.nth(i).check();
		await page.focus('#map');
		await page.keyboard.press('n');
	}
	assert.equal(await page.evaluate(() => typeof hacked), 'undefined');
	assert.deepEqual(await page.$$eval('img, iframe, object, embed, link, a, base, meta[http-equiv=refresh]',
		all => all.map(e => e.outerHTML)), []);
	assert.equal(await page.$$eval('script', all => all.length), 2);
	assert.equal(await page.$$eval('svg', all => all.length), 1);
	assert.deepEqual(complaints, []);
	assert.deepEqual(requests, [url]);
	const shown = await page.$$eval('#pages bdi', all => all.map(e => e.textContent));
	for (const name of HOSTILE.slice(0, 18).map(n => n.replace('\t', '⟨0009⟩')))
		assert.ok(shown.includes(name), name);
	for (const name of shown)
		assert.doesNotMatch(name, /[\p{C}\p{Zl}\p{Zp}]/u);
});

test("the page's policy: no script without the nonce, no connection, no image", async t => {
	const { page, complaints } = await report(t, SHOP);
	const server = createServer();
	let connections = 0;
	server.on('connection', () => connections++);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.after(() => server.close());
	const attempt = (page, url) => page.evaluate(async url => {
		const script = document.createElement('script');
		let typed = 'none';
		try {
			script.textContent = 'hacked = 1';
		} catch (error) {
			typed = error.name;
		}
		document.body.append(script);
		const image = new Image();
		image.src = url;
		await image.decode().catch(() => {});
		await fetch(url, { mode: 'no-cors' }).catch(() => {});
		return [typed, typeof hacked];
	}, url);
	const url = `http://127.0.0.1:${server.address().port}/`;
	server.on('request', (request, response) => response.end());
	assert.deepEqual(await attempt(page, url), ['TypeError', 'undefined']);
	assert.equal(connections, 0);
	assert.ok(complaints.length > 0);
	/* The control: without the policy both would have happened. */
	const free = await browser.newPage();
	t.after(() => free.close());
	assert.deepEqual(await attempt(free, url), ['none', 'number']);
	assert.ok(connections > 0);
});

test('the nonce is new each time; the file is private and replaced in one step', async t => {
	const first = await report(t, SHOP), second = await report(t, SHOP);
	const nonce = page => page.evaluate(() => document.querySelector('style').nonce);
	assert.match(await nonce(first.page), /^[0-9a-f]{32}$/);
	assert.notEqual(await nonce(first.page), await nonce(second.page));
	assert.equal((await stat(first.file)).mode & 0o7777, 0o640);
	await assert.rejects(blindcount('report', '--data', '/nonexistent', '--out', first.file),
		error => error.code == 1);
	assert.ok((await stat(first.file)).size > 0);
	await assert.rejects(blindcount('report', '--data', first.file, '--out', '/dev/null'),
		error => error.code == 1);
	assert.ok((await stat('/dev/null')).isCharacterDevice());
});

test('hostile names: CSV cells are inert, and a terminal gets plain ASCII', async t => {
	const data = await temporary(t);
	await store(data, '2026-11-20', 'node1', hostileRows);
	const csv = (await blindcount('export', '--data', data)).stdout.toString('latin1');
	/* No cell begins with what a spreadsheet would run, quoted or not. */
	assert.doesNotMatch(csv, /(^|,)"?[=+\-@\t]/m);
	const json = (await blindcount('export', '--data', data, '--format', 'json')).stdout;
	assert.equal(JSON.parse(json).length, hostileRows.length);
	assert.doesNotMatch(json.toString('latin1'), /[^\n\x20-\x7e]/);
	for (const words of [`export --data ${data}`, `export --format json --data ${data}`,
		`report --data ${data} --out ${data}/r.html`]) {
		assert.doesNotMatch(await onTerminal(words).then(withoutProgress), /[^\r\n\x20-\x7e]/, words);
	}
});

const PROGRESS = /\r\x1b\[K(day \d+ of \d+, \d+ rows)?/g;
const withoutProgress = shown => shown.replace(PROGRESS, '');

test('progress is shown on a terminal, and removed at the end', async t => {
	const data = await temporary(t);
	await store(data, '2026-11-20', 'node1', SHOP);
	for (const words of [`export --data ${data} >/dev/null`, `report --data ${data} --out ${data}/r.html`])
		assert.match(await onTerminal(words), /^\r\x1b\[Kday 1 of 1, 0 rows\r\x1b\[K$/);
	for (const words of [['export'], ['report', '--out', `${data}/r.html`]])
		assert.equal((await blindcount(...words, '--data', data)).stderr.length, 0);
});

test('1,000 pages and 100,000 cells', async t => {
	const rows = [];
	for (let page = 0; page < 1000; page++)
		for (let cell = 0; cell < 100; cell++)
			rows.push(['(any)', `/page/${page}`, 'click', 'desktop', cell % 64,
				Math.floor(cell / 64) * 7 + cell, 1 + (page * 31 + cell * 17) % 997]);
	const data = await temporary(t), file = join(data, 'report.html');
	await store(data, '2026-11-20', 'node1', rows);
	const start = performance.now();
	await blindcount('report', '--data', data, '--out', file);
	const written = performance.now();
	const page = await browser.newPage();
	t.after(() => page.close());
	await page.goto(pathToFileURL(file).href);
	await page.locator('#cells tbody tr').first().waitFor();
	const opened = performance.now();
	assert.equal(await page.locator('.page').count(), 1000);
	await page.locator('#pages input').nth(999).check();
	const switched = performance.now();
	const { size } = await stat(file);
	t.diagnostic(`written in ${Math.round(written - start)} ms (${(size / 1e6).toFixed(1)} MB), ` +
		`opened in ${Math.round(opened - written)} ms, ` +
		`another page after ${Math.round(switched - opened)} ms`);
});
