// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Puts rules into force. The guarantee: when agent_rule() returns 0, each
 * request whose head ends after that is under the new rules, on every
 * processor. The program reads its rule set once a run; the set is swapped by
 * updating a slot of an array of maps, which waits for an RCU grace period, so
 * that no run is left that read the old one; a request whose head straddles the
 * swap remembers the old epoch and ends as undecided.
 */
#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "agent.h"
#include "compile.h"
#include "numbering.h"
#include "rulestore.h"

static void page_key(const struct numbers_page *page, struct bc_page *key)
{
	memset(key, 0, sizeof(*key));
	key->site = page->site;
	memcpy(key->name, page->name, strnlen(page->name, BC_NAME_MAX));
}

/* Listed pages are added before the rules that list them, and go after those are gone. */
static int listed_update(const struct agent *a, const struct numbers *numbers, bool add,
			 struct error *e)
{
	int map = a->kernel.set.map[KERNEL_LISTED], r = 0;
	struct bc_page key;

	for (size_t i = 0; i < numbers->pages && !r; i++) {
		const struct numbers_page *page = &numbers->page[i];
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

int agent_rule(struct agent *a, struct rules *rules, struct error *e)
{
	struct numbers numbers = {};
	int r = numbers_assign(rules, &a->numbers, &numbers, e);

	if (r)
		return r;
	r = compile_ruleset(rules, &numbers, a->compiled, e);
	if (!r)
		r = numbering_write(a->kernel.set.map[KERNEL_NUMBERING], &numbers, e);
	if (r) {
		numbers_free(&numbers);
		return r;
	}
	r = listed_update(a, &numbers, true, e);
	if (!r)
		r = kernel_set_rules(&a->kernel, a->compiled, e);
	/* Pages may have been counted under the new numbers already: they keep their meaning. */
	if (r)
		numbers_revert(&numbers, &a->numbers);
	/* Where this fails, a page stays listed that the rules in force do not ask for. */
	listed_update(a, &numbers, false, NULL);
	numbers_free(&a->numbers);
	a->numbers = numbers;
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

int agent_read_rules(struct agent *a, struct error *e)
{
	struct rules rules = {};
	int r = read_floor(&a->options, &rules, e);

	if (!r)
		r = rules_append(&rules, &a->rules, RULE_SOCKET, e);
	if (!r)
		r = agent_rule(a, &rules, e);
	rules_free(&rules);
	return r;
}

int agent_note_reported(struct agent *a, const struct rules *rules, struct error *e)
{
	struct bc_record record;
	bool any = false;
	int r;

	for (size_t i = 0; i < rules->count; i++)
		any |= rules->list[i].origins & RULE_SOCKET;
	r = any ? kernel_record_read(&a->kernel.set, &record, e) : 0;
	if (r || !any || record.reported)
		return r;
	record.reported = 1;
	return kernel_record_write(&a->kernel.set, &record, e);
}

/*
 * Rules that a predecessor answered `ok` are nowhere but in the data folder. In another one,
 * or in one that lost them, opt-outs would be missing, and nobody would know.
 */
static int check_reported(const struct agent *a, struct error *e)
{
	const struct kernel *k = &a->kernel;
	const struct kernel_set *before = kernel_set_whole(&k->old) ? &k->old : &k->set;
	struct bc_record record;
	int r = k->succeeds ? kernel_record_read(before, &record, e) : 0;

	if (r || !k->succeeds || !record.reported || !rulestore_missing(a->data))
		return r;
	return error_set(
		e, ENOENT,
		"rules that came by the control socket are in force, but %s has no file "
		"'rules' of them: name the data folder that has, restore the file, or give "
		"up the rules and what the kernel has by `blindcount detach`",
		a->options.data);
}

int agent_first_rules(struct agent *a, struct error *e)
{
	struct rules rules = {};
	int r = read_floor(&a->options, &rules, e);

	if (!r)
		r = check_reported(a, e);
	if (!r)
		r = rulestore_load(a->data, &rules, e);
	if (!r)
		r = agent_note_reported(a, &rules, e);
	if (!r)
		r = agent_rule(a, &rules, e);
	rules_free(&rules);
	return r;
}

void agent_release_numbers(struct agent *a)
{
	/* After two flushes neither generation holds counts under the old numbers. */
	if (a->flushes_since_rules++ != 2)
		return;
	numbers_release(&a->numbers);
	/* If this fails, a successor finds them once more, and releases them in its turn. */
	numbering_write(a->kernel.set.map[KERNEL_NUMBERING], &a->numbers, NULL);
}
