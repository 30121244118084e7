// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Puts rules into force. The guarantee: when enforce_rules() returns 0, each
 * request whose head ends after that is under the new rules, on every
 * processor. The program reads its rule set once a run; the set is swapped by
 * updating a slot of an array of maps, which waits for an RCU grace period, so
 * that no run is left that read the old one; a request whose head straddles the
 * swap remembers the old epoch and ends as undecided.
 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "daemon/agent.h"
#include "rules/compile.h"
#include "bpf/page_ids_map.h"
#include "rules/rulestore.h"

static void page_key(const struct page_ids_page *page, struct bc_page *key)
{
	memset(key, 0, sizeof(*key));
	key->site = page->site;
	memcpy(key->name, page->name, strnlen(page->name, BC_NAME_MAX));
}

/* Listed pages are added before the rules that list them, and go after those are gone. */
static int listed_update(const struct agent *a, const struct page_ids *page_ids, bool add,
			 struct error *e)
{
	int map = a->loader.set.map[MAP_NAMED_PAGES], r = 0;
	struct bc_page key;

	for (size_t i = 0; i < page_ids->pages && !r; i++) {
		const struct page_ids_page *page = &page_ids->page[i];
		bool in_map = !page->pattern && !page->retired;

		if (page->pattern || in_map != add)
			continue;
		page_key(page, &key);
		r = add ? bpf_map_update_elem(map, &key, &page->page, BPF_ANY)
			: bpf_map_delete_elem(map, &key);
		if (r == -ENOENT && !add)
			r = 0;
	}
	return r ? error_set(e, -r, "cannot list pages: %s", strerror(-r)) : 0;
}

int enforce_rules(struct agent *a, struct rules *rules, struct error *e)
{
	struct page_ids page_ids = {};
	int r = page_ids_assign(rules, &a->page_ids, &page_ids, e);

	if (r)
		return r;
	r = compile_ruleset(rules, &page_ids, a->compiled, e);
	if (!r)
		r = page_ids_map_write(a->loader.set.map[MAP_PAGE_IDS], &page_ids, e);
	if (r) {
		page_ids_free(&page_ids);
		return r;
	}
	r = listed_update(a, &page_ids, true, e);
	if (!r)
		r = loader_put_rules(&a->loader, a->compiled, e);
	/* Pages may have been counted under the new numbers already: they keep their meaning. */
	if (r)
		page_ids_revert(&page_ids, &a->page_ids);
	/* Where this fails, a page stays listed that the rules in force do not ask for. */
	listed_update(a, &page_ids, false, NULL);
	page_ids_free(&a->page_ids);
	a->page_ids = page_ids;
	a->flushes_since_rules = 0;
	if (r)
		return r;
	rules_free(&a->rules);
	a->rules = *rules;
	memset(rules, 0, sizeof(*rules));
	return 0;
}

static int read_floor(const struct options *options, struct rules *rules, struct error *e)
{
	int r = rules_add_builtin(rules, e);

	return r || !options->rules ? r : rules_load(rules, options->rules, e);
}

int enforce_rules_file(struct agent *a, struct error *e)
{
	struct rules rules = {};
	int r = read_floor(&a->options, &rules, e);

	if (!r)
		r = rules_append(&rules, &a->rules, RULE_SOCKET, e);
	if (!r)
		r = enforce_rules(a, &rules, e);
	rules_free(&rules);
	return r;
}

int enforce_note_reported(struct agent *a, const struct rules *rules, struct error *e)
{
	struct bc_record record;
	bool any = false;
	int r;

	for (size_t i = 0; i < rules->count; i++)
		any |= rules->list[i].origins & RULE_SOCKET;
	r = any ? map_set_read_record(&a->loader.set, &record, e) : 0;
	if (r || !any || record.reported)
		return r;
	record.reported = 1;
	return map_set_write_record(&a->loader.set, &record, e);
}

/*
 * Rules that a predecessor answered `ok` are nowhere but in the data folder. In another one,
 * or in one that lost them, opt-outs would be missing, and nobody would know.
 */
static int check_reported(const struct agent *a, struct error *e)
{
	const struct loader *k = &a->loader;
	const struct map_set *before = map_set_whole(&k->old) ? &k->old : &k->set;
	struct bc_record record;
	int r = k->succeeds ? map_set_read_record(before, &record, e) : 0;

	if (r || !k->succeeds || !record.reported || !rulestore_missing(a->data))
		return r;
	return error_set(
		e, ENOENT,
		"rules that came by the control socket are in force, but %s has no file "
		"'rules' of them: name the data folder that has, restore the file, or give "
		"up the rules and what the kernel has by `blindcount detach`",
		a->options.data);
}

int enforce_first_rules(struct agent *a, struct error *e)
{
	struct rules rules = {};
	int r = read_floor(&a->options, &rules, e);

	if (!r)
		r = check_reported(a, e);
	if (!r)
		r = rulestore_load(a->data, &rules, e);
	if (!r)
		r = enforce_note_reported(a, &rules, e);
	if (!r)
		r = enforce_rules(a, &rules, e);
	rules_free(&rules);
	return r;
}

void enforce_release_ids(struct agent *a)
{
	/* After two flushes neither generation holds counts under the old numbers. */
	if (a->flushes_since_rules++ != 2)
		return;
	page_ids_release(&a->page_ids);
	/* If this fails, a successor finds them once more, and releases them in its turn. */
	page_ids_map_write(a->loader.set.map[MAP_PAGE_IDS], &a->page_ids, NULL);
}
