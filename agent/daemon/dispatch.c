// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Lines of the control socket: verbs from one table, and rules. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/agent.h"
#include "daemon/audit.h"
#include "base/log.h"
#include "rules/page_name.h"
#include "report/notice.h"
#include "rules/rulestore.h"
#include "report/metrics.h"

struct request {
	struct agent *a;
	const struct control_peer *peer;
	const char *line;
	const struct words *words;
	struct control_reply *reply;
};

static bool is_root(const struct request *q)
{
	return q->peer->uid == 0;
}

static void audit(const struct request *q, const char *what)
{
	struct error e = {};

	if (audit_write(q->a->audit, q->peer->uid, q->peer->gid, what, &e))
		log_error("%s", e.text);
}

static int do_ping(struct request *q, struct error *e)
{
	(void)q;
	(void)e;
	return 0;
}

static int do_flush(struct request *q, struct error *e)
{
	return flush_now(q->a, e);
}

/* Give a text, made by a function that writes to a stream, as data lines. */
static int reply_stream(struct request *q, int (*write)(struct agent *, FILE *), struct error *e)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int r = -ENOMEM;

	if (out) {
		r = write(q->a, out);
		if (fclose(out) && !r)
			r = -ENOMEM;
	}
	if (!r)
		control_text(q->reply, text, length);
	free(text);
	return r ? error_set(e, -r, "cannot make the answer: %s", strerror(-r)) : 0;
}

static int write_stats(struct agent *a, FILE *out)
{
	struct metrics stats = {};
	int r = measure_metrics(a, &stats);

	return r ? r : metrics_write(out, &stats);
}

static int do_stats(struct request *q, struct error *e)
{
	return reply_stream(q, write_stats, e);
}

static int write_rules(struct agent *a, FILE *out)
{
	rules_write(out, &a->rules);
	return 0;
}

static int do_rules(struct request *q, struct error *e)
{
	return reply_stream(q, write_rules, e);
}

static int write_options(struct agent *a, FILE *out)
{
	notice_write_options(out, &(struct notice_options){
					  .min_count = a->options.min_count,
					  .retain_days = a->options.retain,
					  .flush_seconds = a->options.flush,
				  });
	return 0;
}

static int do_options(struct request *q, struct error *e)
{
	return reply_stream(q, write_options, e);
}

/* Put a changed copy of the rules into force, durable before that. */
static int commit_rules(struct agent *a, struct rules *rules, struct error *e)
{
	int r = rulestore_save(a->data, rules, e);

	if (!r)
		r = enforce_note_reported(a, rules, e);
	if (!r)
		r = enforce_rules(a, rules, e);
	if (r) {
		struct error again = {};

		/* What is not in force must not come into force at the next start. */
		if (rulestore_save(a->data, &a->rules, &again))
			log_error("%s", again.text);
	}
	return r;
}

static int copy_rules(const struct agent *a, struct rules *copy, struct error *e)
{
	return rules_append(copy, &a->rules, RULE_ANYWHERE, e);
}

static void audit_change(const struct request *q, const char *verb, const struct rule *rule)
{
	char text[RULE_TEXT_MAX], what[AUDIT_WHAT_MAX];

	audit_rule(rule, text);
	snprintf(what, sizeof(what), "%s %s", verb, text);
	audit(q, what);
}

static int add_rule(struct request *q, const struct rule *rule, struct error *e)
{
	struct rules rules = {};
	int r = rule_may(rule, RULE_ADD, is_root(q), e);

	if (!r)
		r = copy_rules(q->a, &rules, e);
	if (!r)
		r = rules_add(&rules, rule, e);
	if (r > 0) { /* 0: it was there already */
		r = commit_rules(q->a, &rules, e);
		if (!r)
			audit_change(q, "add", rule);
	}
	rules_free(&rules);
	return r;
}

static int remove_rule(struct request *q, const struct rule *rule, struct error *e)
{
	const struct rule *listed = rules_find(&q->a->rules, rule);
	struct rules rules = {};
	int r = listed ? rule_may(listed, RULE_REMOVE, is_root(q), e) : 0;

	if (!r)
		r = copy_rules(q->a, &rules, e);
	if (!r)
		r = rules_remove(&rules, rule, e);
	if (!r)
		r = commit_rules(q->a, &rules, e);
	if (!r)
		audit_change(q, "remove", rule);
	rules_free(&rules);
	return r;
}

/* Parse a rule and do something with it. */
static int with_rule(struct request *q, const char *line,
		     int (*act)(struct request *, const struct rule *, struct error *),
		     struct error *e)
{
	struct rule rule;
	int r = rule_parse(&rule, line, strlen(line), e);

