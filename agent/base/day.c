// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Calendar days as numbers, text and moments. */
#include <stdbool.h>

#include "base/day.h"

static bool leap_year(unsigned int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool day_valid(unsigned int year, unsigned int month, unsigned int day)
{
	static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= length[month - 1] + (unsigned int)(month == 2 && leap_year(year));
}

__u32 day_parse(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	__u32 day = 0;

	for (int i = 0; form[i]; i++) {
		if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return 0;
		if (form[i] == 'd')
			day = day * 10 + (__u32)(text[i] - '0');
	}
	return day_valid(day / 10000, day / 100 % 100, day % 100) ? day : 0;
}

void day_format(__u32 day, char text[DAY_TEXT])
{
	for (int i = 9; i >= 0; i--) {
		if (i == 4 || i == 7) {
			text[i] = '-';
			continue;
		}
		text[i] = (char)('0' + day % 10);
		day /= 10;
	}
	text[10] = '\0';
}

long day_number(__u32 day)
{
	long year = day / 10000, month = day / 100 % 100;

	/* Years that begin in March put the leap day last, so months need no table. */
	if (month <= 2) {
		year--;
		month += 12;
	}
	return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 +
	       (long)(day % 100) - 1 - 719468;
}

__u32 day_of(time_t moment)
{
	struct tm tm;

	localtime_r(&moment, &tm);
	return (__u32)((tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday);
}

time_t day_start(__u32 day)
{
	struct tm tm = {
		.tm_year = (int)(day / 10000) - 1900,
		.tm_mon = (int)(day / 100 % 100) - 1,
		.tm_mday = (int)(day % 100),
		.tm_isdst = -1,
	};

	return mktime(&tm);
}
