// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Numbers of sites and listed pages that stay the same while rules change. Names
 * are wiped before memory is given back, since a page may have to be forgotten.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/page_ids.h"

static void free_pages(struct page_ids_page *page, size_t count)
{
	if (page)
		explicit_bzero(page, count * sizeof(*page));
	free(page);
}

static int compare(const void *a, const void *b)
{
	const struct page_ids_page *p = a, *q = b;

	if (p->site != q->site)
		return p->site < q->site ? -1 : 1;
	return strcmp(p->name, q->name);
}

static int claim_site(struct page_ids *page_ids, const char *name, struct error *e)
{
	unsigned int free_number = 0;

	for (unsigned int i = BC_MAX_SITES - 1; i > 0; i--) {
		if (!strcmp(page_ids->site[i].name, name)) {
			page_ids->site[i].retired = false;
			return 0;
		}
		if (!page_ids->site[i].name[0])
			free_number = i;
	}
	if (!free_number)
		return error_set(e, ENOSPC,
				 "site '%s': expected at most %d sites, with those whose counts "
				 "still have to be written",
				 name, BC_MAX_SITES - 1);
	strcpy(page_ids->site[free_number].name, name);
	page_ids->site[free_number].retired = false;
	return 0;
}

static int claim_sites(const struct rules *rules, struct page_ids *page_ids, struct error *e)
{
	int err = 0;

	for (unsigned int i = 1; i < BC_MAX_SITES; i++)
		page_ids->site[i].retired = true;
	for (size_t i = 0; !err && i < rules->count; i++)
		if (rules->list[i].kind == RULE_SITE)
			err = claim_site(page_ids, rules->list[i].name, e);
	return err;
}

/*
 * Pages that the rules ask for, without numbers. A page may stand twice, by a rule
 * for (any) and by one for its site.
 */
#define WANTED_MAX (2 * BC_MAX_NAMED)

struct wanted {
	struct page_ids_page *page;
	size_t count;
};

static int want_page(struct wanted *wanted, __u32 site, const char *name, struct error *e)
{
	struct page_ids_page *page;

	if (wanted->count == WANTED_MAX)
		return error_set(e, ENOSPC, "expected at most %d pages", BC_MAX_NAMED);
	page = &wanted->page[wanted->count++];
	*page = (struct page_ids_page){.site = site, .pattern = strchr(name, '*') != NULL};
	strcpy(page->name, name);
	return 0;
}

static int want_rule(const struct rules *rules, const struct page_ids *page_ids,
		     const struct rule *rule, struct wanted *wanted, struct error *e)
{
	bool any = !strcmp(rule->name, RULE_ANY_SITE), sites = false;
	int err = 0;

	if (rule->kind != RULE_PAGE || !rules_in_force(rules, rule))
		return 0;
	if (!any)
		return want_page(wanted, page_ids_site(page_ids, rule->name), rule->value, e);
	for (__u32 i = 1; !err && i < BC_MAX_SITES; i++) {
		if (!page_ids->site[i].name[0] || page_ids->site[i].retired)
			continue;
		sites = true;
		err = want_page(wanted, i, rule->value, e);
	}
	return err || sites ? err : want_page(wanted, 0, rule->value, e);
}

static int want_pages(const struct rules *rules, const struct page_ids *page_ids,
		      struct wanted *wanted, struct error *e)
{
	size_t kept = 0;
	int err = 0;

	wanted->page = malloc(WANTED_MAX * sizeof(*wanted->page));
	if (!wanted->page)
		return error_set(e, ENOMEM, "no memory to number pages");
	for (size_t i = 0; !err && i < rules->count; i++)
		err = want_rule(rules, page_ids, &rules->list[i], wanted, e);
	if (err || !wanted->count)
		return err;
	qsort(wanted->page, wanted->count, sizeof(*wanted->page), compare);
	for (size_t i = 1; i < wanted->count; i++)
		if (compare(&wanted->page[kept], &wanted->page[i]))
			wanted->page[++kept] = wanted->page[i];
	explicit_bzero(&wanted->page[kept + 1], (wanted->count - kept - 1) * sizeof(*wanted->page));
	wanted->count = kept + 1;
	return 0;
}

/* Merges what is wanted into what was there; new pages get number 0 for now. */
static int merge_pages(const struct wanted *wanted, const struct page_ids *previous,
		       struct page_ids *out, struct error *e)
{
	size_t old_count = previous ? previous->pages : 0, i = 0, j = 0;

