// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Stores a struct numbers as it stands: sites, then pages. BC_LAYOUT guards its form. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_text.h"
#include "numbering.h"

_Static_assert(sizeof(((struct numbers *)0)->site) +
			       3 * BC_MAX_LISTED * sizeof(struct numbers_page) <=
		       BC_TEXT_BYTES,
	       "pages that are retired have room too");

int numbering_write(int map, const struct numbers *numbers, struct error *e)
{
	struct bc_text *text = kernel_text_new(0);
	int r;

	if (!text)
		return -ENOMEM;
	r = kernel_text_append(text, (const char *)numbers->site, sizeof(numbers->site));
	if (!r)
		r = kernel_text_append(text, (const char *)numbers->page,
				       numbers->pages * sizeof(*numbers->page));
	r = r ? error_set(e, -r, "too many pages are listed or still to be written")
	      : kernel_text_write(map, text, e);
	free(text);
	return r;
}

static bool valid(const struct numbers *numbers)
{
	for (int i = 0; i < BC_MAX_SITES; i++)
		if (numbers->site[i].name[BC_WORD_MAX])
			return false;
	for (size_t i = 0; i < numbers->pages; i++) {
		const struct numbers_page *page = &numbers->page[i];

		if (page->name[BC_NAME_MAX] || page->site >= BC_MAX_SITES ||
		    page->page < BC_PAGE_LISTED || page->page >= BC_PAGE_LEARNT)
			return false;
	}
	return true;
}

static int decode(const struct bc_text *text, struct numbers *out)
{
	struct numbers numbers = {};
	size_t rest = text->length - sizeof(numbers.site);

	if (!text->length)
		return 0; /* never written */
	if (text->length < sizeof(numbers.site) || rest % sizeof(*numbers.page))
		return -EBADMSG;
	numbers.pages = rest / sizeof(*numbers.page);
	numbers.page = malloc(rest + 1);
	if (!numbers.page)
		return -ENOMEM;
	memcpy(numbers.site, text->text, sizeof(numbers.site));
	memcpy(numbers.page, text->text + sizeof(numbers.site), rest);
	if (!valid(&numbers)) {
		numbers_free(&numbers);
		return -EBADMSG;
	}
	*out = numbers;
	return 0;
}

int numbering_read(int map, struct numbers *out, struct error *e)
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
