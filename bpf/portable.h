/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Lets the parser's headers compile for BPF and natively, so that unit tests
 * and fuzzers run the very code that runs in the kernel.
 */
#ifndef BC_PORTABLE_H
#define BC_PORTABLE_H

#include <stdbool.h>

#ifdef __bpf__
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#else
#include <linux/types.h>
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#endif

/*
 * A function that the kernel's verifier checks once and by itself, whatever
 * its callers: it takes scalars and pointers to whole structures, which may be
 * NULL for all the verifier knows, and returns an int.
 */
#ifdef __bpf__
#define bc_subprogram __noinline
#else
#define bc_subprogram static __noinline
#endif

/* Code for what is rare is moved out of the way, so that what is common lies close together. */
#define bc_likely(condition) __builtin_expect(!!(condition), 1)
#define bc_unlikely(condition) __builtin_expect(!!(condition), 0)

/* Hides a value's origin from the compiler, so that a bound set here stays set. */
#define bc_barrier(value) asm volatile("" : "+r"(value))

#endif
