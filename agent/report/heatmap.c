// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Gathers counts by page. Each page's groups are kept as the JSON text that
 * will be written: rows come in order, so that text only ever grows.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "report/heatmap.h"
#include "base/json.h"

#define ROWS (BC_ROW_MAX + 2) /* one more for "no row", which is 0 */

struct heatmap_page {
	char *site;
	char *name;
	__u64 total;
	unsigned int site_number; /* known when all pages are */

	char *text; /* groups; the last one is open */
	size_t used, size;
	size_t day; /* what the open group holds */
	__u8 event, device;
	unsigned int cell; /* last cell in it */
};

static int by_name(const void *a, const void *b)
{
	const struct heatmap_page *p = a, *q = b;
	int order = strcmp(p->site, q->site);

	return order ? order : strcmp(p->name, q->name);
}

static int by_site(const void *a, const void *b)
{
	return by_name(*(void *const *)a, *(void *const *)b);
}

static int by_total(const void *a, const void *b)
{
	const struct heatmap_page *p = *(void *const *)a, *q = *(void *const *)b;

	if (p->total != q->total)
		return p->total < q->total ? 1 : -1;
	return by_name(p, q);
}

static void page_free(struct heatmap_page *page)
{
	if (!page)
		return;
	free(page->site);
	free(page->name);
	free(page->text);
	free(page);
}

static struct heatmap_page *page_new(struct heatmap *h, const struct row *row)
{
	struct heatmap_page *page = calloc(1, sizeof(*page)), **pages;

	pages = reallocarray(h->pages, h->n_pages + 1, sizeof(*pages));
	if (pages)
		h->pages = pages;
	if (page) {
		page->site = strdup(row->site);
		page->name = strdup(row->page);
	}
	if (!pages || !page || !page->site || !page->name || !tsearch(page, &h->tree, by_name)) {
		page_free(page);
		return NULL;
	}
	h->pages[h->n_pages++] = page;
	h->bytes += sizeof(*page) + strlen(row->site) + strlen(row->page);
	return page;
}

static struct heatmap_page *page_of(struct heatmap *h, const struct row *row)
{
	struct heatmap_page key = {.site = (char *)row->site, .name = (char *)row->page};
	struct heatmap_page **found;

	if (h->last && !by_name(h->last, &key))
		return h->last;
	found = tfind(&key, &h->tree, by_name);
	h->last = found ? *found : page_new(h, row);
	return h->last;
}

static int add_text(struct heatmap *h, struct heatmap_page *page, const char *text)
{
	size_t length = strlen(text);

	if (page->used + length > page->size) {
		size_t size = (page->used + length) * 2;
		char *more = realloc(page->text, size);

		if (!more)
			return -ENOMEM;
		h->bytes += size - page->size;
		page->text = more;
		page->size = size;
	}
	memcpy(page->text + page->used, text, length);
	page->used += length;
	return 0;
}

/* Returns the day's index, or -1. */
static ssize_t day_index(struct heatmap *h, __u32 day)
{
	__u32 *days;

	if (h->n_days && h->days[h->n_days - 1] == day)
		return (ssize_t)h->n_days - 1;
	days = reallocarray(h->days, h->n_days + 1, sizeof(*days));
	if (!days)
		return -1;
	h->days = days;
	h->days[h->n_days] = day;
	return (ssize_t)h->n_days++;
}

/* Grows in the order of the rows; "no column" and "no row" wrap to 0. */
static unsigned int cell_number(const struct row *row)
{
	return (__u8)(row->column + 1) * ROWS + (__u16)(row->row + 1);
}

int heatmap_add(struct heatmap *h, __u32 day, const struct row *row, struct error *e)
{
	struct heatmap_page *page = page_of(h, row);
	ssize_t index = day_index(h, day);
	unsigned int cell = cell_number(row);
	char text[96];
	int used = 0;

	if (!page || index < 0)
		return -ENOMEM;
	if (!page->used || page->day != (size_t)index || page->event != row->event ||
	    page->device != row->device) {
		used = snprintf(text, sizeof(text), "%s[%zd,%u,%u,[", page->used ? "]],\n" : "",
				index, row->event, row->device);
		page->day = (size_t)index;
		page->event = row->event;
		page->device = row->device;
		page->cell = 0;
	} else {
		text[used++] = ',';
	}
	snprintf(text + used, sizeof(text) - (size_t)used, "%u,%llu", cell - page->cell,
		 (unsigned long long)row->count);
	page->cell = cell;
	page->total += row->count;
	h->cells++;
	if (add_text(h, page, text))
		return -ENOMEM;
	if (h->bytes > HEATMAP_LIMIT)
		return error_set(e, EFBIG,
				 "more than a browser can open (%lu MB); narrow it with --site, "
				 "--page, --from or --to",
				 HEATMAP_LIMIT >> 20);
	return 0;
}

static void write_names(FILE *out, const char *key, const char *const *names, size_t n)
{
	fprintf(out, ",\n\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		if (i)
			putc(',', out);
		json_string(out, names[i]);
	}
	putc(']', out);
}

/* Number the sites and write them; leaves the pages in order of site and name. */
static void write_sites(struct heatmap *h, FILE *out)
{
	unsigned int sites = 0;

	fputs("{\"sites\":[", out);
	for (size_t i = 0; i < h->n_pages; i++) {
		if (!i || strcmp(h->pages[i]->site, h->pages[i - 1]->site)) {
			if (sites++)
				putc(',', out);
			json_string(out, h->pages[i]->site);
		}
		h->pages[i]->site_number = sites - 1;
	}
	putc(']', out);
}

static void write_page(const struct heatmap_page *page, FILE *out)
{
	fputs("{\"n\":", out);
	json_string(out, page->name);
	fprintf(out, ",\"s\":%u,\"t\":%llu,\"g\":[", page->site_number,
		(unsigned long long)page->total);
	fwrite(page->text, page->used, 1, out);
	fputs("]]]}", out);
}

void heatmap_write(struct heatmap *h, unsigned int damaged, FILE *out)
{
	char date[DAY_TEXT];

	if (h->n_pages)
		qsort(h->pages, h->n_pages, sizeof(*h->pages), by_site);
	write_sites(h, out);
	fputs(",\n\"dates\":[", out);
	for (size_t i = 0; i < h->n_days; i++) {
		day_format(h->days[i], date);
		fprintf(out, "%s\"%s\"", i ? "," : "", date);
	}
	putc(']', out);
	write_names(out, "events", row_event_names, BC_EVENTS);
	write_names(out, "devices", row_device_names, BC_DEVICES);
	fprintf(out, ",\n\"damaged\":%u,\n\"pages\":[", damaged);
	if (h->n_pages)
		qsort(h->pages, h->n_pages, sizeof(*h->pages), by_total);
	for (size_t i = 0; i < h->n_pages; i++) {
		fputs(i ? ",\n" : "\n", out);
		write_page(h->pages[i], out);
	}
	fputs("]}\n", out);
}

static void keep(void *page)
{
	(void)page;
}

void heatmap_free(struct heatmap *h)
{
	tdestroy(h->tree, keep);
	for (size_t i = 0; i < h->n_pages; i++)
		page_free(h->pages[i]);
	free(h->pages);
	free(h->days);
	memset(h, 0, sizeof(*h));
}
