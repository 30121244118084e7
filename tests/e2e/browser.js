// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Starts headless Chromium with a profile of its own, which goes when it closes. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = [
	'--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/*
 * Returns a browser context; its close() also removes the profile. `preferences`
 * goes into the profile before the start, as the browser's settings page would
 * write it; `options` are Playwright's (viewport, colorScheme, …).
 */
export async function openBrowser(options = {}, preferences = {}) {
	const profile = await mkdtemp(join(tmpdir(), 'blindcount-chromium-'));
	await mkdir(join(profile, 'Default'));
	await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
	const context = await chromium.launchPersistentContext(profile, {
		executablePath: '/usr/bin/chromium',
		args: FLAGS,
		...options,
	});
	context.on('close', () => rm(profile, { recursive: true, force: true, maxRetries: 5 }));
	return context;
}
