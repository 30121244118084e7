// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What beacon.js sends, and what makes it send nothing, in a real browser. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { after, test } from 'node:test';
import { openBrowser } from './browser.js';
import { Site } from './site.js';

const VIEWPORT = { width: 1280, height: 720 };
const browser = await openBrowser({ viewport: VIEWPORT });
after(() => browser.close());

/* Opens the site in a fresh tab; when the test ends, both go. */
async function visit(t, { path = '/', attributes = '', context = browser, init } = {}) {
	const site = await new Site().start(attributes);
	const tab = await context.newPage();
	if (init)
		await tab.addInitScript(init);
	t.after(() => tab.close().then(() => site.stop()));
	await tab.goto(site.url + path);
	return { site, tab };
}

/*
 * Waits for `count` beacons and for one more that the test itself sends, so
 * that a beacon too many would have been seen: they come in order.
 */
async function exactly(site, tab, count) {
	await tab.evaluate(() => fetch('/hm?e=end', { method: 'POST' }));
	const beacons = await site.received(count + 1);
	assert.equal(beacons.filter(b => b.e == 'end').length, 1);
	return beacons.filter(b => b.e != 'end');
}

test('is under 2 KB minified', async () => {
	const { size } = await stat(new URL('../../build/beacon.min.js', import.meta.url));
	assert.ok(size < 2048, `${size} bytes`);
});

test('a click: POST without body, document coordinates, page width, path alone', async t => {
	const { site, tab } = await visit(t, { path: '/a/b?secret=1#part' });
	await tab.evaluate(() => scrollTo(0, 1000));
	await tab.mouse.click(300, 200);
	const [click, ...more] = await exactly(site, tab, 1);
	assert.deepEqual(more, []);
	const width = await tab.evaluate(() => document.documentElement.scrollWidth);
	assert.deepEqual(click, {
		method: 'POST', length: 0, raw: `/hm?e=click&p=/a/b&x=300&y=1200&w=${width}`,
		e: 'click', p: '/a/b', x: '300', y: '1200', w: String(width),
	});
});

for (const [path, raw] of [
	['/', '/'],
	['/caf%C3%A9/%26', '/caf%25C3%25A9/%2526'],
	['/a&b+c=d', '/a%26b%2Bc=d'],
	['/%3Cscript%3E', '/%253Cscript%253E'],
	['/it/(1)/;v=2', '/it/(1)/;v=2'],
])
	test(`page ${path} stands as ${raw}`, async t => {
		const { site, tab } = await visit(t, { path });
		await tab.mouse.click(5, 5);
		const [click] = await exactly(site, tab, 1);
		assert.equal(click.raw.match(/&p=([^&]*)/)[1], raw);
		assert.equal(click.p, new URL(site.url + path).pathname);
	});

test('label, keyboard and script: one beacon for one press of the pointer', async t => {
	const { site, tab } = await visit(t);
	await tab.click('#label', { position: { x: 40, y: 10 } });
	assert.ok(await tab.isChecked('input'));
	await tab.focus('#button');
	await tab.keyboard.press('Enter');
	await tab.evaluate(() => document.querySelector('#button').click());
	assert.equal((await exactly(site, tab, 1))[0].e, 'click');
});

test('a click on a link is sent while the page goes away', async t => {
	const { site, tab } = await visit(t, { path: '/here' });
	await tab.click('#next');
	await tab.waitForURL('**/next');
	assert.equal((await exactly(site, tab, 1))[0].p, '/here');
});

test('a click that the site stops is seen all the same', async t => {
	const { site, tab } = await visit(t);
	await tab.evaluate(() => document.querySelector('main')
		.addEventListener('click', e => e.stopImmediatePropagation(), true));
	await tab.mouse.click(300, 300);
	await exactly(site, tab, 1);
});

test('views and scroll depth: one of each for each page shown', async t => {
	const { site, tab } = await visit(t, { attributes: 'data-views data-scroll', path: '/one' });
	await tab.evaluate(() => new Promise(done => {
		addEventListener('scroll', () => done(), { once: true });
		scrollTo(0, 1500);
	}));
	await tab.evaluate(() => new Promise(done => {
		addEventListener('scroll', () => done(), { once: true });
		scrollTo(0, 100);
	}));
	await tab.goto('about:blank');
	await site.received(2);
	assert.deepEqual(site.beacons.map(b => [b.e, b.p, b.x, b.y]), [
		['view', '/one', undefined, String(VIEWPORT.height)],
		['scroll', '/one', undefined, String(1500 + VIEWPORT.height)],
	]);
});

test('a single-page app: the path of the moment, a view and a depth for each', async t => {
	const { site, tab } = await visit(t, { attributes: 'data-views data-scroll', path: '/one' });
	await tab.mouse.click(10, 500);
	await tab.evaluate(() => history.pushState(null, '', '/two?x=1'));
	await tab.mouse.click(20, 500);
	await tab.evaluate(() => history.pushState(null, '', '/two?x=2#y'));
	await tab.goBack();
	await tab.goBack();
	await exactly(site, tab, 7);
	assert.deepEqual(site.beacons.slice(0, 7).map(b => `${b.e} ${b.p}`), [
		'view /one', 'click /one', 'scroll /one', 'view /two', 'click /two', 'scroll /two',
		'view /one',
	]);
});

test('moves: nothing unless asked, then a share of 4 looks a second', async t => {
	const quiet = await visit(t);
	await quiet.tab.mouse.move(500, 500, { steps: 20 });
	await exactly(quiet.site, quiet.tab, 0);

	const { site, tab } = await visit(t, { attributes: 'data-moves="1"' });
	await tab.mouse.move(500, 500, { steps: 20 });
	await tab.evaluate(() => fetch('/hm?e=end', { method: 'POST' }));
	const moves = site.beacons.filter(b => b.e == 'move');
	assert.ok(moves.length >= 1 && moves.length < 20, `${moves.length} moves`);
});

