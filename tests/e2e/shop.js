// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The browser's part of test_heatmap.sh: visits the shop (clicks, dnt, gpc,
 * optout), or reads the report (check).
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { openBrowser } from './browser.js';
import { BUILD } from './counts.js';

const { SITE } = process.env;
const WIDE = { width: 1280, height: 720 }, PHONE = { width: 390, height: 844 };

/* Where the clicks go, in the document: [page, window, x, y, clicks]. */
const PLAN = [
	['/shop?session=secret#secret', WIDE, 1000, 120, 30],
	['/shop?session=secret#secret', WIDE, 320, 1800, 12],
	['/shop', PHONE, 195, 600, 9],
	['/shop/cart', WIDE, 640, 400, 1],
	['/shop/cart', WIDE, 100, 50, 1],
	['/shop/cart', WIDE, 700, 900, 1],
];

const state = tab => tab.evaluate(
	() => [document.cookie, localStorage.length, sessionStorage.length]);

async function clickAt(tab, x, y, times) {
	const top = await tab.evaluate(y => {
		scrollTo(0, y - 300);
		return scrollY;
	}, y);
	/* Never twice at one point: two presses faster than a hand's are a label and its field. */
	for (let i = 0; i < times; i++)
		await tab.mouse.click(x + i % 2, y - top);
	assert.deepEqual(await state(tab), ['', 0, 0]);
}

/* Visits of each page and window; the last page converts. Resolves to the beacons sent. */
async function clicks(expected) {
	const cells = [];
	let sent = 0;
	for (const [page, window] of PLAN.filter(([page, window], i) =>
		!i || page != PLAN[i - 1][0] || window != PLAN[i - 1][1])) {
		const context = await openBrowser({ viewport: window });
		const tab = await context.newPage();
		await tab.goto(SITE + page);
		const width = await tab.evaluate(() => document.documentElement.scrollWidth);
		for (const [, , x, y, times] of PLAN.filter(p => p[0] == page && p[1] == window)) {
			await clickAt(tab, x, y, times);
			cells.push({ page: page.replace(/[?#].*/, ''), phone: window == PHONE, n: times,
				column: Math.floor(x * 64 / width), row: Math.floor(y / 16) });
			sent += times;
		}
		if (page == '/shop/cart') {
			await tab.evaluate(() => blindcount.convert());
			sent += 3;
		}
		/* The view at the start, and the depth at the end. */
		const left = tab.waitForEvent('requestfinished', r => r.url().includes('e=scroll'));
		await tab.evaluate(() => dispatchEvent(new Event('pagehide')));
		await left;
		sent += 2;
		await context.close();
	}
	await writeFile(expected, JSON.stringify(cells));
	console.log(sent);
}

/* A visit with a signal set: whatever happens on the page, no beacon leaves. */
async function silent(signal) {
	const context = await openBrowser({ viewport: WIDE },
		signal == 'dnt' ? { enable_do_not_track: true } : {});
	const tab = await context.newPage();
	const beacons = [];
	tab.on('request', request => request.url().includes('/hm') && beacons.push(request.url()));
	if (signal == 'gpc')
		await tab.addInitScript(() =>
			Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
	if (signal == 'optout')
		await context.addCookies([{ name: 'blindcount_optout', value: '1', url: SITE }]);
	await tab.goto(`${SITE}/shop`);
	assert.equal(await tab.evaluate(() => blindcount.status()), signal);
	await tab.mouse.click(100, 100);
	await tab.mouse.wheel(0, 900);
	await tab.evaluate(() => blindcount.convert());
	await tab.goto('about:blank');
	await context.close();
	assert.deepEqual(beacons, []);
}

const near = (a, b) => Math.abs(a.column - b.column) <= 1 && Math.abs(a.row - b.row) <= 1;

/* The report's hottest cells, from the canvas and from the table. */
async function hottest(tab) {
	const canvas = await tab.evaluate(() => {
		const map = document.querySelector('#map'), cells = [];
		const { data } = map.getContext('2d').getImageData(0, 0, map.width, map.height);
		for (let i = 0; i < data.length; i += 4)
			if (data[i + 3])
				cells.push({ column: i / 4 % map.width, row: Math.floor(i / 4 / map.width),
					light: data[i] + data[i + 1] + data[i + 2] });
		return cells.sort((a, b) => a.light - b.light);
	});
	const table = await tab.$$eval('#cells tbody tr', rows => rows.map(row => {
		const [across, down, n] = [...row.cells].map(cell => cell.textContent);
		return { column: Math.round(parseFloat(across) * 64 / 100),
			row: parseInt(down.replaceAll(',', '')) / 16, n: parseInt(n) };
	}));
	return { canvas, table };
}

async function check(expected, report) {
	const cells = JSON.parse(await readFile(expected));
	const context = await openBrowser({ viewport: { width: 1400, height: 1000 } });
	const tab = await context.newPage(), complaints = [];
	tab.on('console', told => told.type() == 'error' && complaints.push(told.text()));
	tab.on('pageerror', error => complaints.push(String(error)));
	tab.on('dialog', dialog => complaints.push(dialog.message()));
	await tab.goto(pathToFileURL(report).href);
	await tab.locator('#pages label', { has: tab.getByText('/shop', { exact: true }) }).click();
	await tab.check('#device input[value="3"]');
	const wide = cells.filter(cell => cell.page == '/shop' && !cell.phone);
	const found = await hottest(tab);
	assert.equal(found.canvas.length, wide.length);
	wide.forEach((cell, i) => {
		assert.ok(near(found.canvas[i], cell), JSON.stringify([found.canvas[i], cell]));
		assert.ok(near(found.table[i], cell), JSON.stringify([found.table[i], cell]));
		assert.equal(found.table[i].n, cell.n);
	});
	await tab.screenshot({ path: `${BUILD}heatmap-end-to-end.png`, fullPage: true });
	await tab.check('#device input[value="1"]');
	assert.ok(near((await hottest(tab)).table[0], cells.find(cell => cell.phone)));
	/* Each page in turn, those with hostile names too: nothing of them runs. */
	for (const page of await tab.locator('.page input').all())
		await page.check();
	assert.equal(await tab.evaluate(() => typeof hacked), 'undefined');
	assert.equal(await tab.locator('img').count(), 0);
	assert.deepEqual(complaints, []);
	await context.close();
}

const [does, ...words] = process.argv.slice(2);
await ({ clicks, check }[does] ?? (() => silent(does)))(...words);