	out->pages = 0;
	out->page = calloc(wanted->count + old_count + 1, sizeof(*out->page));
	if (!out->page)
		return error_set(e, ENOMEM, "no memory for %zu pages", wanted->count + old_count);
	while (i < wanted->count || j < old_count) {
		struct page_ids_page *page = &out->page[out->pages++];
		int order = i == wanted->count ? 1
			    : j == old_count   ? -1
					       : compare(&wanted->page[i], &previous->page[j]);

		*page = order > 0 ? previous->page[j] : wanted->page[i];
		page->retired = order > 0;
		if (!order)
			page->page = previous->page[j].page;
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

static int number_pages(struct page_ids *page_ids, struct error *e)
{
	bool used[BC_MAX_NAMED] = {false};
	__u32 next = 0;

	if (page_ids->pages > BC_MAX_NAMED)
		return error_set(e, ENOSPC,
				 "expected at most %d pages, with those whose counts still have "
				 "to be written",
				 BC_MAX_NAMED);
	for (size_t i = 0; i < page_ids->pages; i++)
		if (page_ids->page[i].page)
			used[page_ids->page[i].page - BC_PAGE_NAMED] = true;
	for (size_t i = 0; i < page_ids->pages; i++) {
		if (page_ids->page[i].page)
			continue;
		while (used[next])
			next++;
		page_ids->page[i].page = BC_PAGE_NAMED + next++;
	}
	return 0;
}

int page_ids_assign(const struct rules *rules, const struct page_ids *previous,
		    struct page_ids *out, struct error *e)
{
	struct page_ids next = previous ? *previous : (struct page_ids){0};
	struct wanted wanted = {0};
	int err;

	next.page = NULL;
	next.pages = 0;
	err = claim_sites(rules, &next, e);
	if (!err)
		err = want_pages(rules, &next, &wanted, e);
	if (!err)
		err = merge_pages(&wanted, previous, &next, e);
	if (!err)
		err = number_pages(&next, e);
	free_pages(wanted.page, wanted.count);
	if (err) {
		free_pages(next.page, next.pages);
		return err;
	}
	*out = next;
	return 0;
}

void page_ids_revert(struct page_ids *page_ids, const struct page_ids *previous)
{
	for (unsigned int i = 1; i < BC_MAX_SITES; i++) {
		struct page_ids_site *site = &page_ids->site[i];
		const struct page_ids_site *before = &previous->site[i];

		site->retired = before->name[0] ? before->retired : site->name[0];
	}
	for (size_t i = 0; i < page_ids->pages; i++) {
		struct page_ids_page *page = &page_ids->page[i];
		const struct page_ids_page *before =
			page_ids_find(previous, page->site, page->name);

		page->retired = !before || before->retired;
	}
}

void page_ids_release(struct page_ids *page_ids)
{
	size_t kept = 0;

	for (unsigned int i = 1; i < BC_MAX_SITES; i++)
		if (page_ids->site[i].retired)
			page_ids->site[i] = (struct page_ids_site){0};
	for (size_t i = 0; i < page_ids->pages; i++)
		if (!page_ids->page[i].retired)
			page_ids->page[kept++] = page_ids->page[i];
	if (page_ids->page)
		explicit_bzero(&page_ids->page[kept],
			       (page_ids->pages - kept) * sizeof(*page_ids->page));
	page_ids->pages = kept;
}

const struct page_ids_page *page_ids_find(const struct page_ids *page_ids, __u32 site,
					  const char *name)
{
	struct page_ids_page key = {.site = site};

	if (!page_ids->pages || strlen(name) > BC_NAME_MAX)
		return NULL;
	strcpy(key.name, name);
	return bsearch(&key, page_ids->page, page_ids->pages, sizeof(key), compare);
}

__u32 page_ids_site(const struct page_ids *page_ids, const char *name)
{
	for (__u32 i = 1; i < BC_MAX_SITES; i++)
		if (!page_ids->site[i].retired && !strcmp(page_ids->site[i].name, name))
			return i;
	return 0;
}

void page_ids_free(struct page_ids *page_ids)
{
	free_pages(page_ids->page, page_ids->pages);
	explicit_bzero(page_ids, sizeof(*page_ids));
}
