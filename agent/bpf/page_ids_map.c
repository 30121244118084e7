// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stores a struct numbers as it stands: sites, then pages. BC_LAYOUT guards its form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/kernel_text.h"
#include "bpf/page_ids_map.h"

_Static_assert(sizeof(((struct page_ids *)0)->site) +
			       3 * BC_MAX_NAMED * sizeof(struct page_ids_page) <=
		       BC_TEXT_BYTES,
	       "pages that are retired have room too");

int page_ids_map_write(int map, const struct page_ids *page_ids, struct error *e)
{
	struct bc_text *text = kernel_text_new(0);
	int r;

	if (!text)
		return -ENOMEM;
	r = kernel_text_append(text, (const char *)page_ids->site, sizeof(page_ids->site));
	if (!r)
		r = kernel_text_append(text, (const char *)page_ids->page,
				       page_ids->pages * sizeof(*page_ids->page));
	r = r ? error_set(e, -r, "too many pages are listed or still to be written")
	      : kernel_text_write(map, text, e);
	free(text);
	return r;
}

static bool valid(const struct page_ids *page_ids)
{
	for (int i = 0; i < BC_MAX_SITES; i++)
		if (page_ids->site[i].name[BC_WORD_MAX])
			return false;
	for (size_t i = 0; i < page_ids->pages; i++) {
		const struct page_ids_page *page = &page_ids->page[i];

		if (page->name[BC_NAME_MAX] || page->site >= BC_MAX_SITES ||
		    page->page < BC_PAGE_NAMED || page->page >= BC_PAGE_DISCOVERED)
			return false;
	}
	return true;
}

static int decode(const struct bc_text *text, struct page_ids *out)
{
	struct page_ids page_ids = {};
	size_t rest = text->length - sizeof(page_ids.site);

	if (!text->length)
		return 0; /* never written */
	if (text->length < sizeof(page_ids.site) || rest % sizeof(*page_ids.page))
		return -EBADMSG;
	page_ids.pages = rest / sizeof(*page_ids.page);
	page_ids.page = malloc(rest + 1);
	if (!page_ids.page)
		return -ENOMEM;
	memcpy(page_ids.site, text->text, sizeof(page_ids.site));
	memcpy(page_ids.page, text->text + sizeof(page_ids.site), rest);
	if (!valid(&page_ids)) {
		page_ids_free(&page_ids);
		return -EBADMSG;
	}
	*out = page_ids;
	return 0;
}

int page_ids_map_read(int map, struct page_ids *out, struct error *e)
{
	struct bc_text *text;
	int r = kernel_text_read(map, &text, e);

	if (r)
		return r;
	r = decode(text, out);
	explicit_bzero(text, sizeof(*text) - BC_TEXT_BYTES + text->length);
	free(text);
	return r ? error_set(e, -r, "what the numbers of pages mean can't be read: %s",
			     strerror(-r))
		 : 0;
}
