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

/* Hides a value's origin from the compiler, so that a bound set here stays set. */
#define bc_barrier(value) asm volatile("" : "+r"(value))

/*
 * Eight bytes at any address, the first one lowest. BPF knows no unaligned
 * access, so clang would take a memcpy() apart into bytes; kernels on x86-64
 * and arm64 allow it all the same.
 */
static __always_inline __u64 bc_load64(const void *p)
{
	__u64 word;

#ifdef __bpf__
	word = *(const __u64 *)p;
#else
	__builtin_memcpy(&word, p, sizeof(word));
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static __always_inline void bc_store64(void *p, __u64 word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
#ifdef __bpf__
	*(__u64 *)p = word;
#else
	__builtin_memcpy(p, &word, sizeof(word));
#endif
}

#endif