	if (r <= 0)
		return r;
	r = act(q, &rule, e);
	rule_free(&rule);
	return r;
}

static int do_remove(struct request *q, struct error *e)
{
	const char *rule = q->line + strspn(q->line, " \t");

	rule += strcspn(rule, " \t");
	if (q->words->count < 2)
		return error_set(e, EINVAL, "remove: expected the rule to remove");
	return with_rule(q, rule, remove_rule, e);
}

struct forget {
	bool exclude;
	char site[BC_WORD_MAX + 1];
	const char *page; /* NULL: the whole site */
};

/* A site as rules name it: "(any)", or a host in lower case. */
static int forget_site(struct forget *f, const char *word, struct error *e)
{
	char line[RULE_TEXT_MAX] = "exclude page";
	struct rule rule;
	int r;

	words_append(line, sizeof(line), word);
	words_append(line, sizeof(line), "/");
	r = rule_parse(&rule, line, strlen(line), e);
	if (r < 0)
		return r;
	strcpy(f->site, rule.name);
	rule_free(&rule);
	return 0;
}

/* forget [--exclude] site S | forget [--exclude] page S PATH */
static int forget_parse(const struct words *words, struct forget *f, struct error *e)
{
	unsigned int at = 1;

	*f = (struct forget){};
	if (at < words->count && !strcmp(words->word[at], "--exclude")) {
		f->exclude = true;
		at++;
	}
	if (words->count == at + 2 && !strcmp(words->word[at], "site"))
		return forget_site(f, words->word[at + 1], e);
	if (words->count == at + 3 && !strcmp(words->word[at], "page")) {
		f->page = words->word[at + 2];
		return forget_site(f, words->word[at + 1], e);
	}
	return error_set(e, EINVAL, "forget: expected [--exclude] site SITE, or page SITE PATH");
}

static int exclude(struct request *q, const struct forget *f, struct error *e)
{
	char line[RULE_TEXT_MAX] = "exclude";

	words_append(line, sizeof(line), f->page ? "page" : "site");
	words_append(line, sizeof(line), f->site);
	if (f->page)
		words_append(line, sizeof(line), f->page);
	return with_rule(q, line, add_rule, e);
}

static void reply_forgotten(const struct request *q, const struct forget_result *gone)
{
	if (gone->rows || gone->kernel_rows)
		control_data(q->reply,
			     "removed %llu rows from %u files, and %llu that were not in files yet",
			     (unsigned long long)gone->rows, gone->files,
			     (unsigned long long)gone->kernel_rows);
	else
		control_data(q->reply, "no counts of it were there");
	control_data(q->reply, "totals shrink by what was forgotten; backups, reports and exports "
			       "made earlier are yours to clean");
}

static int do_forget(struct request *q, struct error *e)
{
	char page[BC_NAME_MAX + 1], what[AUDIT_WHAT_MAX];
	struct forget_result gone = {};
	struct forget f;
	int r = forget_parse(q->words, &f, e);

	if (r)
		return r;
	if (f.page && *f.page != '(') {
		r = pagename(f.page, page, e);
		f.page = page;
	}
	if (!r && f.exclude)
		r = exclude(q, &f, e);
	if (r)
		return r;
	r = forget(q->a, f.site, f.page, &gone, e);
	audit_forget(f.site, f.page, r ? ": not all was reached" : "", what);
	audit(q, what);
	if (!r)
		reply_forgotten(q, &gone);
	return r;
}

static const struct verb {
	const char *name;
	int (*run)(struct request *q, struct error *e);
} verbs[] = {
	{"ping", do_ping},	 {"flush", do_flush},	{"stats", do_stats},   {"rules", do_rules},
	{"options", do_options}, {"remove", do_remove}, {"forget", do_forget},
};

static __attribute__((noinline)) int answer(struct agent *a, const struct control_peer *peer,
					    const char *line, struct control_reply *reply,
					    struct error *e)
{
	struct words words;
	struct request q = {a, peer, line, &words, reply};
	int r = words_split(&words, line, strlen(line), e);

	if (r || !words.count)
		return r;
	r = 1;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && r == 1; i++)
		if (!strcmp(words.word[0], verbs[i].name))
			r = verbs[i].run(&q, e);
	if (r == 1)
		r = with_rule(&q, line, add_rule, e);
	return r;
}

/* What calls that have returned left on the stack: names to forget, perhaps. */
static __attribute__((noinline)) void wipe_stack(void)
{
	char dead[64 * 1024];

	explicit_bzero(dead, sizeof(dead));
}

int dispatch_line(void *arg, const struct control_peer *peer, const char *line,
		  struct control_reply *reply, struct error *e)
{
	int r = answer(arg, peer, line, reply, e);

	wipe_stack();
	return r;
}
