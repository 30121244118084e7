// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Beacon formats of known trackers, as the words of a `beacon` rule. */
#include <string.h>

#include "rules/presets.h"

static const struct preset presets[] = {
	/* b is the mouse button: 2 and 3 are not clicks on what is shown. */
	{"clickheat", "site=s page=g x=x y=y width=w skip=b:2 skip=b:3", BC_EVENT_CLICK},
	{"owa",
	 "site=owa_site_id page=owa_page_url x=owa_click_x y=owa_click_y width=owa_page_width "
	 "only=owa_event_type:dom.click",
	 BC_EVENT_CLICK},
	/* res is WIDTHxHEIGHT: a number is read up to its first non-digit. */
	{"matomo", "site=idsite page=url width=res skip=ping:1", BC_EVENT_VIEW},
	/* s lists width, height and scale; e marks an event that is no view. */
	{"goatcounter", "page=p width=s event=e", BC_EVENT_VIEW},
	/* h is an origin, a URL: its host is the site. */
	{"fathom", "site=h page=p", BC_EVENT_VIEW},
};

const struct preset *preset_find(const char *name)
{
	for (unsigned int i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (!strcmp(presets[i].name, name))
			return &presets[i];
	return NULL;
}

const struct preset *preset_at(unsigned int n)
{
	return n < sizeof(presets) / sizeof(presets[0]) ? &presets[n] : NULL;
}