test('data-site and data-path', async t => {
	const { site, tab } = await visit(t, { attributes: 'data-site="a b&c" data-path="/hm"' });
	await tab.mouse.click(10, 500);
	assert.equal((await exactly(site, tab, 1))[0].s, 'a b&c');
});

test('without sendBeacon an image carries the query', async t => {
	const { site, tab } = await visit(t, { init: () => { navigator.sendBeacon = undefined; } });
	await tab.mouse.click(10, 500);
	assert.deepEqual((await exactly(site, tab, 1)).map(b => [b.method, b.x]), [['GET', '10']]);
});

test('three clicks and a conversion: three convert beacons, nothing stored', async t => {
	const { site, tab } = await visit(t, { path: '/buy' });
	const stored = () => tab.evaluate(async () => [
		document.cookie, localStorage.length, sessionStorage.length,
		(await indexedDB.databases()).length, (await caches.keys()).length,
	]);
	const empty = ['', 0, 0, 0, 0];
	for (const x of [100, 200, 300]) {
		await tab.mouse.click(x, 500);
		assert.deepEqual(await stored(), empty);
	}
	await tab.evaluate(() => blindcount.convert());
	assert.deepEqual(await stored(), empty);
	await tab.evaluate(() => blindcount.convert());
	const beacons = await exactly(site, tab, 6);
	assert.deepEqual(beacons.slice(3).map(b => b.e), ['convert', 'convert', 'convert']);
	const where = b => [b.p, b.x, b.y, b.w];
	assert.deepEqual(beacons.slice(3).map(where), beacons.slice(0, 3).map(where));
	assert.deepEqual(await stored(), empty);
});

/* Everything that could send something, on a page that asks for everything. */
async function useEverything(tab) {
	await tab.mouse.move(500, 500, { steps: 10 });
	await tab.mouse.click(100, 500);
	await tab.mouse.wheel(0, 1000);
	await tab.evaluate(() => {
		blindcount.convert();
		history.pushState(null, '', '/other');
		window.dispatchEvent(new Event('pagehide'));
	});
}

const ALL = 'data-views data-scroll data-moves="1"';

test('with no signal set, everything is sent (the control of the tests below)', async t => {
	const { site, tab } = await visit(t, { attributes: ALL });
	await useEverything(tab);
	await tab.evaluate(() => fetch('/hm?e=end', { method: 'POST' }));
	assert.deepEqual([...new Set(site.beacons.map(b => b.e))].sort(),
		['click', 'convert', 'end', 'move', 'scroll', 'view']);
});

for (const [name, status, init] of [
	['Sec-GPC', 'gpc', () => {
		Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });
	}],
	['DNT on window', 'dnt', () => { window.doNotTrack = '1'; }],
	['the opt-out cookie', 'optout', () => { document.cookie = 'blindcount_optout=1;path=/'; }],
])
	test(`with ${name} not one beacon leaves`, async t => {
		const context = await openBrowser({ viewport: VIEWPORT });
		t.after(() => context.close());
		const { site, tab } = await visit(t, { attributes: ALL, context, init });
		assert.equal(await tab.evaluate(() => blindcount.status()), status);
		await useEverything(tab);
		await exactly(site, tab, 0);
	});

test("with the browser's own Do Not Track switch not one beacon leaves", async t => {
	const context = await openBrowser({ viewport: VIEWPORT }, { enable_do_not_track: true });
	t.after(() => context.close());
	const { site, tab } = await visit(t, { attributes: ALL, context });
	assert.equal(await tab.evaluate(() => navigator.doNotTrack), '1');
	assert.equal(await tab.evaluate(() => blindcount.status()), 'dnt');
	await useEverything(tab);
	await exactly(site, tab, 0);
});

test('optOut() holds at once, over reloads, until optIn()', async t => {
	const context = await openBrowser({ viewport: VIEWPORT });
	t.after(() => context.close());
	const { site, tab } = await visit(t, { context });
	const status = () => tab.evaluate(() => blindcount.status());
	await tab.mouse.click(10, 500);
	await tab.evaluate(() => blindcount.optOut());
	assert.equal(await status(), 'optout');
	await useEverything(tab);
	await tab.reload();
	await tab.mouse.click(20, 500);
	assert.equal(await status(), 'optout');
	const [cookie] = await context.cookies();
	assert.deepEqual([cookie.name, cookie.path, cookie.sameSite],
		['blindcount_optout', '/', 'Lax']);
	await tab.evaluate(() => blindcount.optIn());
	assert.deepEqual(await context.cookies(), []);
	await tab.mouse.click(30, 500);
	const beacons = await exactly(site, tab, 2);
	assert.deepEqual(beacons.map(b => b.x), ['10', '30']);
});

test('look-alike cookies do not opt out; data-cookie names another one', async t => {
	const context = await openBrowser({ viewport: VIEWPORT });
	t.after(() => context.close());
	const init = () => { document.cookie = 'xblindcount_optout=1'; document.cookie = 'no=1'; };
	const plain = await visit(t, { context, init });
	assert.equal(await plain.tab.evaluate(() => blindcount.status()), 'counted');
	const named = await visit(t, { context, init, attributes: 'data-cookie="no"' });
	assert.equal(await named.tab.evaluate(() => blindcount.status()), 'optout');
});

test('included twice, each click is sent once', async t => {
	const { site, tab } = await visit(t);
	await tab.addScriptTag({ url: '/beacon.js' });
	await tab.mouse.click(10, 500);
	await exactly(site, tab, 1);
});
