/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Beacon formats of known trackers, as the words of a `beacon` rule. */
#ifndef AGENT_RULES_PRESETS_H
#define AGENT_RULES_PRESETS_H

#include "blindcount.h"

struct preset {
	const char *name;
	const char *words; /* what the rule would say without the preset */
	enum bc_event event; /* what a beacon without an event key value is */
};

/* The preset of this name, or NULL. */
const struct preset *preset_find(const char *name);

/* The n-th preset, NULL behind the last: for help and messages. */
const struct preset *preset_at(unsigned int n);

#endif
