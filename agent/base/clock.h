/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Clocks that nobody sets: for waits and lengths of time, never for dates. */
#ifndef AGENT_BASE_CLOCK_H
#define AGENT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds of CLOCK_MONOTONIC, which stands still while the machine sleeps. */
static inline uint64_t clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Seconds of the same. */
static inline time_t clock_seconds(void)
{
	return (time_t)(clock_us() / 1000000);
}

/* Seconds since the machine was started, with those that it slept (CLOCK_BOOTTIME). */
static inline time_t clock_since_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

#endif
