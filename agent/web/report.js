/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The report page: reads the counts that stand in #data (heatmap.h tells their
 * format), adds up what the filters choose, and draws it. Page and site
 * names are visitors' text: they reach the document through textContent alone.
 */
(() => {
	'use strict';
	const data = JSON.parse(document.getElementById('data').textContent);
	const $ = id => document.getElementById(id);
	const number = new Intl.NumberFormat('en');
	const decimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
	const percent = new Intl.NumberFormat('en',
		{ style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });

	const COLUMNS = 64, ROW_PX = 16, NONE = -1;
	/* A cell's number is (column + 1) × STRIDE + row + 1; 0 stands for none in both. */
	const STRIDE = 4097;
	/* Events without a column are drawn as bands: a depth is not left or right. */
	const BANDS = ['scroll', 'view'];
	/* Page width that a map is drawn for, and window height where no view told one. */
	const FRAME = { phone: [390, 660], tablet: [820, 1000], desktop: [1440, 800], unknown: [1024, 768] };
	const WHY = new Map(Object.entries({
		'(rare)': 'Pages with fewer events in a day than the minimum count.',
		'(unlisted)': 'Requests and pages that no rule lists.',
		'(other)': 'Pages that came when the page table was full.',
		'(long)': 'Page names longer than the table holds.',
		'(none)': 'Beacons that named no page.',
	}));
	/* From few to many. Lightness only falls (or rises, in the dark), so hue need not be seen. */
	const RAMPS = {
		light: ['#ffe9bd', '#fdb96a', '#ee6f4c', '#b82a66', '#5b1272', '#1d0638'],
		dark: ['#3a1a5e', '#7a2180', '#bd3a72', '#ee6d50', '#fdb35c', '#fdf3b5'],
	};

	const make = (name, text, attributes = {}) => {
		const element = document.createElement(name);
		if (text !== undefined)
			element.textContent = text;
		for (const [key, value] of Object.entries(attributes))
			element.setAttribute(key, value);
		return element;
	};

	/* Characters that are not seen, or turn the text around, as their code in angle brackets. */
	const visible = name => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu,
		c => `⟨${c.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);

	const day = date => new Date(date + 'T00:00:00Z').toLocaleDateString('en',
		{ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
	const plural = (n, one, many) => `${number.format(n)} ${n == 1 ? one : many}`;
	const px = row => `${number.format(row * ROW_PX)} px`;

	/* ---- What is chosen ------------------------------------------------------------------ */

	const chosen = { page: null, event: 0, device: -1, from: '', to: '', scale: 'log' };
	let shown; /* what sum() made of it */
	let cursor = null; /* cell that is pointed at: one of shown.cells, or an empty one */

	/* One page's counts under the filters. */
	const sum = page => {
		const cells = new Map(), depth = new Map();
		const events = data.events.map(() => 0), devices = data.devices.map(() => 0);
		const folds = data.devices.map(() => new Map()), rows = data.devices.map(() => new Map());
		const seen = { total: 0, unplaced: 0, whole: 0 };
		const add = (map, key, n) => map.set(key, (map.get(key) || 0) + n);
		for (const [date, event, device, counts] of page.g) {
			if (data.dates[date] < chosen.from || data.dates[date] > chosen.to)
				continue;
			const name = data.events[event];
			const wanted = chosen.device < 0 || chosen.device == device;
			let at = 0;
			for (let i = 0; i < counts.length; i += 2) {
				const n = counts[i + 1];
				at += counts[i];
				seen.whole += n;
				if (wanted)
					events[event] += n;
				if (event == chosen.event)
					devices[device] += n;
				const row = at % STRIDE - 1;
				if (name == 'view' && row != NONE)
					add(folds[device], row, n);
				if (!wanted)
					continue;
				if (name == 'scroll' && row != NONE)
					add(depth, row, n);
				if (event != chosen.event)
					continue;
				seen.total += n;
				if (row == NONE) {
					seen.unplaced += n;
					continue;
				}
				add(rows[device], row, n);
				add(cells, BANDS.includes(name) ? row + 1 : at, n);
			}
		}
		const list = [...cells].map(([at, n]) => ({
			row: at % STRIDE - 1,
			column: Math.floor(at / STRIDE) - 1,
			n,
		})).sort((a, b) => b.n - a.n || a.row - b.row || a.column - b.column);
		return { ...seen, cells: list, depth, events, devices, folds, placed: rows };
	};

	/* The device that a map over all of them is shaped for. */
	const mainDevice = () => chosen.device >= 0 ? chosen.device :
		shown.devices.reduce((best, n, i) => n > shown.devices[best] ? i : best, 3);

	/* Median window height of a device in rows, from its views. */
	const foldOf = device => {
		const heights = [...shown.folds[device]].sort((a, b) => a[0] - b[0]);
		const views = heights.reduce((n, h) => n + h[1], 0);
		let before = 0;
		for (const [row, n] of heights) {
			before += n;
			if (before * 2 >= views)
				return { row, views };
		}
		return { row: Math.round(FRAME[data.devices[device]][1] / ROW_PX), views: 0 };
	};

	/* Events above the fold, each device by its own. */
	const aboveFold = () => shown.placed.reduce((sum, rows, device) => {
		const fold = foldOf(device).row;
		return sum + [...rows].reduce((n, [row, count]) => n + (row < fold ? count : 0), 0);
	}, 0);

	/* Share of depth events that saw each row: [0] is the top. */
	const depthCurve = rows => {
		const total = [...shown.depth.values()].reduce((a, b) => a + b, 0);
		let left = total;
		const curve = [];
		for (let row = 0; row < rows; row++) {
			curve.push(total ? left / total : 0);
			left -= shown.depth.get(row) || 0;
		}
		return { total, curve };
	};

	/* ---- Colours ------------------------------------------------------------------------- */

	const isDark = () => document.documentElement.classList.contains('dark');

	const ramp = () => {
		const stops = RAMPS[isDark() ? 'dark' : 'light']
			.map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
		return t => {
			const at = Math.min(t, 1) * (stops.length - 1);
			const low = Math.min(Math.floor(at), stops.length - 2);
			return stops[low].map((c, i) => Math.round(c + (stops[low + 1][i] - c) * (at - low)));
		};
	};

	/* Where a count stands between none and the most, 0 to 1. */
	const strength = (n, most) => most <= 1 ? 1 :
		chosen.scale == 'log' ? Math.log(n) / Math.log(most) : n / most;

	/* ---- Drawing ------------------------------------------------------------------------- */

	/* One pixel a cell; the style sheet enlarges it. */
	const drawMap = () => {
		const map = $('map'), color = ramp(), most = shown.most;
		map.width = COLUMNS;
		map.height = shown.rows;
		const image = new ImageData(COLUMNS, shown.rows);
		for (const cell of [...shown.cells].reverse()) {
			const [r, g, b] = color(strength(cell.n, most));
			const band = cell.column == NONE;
			for (let column = band ? 0 : cell.column; column <= (band ? COLUMNS - 1 : cell.column); column++)
				image.data.set([r, g, b, 255], (cell.row * COLUMNS + column) * 4);
		}
		map.getContext('2d').putImageData(image, 0, 0);
		const [width] = FRAME[data.devices[shown.device]];
		map.style.aspectRatio = `${width} / ${shown.rows * ROW_PX}`;
		$('plane').style.setProperty('--wide', `${Math.min(width, 900)}px`);
		map.setAttribute('aria-label',
			`Heatmap of ${data.events[chosen.event]} events on ${visible(chosen.page.n)}: ` +
			`${plural(shown.cells.length, 'cell', 'cells')}, ${px(shown.rows)} high`);
	};

	const drawRuler = () => {
		const step = shown.rows * ROW_PX > 8000 ? 1000 : 200;
		const marks = [];
		for (let y = 0; y < shown.rows * ROW_PX; y += step) {
			const mark = make('span', `${number.format(y)} px`);
			mark.style.top = `${100 * y / (shown.rows * ROW_PX)}%`;
			marks.push(mark);
		}
		$('ruler').replaceChildren(...marks);
		const fold = foldOf(shown.device);
		$('fold').style.top = `${100 * fold.row / shown.rows}%`;
		$('fold').firstElementChild.textContent = fold.views ? 'median fold' : 'assumed fold';
	};

	const drawDepth = () => {
		const { total, curve } = depthCurve(shown.rows + 1);
		$('depth-title').textContent = total ? 'saw this far' : '';
		$('depth').classList.toggle('none', !total);
		$('depth').setAttribute('viewBox', `0 0 1 ${shown.rows}`);
		$('depth').setAttribute('aria-label', total ? depthText() : 'No scroll depth was counted');
		$('depth').firstElementChild.setAttribute('d', total ? 'M0 0' +
			curve.map((part, row) => `L${part.toFixed(4)} ${row}`).join('') +
			`L0 ${shown.rows}Z` : '');
	};

	/* How far down half of the visits got. */
	const halfway = () => {
		const { total, curve } = depthCurve(4097);
		const row = curve.findIndex(part => part < .5);
		return { total, row: row < 0 ? curve.length - 1 : row - 1 };
	};

	const depthText = () => {
		const { total, row } = halfway();
		return `Half of ${plural(total, 'page view', 'page views')} saw the page down to ${px(row + 1)}`;
	};

	const placeText = cell => [
		cell.column == NONE ? 'whole width' :
			`${decimal.format(cell.column / COLUMNS * 100)}–${decimal.format((cell.column + 1) / COLUMNS * 100)}%`,
		`${number.format(cell.row * ROW_PX)}–${number.format(cell.row * ROW_PX + ROW_PX - 1)} px`,
	];

	const drawFigures = () => {
		const event = data.events[chosen.event];
		const placed = BANDS.includes(event) ? 0 : shown.total - shown.unplaced;
		const fold = foldOf(shown.device), half = halfway();
		const where = `${data.devices[shown.device]}: first ${px(fold.row)}`;
		const figures = [[
			`${event} events`, number.format(shown.total),
			shown.unplaced ? `${number.format(shown.unplaced)} without a place` :
				`of ${plural(shown.whole, 'event', 'events')} on this page`,
		], [
			'Above the fold', placed ? percent.format(aboveFold() / placed) : '–',
			fold.views ? `${where}, median of ${plural(fold.views, 'view', 'views')}` :
				`${where}, assumed: no views counted`,
		], [
			'Half of page views saw', half.total ? px(half.row + 1) : '–',
			half.total ? `scroll depth of ${plural(half.total, 'page view', 'page views')}` :
				'no scroll depth counted',
		], [
			'Hottest cell', shown.cells.length ? number.format(shown.cells[0].n) : '–',
			shown.cells.length ? placeText(shown.cells[0]).join(', ') : 'no cell here',
		]];
		$('figures').replaceChildren(...figures.map(([term, value, note]) => {
			const box = make('div');
			box.append(make('dt', term[0].toUpperCase() + term.slice(1)), make('dd', value),
				make('dd', note));
			return box;
		}));
	};

	const drawLegend = () => {
		const canvas = $('ramp'), color = ramp(), image = new ImageData(canvas.width, 1);
		for (let i = 0; i < canvas.width; i++)
			image.data.set([...color(i / (canvas.width - 1)), 255], i * 4);
		canvas.getContext('2d').putImageData(image, 0, 0);
		$('least').textContent = chosen.scale == 'log' ? '1' : '0';
		$('most').textContent = plural(shown.most, 'event', 'events');
		$('legend').hidden = !shown.cells.length;
	};

	const TABLE_STEP = 100;

	const drawTable = count => {
		const placed = shown.total - shown.unplaced;
		$('cells').tBodies[0].replaceChildren(...shown.cells.slice(0, count).map(cell => {
			const row = make('tr');
			for (const text of [...placeText(cell), number.format(cell.n),
				percent.format(cell.n / placed)])
				row.append(make('td', text));
			return row;
		}));
		const left = shown.cells.length - count;
		$('more').hidden = left <= 0;
		$('more').textContent = `Show all ${number.format(shown.cells.length)} cells`;
	};

	const draw = () => {
		shown = sum(chosen.page);
		shown.device = mainDevice();
		shown.most = shown.cells.length ? shown.cells[0].n : 0;
		const last = shown.cells.reduce((row, cell) => Math.max(row, cell.row), 0);
		shown.rows = Math.min(4096, Math.max(last + 3, foldOf(shown.device).row + 4));
		drawMap();
		drawRuler();
		drawDepth();
		drawFigures();
		drawLegend();
		drawTable(TABLE_STEP);
		drawChoices();
		point(null);
	};

	/* ---- The cursor ---------------------------------------------------------------------- */

	const cellAt = (row, column) => shown.cells.find(cell => cell.row == row &&
		(cell.column == column || cell.column == NONE)) || { row, column, n: 0 };

	/* Shows one cell; null shows none. */
	const point = cell => {
		cursor = cell;
		$('cursor').hidden = !cell;
		$('told').textContent = '';
		if (!cell)
			return;
		const band = cell.column == NONE, style = $('cursor').style;
		style.left = band ? '0' : `${100 * cell.column / COLUMNS}%`;
		style.width = band ? '100%' : `${100 / COLUMNS}%`;
		style.top = `${100 * cell.row / shown.rows}%`;
		style.height = `${100 / shown.rows}%`;
		$('cursor').firstElementChild.textContent = number.format(cell.n);
		$('cursor').classList.toggle('low', cell.row < 4);
		const { total, curve } = depthCurve(cell.row + 1);
		const [across, down] = placeText(cell);
		$('told').textContent = `${plural(cell.n, 'event', 'events')} at ${across} across, ${down} down` +
			(total ? `; ${percent.format(curve[cell.row])} of page views saw this row` : '');
	};

	const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
	const clamp = (value, most) => Math.max(0, Math.min(most, value));

	const onMapKey = event => {
		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (KEYS[event.key]) {
			const at = cursor || { row: 0, column: 0 };
			const [down, right] = KEYS[event.key];
			const column = at.column == NONE ? 0 : at.column;
			point(cellAt(clamp(at.row + (cursor ? down : 0), shown.rows - 1),
				clamp(column + (cursor ? right : 0), COLUMNS - 1)));
		} else if (event.key.toLowerCase() == 'n' && shown.cells.length) {
			point(shown.cells[(shown.cells.indexOf(cursor) + 1) % shown.cells.length]);
		} else if (event.key == 'Escape') {
			point(null);
		} else {
			return;
		}
		event.preventDefault();
		$('cursor').scrollIntoView({ block: 'nearest' });
	};

	const onMapPoint = event => {
		const box = $('map').getBoundingClientRect();
		point(cellAt(
			clamp(Math.floor((event.clientY - box.top) / box.height * shown.rows), shown.rows - 1),
			clamp(Math.floor((event.clientX - box.left) / box.width * COLUMNS), COLUMNS - 1)));
	};

	/* ---- Choices ------------------------------------------------------------------------- */

	const option = (name, value, text, checked) => {
		const label = make('label'), input = make('input', undefined, { type: 'radio', name, value });
		input.checked = checked;
		label.append(input, make('span', text));
		return label;
	};

	/* Filters that would show nothing are dimmed, never hidden: their place stays. */
	const drawChoices = () => {
		for (const input of $('event').querySelectorAll('input'))
			input.disabled = !shown.events[input.value] && input.value != chosen.event;
		for (const input of $('device').querySelectorAll('input'))
			input.disabled = input.value >= 0 && !shown.devices[input.value] &&
				input.value != chosen.device;
	};

	const makeChoices = () => {
		const used = data.events.map((_, event) => data.pages.some(p => p.g.some(g => g[1] == event)));
		data.events.forEach((name, event) => {
			if (used[event])
				$('event').append(option('event', event, name, event == chosen.event));
		});
		$('device').append(option('device', -1, 'all', true));
		['phone', 'tablet', 'desktop', 'unknown'].forEach(name =>
			$('device').append(option('device', data.devices.indexOf(name), name, false)));
		for (const end of ['from', 'to']) {
			$(end).min = data.dates[0];
			$(end).max = data.dates[data.dates.length - 1];
			$(end).value = chosen[end];
		}
	};

	/* The event to begin with: clicks where there are any, else what the page has most of. */
	const firstEvent = page => {
		const totals = data.events.map(() => 0);
		for (const [, event, , counts] of page.g)
			for (let i = 1; i < counts.length; i += 2)
				totals[event] += counts[i];
		return totals[0] ? 0 : totals.indexOf(Math.max(...totals));
	};

	const open = page => {
		chosen.page = page;
		const has = page.g.some(g => g[1] == chosen.event);
		if (!has) {
			chosen.event = firstEvent(page);
			for (const input of $('event').querySelectorAll('input'))
				input.checked = input.value == chosen.event;
		}
		$('page-name').replaceChildren(make('bdi', visible(page.n)));
		$('page-site').textContent = data.sites[page.s] == '(any)' ? '' : visible(data.sites[page.s]);
		$('page-note').textContent = WHY.get(page.n) || '';
		document.title = `${visible(page.n)} – heatmap report`;
		$('scroller').scrollTop = 0;
		draw();
	};

	/* ---- The list of pages --------------------------------------------------------------- */

	const listPages = () => {
		const wanted = $('find').value.trim().toLowerCase(), site = $('site').value;
		const most = data.pages.length ? data.pages[0].t : 1;
		const boxes = { pages: [], unnamed: [] };
		data.pages.forEach((page, index) => {
			if (site && page.s != site)
				return;
			if (wanted && !page.n.toLowerCase().includes(wanted))
				return;
			const label = make('label', undefined, { class: 'page' });
			const input = make('input', undefined, { type: 'radio', name: 'page', value: index });
			const bar = make('span', undefined, { class: 'share' });
			input.checked = page == chosen.page;
			bar.style.width = `${100 * page.t / most}%`;
			label.append(input, make('bdi', visible(page.n)),
				make('span', number.format(page.t), { class: 'count' }));
			if (data.sites.length > 1)
				label.append(make('span', visible(data.sites[page.s]), { class: 'where' }));
			label.append(bar);
			label.title = visible(page.n);
			boxes[WHY.has(page.n) ? 'unnamed' : 'pages'].push(label);
		});
		$('pages-title').textContent = plural(boxes.pages.length, 'page', 'pages') +
			(wanted ? ' found' : ', most events first');
		$('pages').replaceChildren(...boxes.pages);
		$('unnamed').replaceChildren(...boxes.unnamed);
		$('unnamed-title').hidden = !boxes.unnamed.length;
	};

	const drawWithheld = total => {
		const rows = [...WHY].map(([name, why]) => [name, why,
			data.pages.filter(page => page.n == name).reduce((n, page) => n + page.t, 0)]);
		const withheld = rows.reduce((n, row) => n + row[2], 0);
		$('withheld-sum').textContent =
			`${number.format(withheld)} of ${plural(total, 'event', 'events')} in this report` +
			` (${percent.format(total ? withheld / total : 0)}) were counted without the page's name.`;
		$('withheld').tBodies[0].replaceChildren(...rows.map(([name, why, n]) => {
			const row = make('tr');
			row.append(make('td', name), make('td', why), make('td', number.format(n)));
			return row;
		}));
	};

	/* ---- Start --------------------------------------------------------------------------- */

	const prefersDark = matchMedia('(prefers-color-scheme: dark)');

	const setTheme = () => {
		const wanted = document.querySelector('[name=theme]:checked').value;
		document.documentElement.classList.toggle('dark',
			wanted ? wanted == 'dark' : prefersDark.matches);
		if (shown)
			draw();
	};

	const onFilter = () => {
		const picked = name => document.querySelector(`[name=${name}]:checked`).value;
		chosen.event = Number(picked('event'));
		chosen.device = Number(picked('device'));
		chosen.scale = picked('scale');
		/* A half-typed date is empty: keep the last whole one. */
		chosen.from = $('from').value || chosen.from;
		chosen.to = $('to').value || chosen.to;
		draw();
	};

	const listen = () => {
		$('theme').addEventListener('change', setTheme);
		prefersDark.addEventListener('change', setTheme);
		$('filters').addEventListener('change', onFilter);
		$('filters').addEventListener('submit', event => event.preventDefault());
		$('scale').addEventListener('change', onFilter);
		$('find').addEventListener('input', listPages);
		$('site').addEventListener('change', listPages);
		for (const id of ['pages', 'unnamed'])
			$(id).addEventListener('change', event => open(data.pages[event.target.value]));
		$('map').addEventListener('pointermove', onMapPoint);
		$('map').addEventListener('pointerleave', () => point(null));
		$('map').addEventListener('keydown', onMapKey);
		$('more').addEventListener('click', () => drawTable(Infinity));
		document.addEventListener('keydown', event => {
			if (event.key == '/' && event.target.type != 'search') {
				event.preventDefault();
				$('find').focus();
			}
		});
	};

	const start = () => {
		setTheme();
		const damaged = data.damaged ?
			`; ${plural(data.damaged, 'damaged file was', 'damaged files were')} left out` : '';
		if (!data.pages.length) {
			$('frame').replaceChildren(
				make('p', `Nothing is there to be shown${damaged}.`, { class: 'empty' }));
			return;
		}
		const total = data.pages.reduce((n, page) => n + page.t, 0);
		chosen.from = data.dates[0];
		chosen.to = data.dates[data.dates.length - 1];
		$('span').textContent = (chosen.from == chosen.to ? day(chosen.from) :
			`${day(chosen.from)} – ${day(chosen.to)}`) + `, ${plural(total, 'event', 'events')}${damaged}`;
		if (data.sites.length > 1) {
			$('site').hidden = false;
			$('site').append(make('option', 'All sites', { value: '' }),
				...data.sites.map((name, i) => make('option', visible(name), { value: i })));
		}
		const first = data.pages.find(page => !WHY.has(page.n)) || data.pages[0];
		chosen.event = firstEvent(first);
		makeChoices();
		chosen.page = first;
		listPages();
		drawWithheld(total);
		listen();
		open(first);
	};

	start();
})();
