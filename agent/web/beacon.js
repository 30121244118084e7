/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a site includes to have its clicks counted:
 *
 *   <script src="/beacon.js" defer></script>
 *
 * data-path="/hm"     where beacons go (rule `beacon /hm site=s page=p x=x y=y width=w event=e`)
 * data-site="NAME"    site to count under; without it the Host header tells
 * data-cookie="NAME"  the opt-out cookie, blindcount_optout by default
 * data-views          send a view for each page shown, with the window's height as y
 * data-scroll         send the deepest point seen when the page is left
 * data-moves="0.1"    send this share of pointer positions, looked at 4 times a second
 *
 * It stores nothing but the opt-out cookie, makes no id, and sends the path of
 * the page without query and fragment. `make build/beacon.min.js` minifies it.
 */
(() => {
	'use strict';
	/* Included twice: count once. */
	if (window.blindcount)
		return;
	const nav = navigator, root = document.documentElement;
	/* A module has no script tag of its own: then the attributes may stand in <html>. */
	const data = (document.currentScript || root).dataset;
	const cookie = data.cookie || 'blindcount_optout';
	const site = data.site ? '&s=' + encodeURIComponent(data.site) : '';
	const secure = location.protocol == 'https:' ? ';secure' : '';
	/* Recent clicks, kept for convert() in this page's memory alone. */
	let clicks = [];
	/* The page shown, and its deepest point seen (0: not asked, or sent already). */
	let path, deepest;
	/* When the last click came, and when the pointer was last looked at. */
	let clicked = 0, looked = -250;

	const status = () =>
		nav.globalPrivacyControl ? 'gpc' :
		nav.doNotTrack == 1 || window.doNotTrack == 1 ? 'dnt' :
		('; ' + document.cookie).includes('; ' + cookie + '=') ? 'optout' : 'counted';

	/* The query's part that says where: the page and a point in document coordinates. */
	const place = (y, x) =>
		'&p=' + encodeURI(path).replace(/[&+]/g, encodeURIComponent) +
		(x < 0 ? '' : '&x=' + Math.round(x)) +
		'&y=' + Math.max(0, Math.round(y)) + '&w=' + root.scrollWidth;

	/* The signals are looked at here, each time: nothing leaves but through this function. */
	const send = (event, where) => {
		if (status() != 'counted')
			return;
		const url = (data.path || '/hm') + '?e=' + event + site + where;
		if (!nav.sendBeacon || !nav.sendBeacon(url))
			new Image().src = url;
	};

	const leave = () => {
		if (deepest)
			send('scroll', place(deepest, -1));
		deepest = 0;
	};

	const enter = () => {
		path = location.pathname;
		deepest = 'scroll' in data ? scrollY + innerHeight : 0;
		if ('views' in data)
			send('view', place(innerHeight, -1));
	};

	/* A single-page app changes the path without loading: noticed here, before each event. */
	const turn = () => {
		if (path != location.pathname) {
			leave();
			enter();
		}
	};

	/* Passive and in the capture phase, so that the site's own handlers can't be held up or hide it. */
	const on = (target, type, does) =>
		target && target.addEventListener(type, does, { capture: true, passive: true });

	on(document, 'click', e => {
		turn();
		/* Clicks by script and by keyboard have no place. */
		if (!e.isTrusted || !e.detail || status() != 'counted')
			return;
		const where = place(e.pageY, Math.max(0, e.pageX));
		/* A press on a label comes a second time, at the same place, for its field. */
		if (where == clicks[clicks.length - 1] && e.timeStamp - clicked < 50)
			return;
		clicked = e.timeStamp;
		clicks = clicks.slice(-49).concat(where);
		send('click', where);
	});
	on(data.moves && document, 'pointermove', e => {
		turn();
		if (e.timeStamp - looked < 250)
			return;
		looked = e.timeStamp;
		if (Math.random() < data.moves)
			send('move', place(e.pageY, Math.max(0, e.pageX)));
	});
	on(document, 'scroll', () => {
		turn();
		if (deepest)
			deepest = Math.max(deepest, scrollY + innerHeight);
	});
	on(document, 'visibilitychange', () => document.hidden && leave());
	on(window, 'pagehide', leave);
	/* Back from the back/forward cache: shown anew. */
	on(window, 'pageshow', e => e.persisted && enter());
	on(window.navigation, 'currententrychange', turn);

	window.blindcount = {
		/* 'counted', or why not: 'gpc', 'dnt', 'optout'. */
		status,
		/* Send this page's recent clicks once more, as clicks of a visit that converted. */
		convert: () => clicks.splice(0).forEach(where => send('convert', where)),
		optOut: () => {
			clicks = [];
			document.cookie = cookie + '=1;path=/;max-age=34560000;samesite=lax' + secure;
		},
		optIn: () => {
			document.cookie = cookie + '=;path=/;max-age=0;samesite=lax' + secure;
		}
	};
	/* A page rendered ahead of time has not been seen yet. */
	if (document.prerendering)
		on(document, 'prerenderingchange', enter);
	else
		enter();
})();
