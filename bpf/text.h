/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Eight bytes of text at a time in plain arithmetic. A "mask" has bit 7 set in
 * each byte for which a test holds; only its lowest set bit is exact where
 * that is said. Words are little-endian: byte 0 of the text is the low byte.
 */
#ifndef BC_TEXT_H
#define BC_TEXT_H

#include "portable.h"

#define BC_ONES 0x0101010101010101ULL
#define BC_HIGHS 0x8080808080808080ULL
#define BC_EACH(c) (BC_ONES * (__u8)(c))

/*
 * The eight bytes at `text`, at any alignment. Clang takes BPF for a machine
 * without unaligned access and would copy byte by byte; kernels on x86-64 and
 * arm64 allow it.
 */
static __always_inline __u64 bc_word_at(const void *text)
{
	__u64 word;

#ifdef __bpf__
	word = *(const __u64 *)text;
#else
	__builtin_memcpy(&word, text, sizeof(word));
#endif
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Write the eight bytes of a word to `text`, at any alignment. */
static __always_inline void bc_put_word(void *text, __u64 word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
#ifdef __bpf__
	*(__u64 *)text = word;
#else
	__builtin_memcpy(text, &word, sizeof(word));
#endif
}

/*
 * Tests of a word's bytes, to be joined by `|` before bc_test_mask() makes a mask of
 * them: what they have in common is done once. `c` is below 0x80.
 */
static __always_inline __u64 bc_test_equal(__u64 word, __u8 c)
{
	return (word ^ BC_EACH(c)) - BC_ONES;
}

static __always_inline __u64 bc_test_below(__u64 word, __u8 c)
{
	return word - BC_EACH(c);
}

/* Mask of the bytes for which a test holds; exact up to and including the first. */
static __always_inline __u64 bc_test_mask(__u64 word, __u64 tests)
{
	return tests & ~word & BC_HIGHS;
}

/* Mask of the bytes that are `c`; exact up to and including the first. */
static __always_inline __u64 bc_bytes_equal(__u64 word, __u8 c)
{
	return bc_test_mask(word, bc_test_equal(word, c));
}

/* Mask of the bytes from `first` to `last`, of a word of bytes below 0x80; exact. */
static __always_inline __u64 bc_bytes_within(__u64 word, __u8 first, __u8 last)
{
	return (word + BC_EACH(0x80 - first)) & ~(word + BC_EACH(0x7f - last)) & BC_HIGHS;
}

/* Value of up to eight digits, the last one in the top byte, 0 or `0` where there are fewer. */
static __always_inline __u32 bc_decimal(__u64 word)
{
	word &= BC_EACH(0x0f);
	word = (word * (10 * 0x100 + 1) >> 8) & 0x00ff00ff00ff00ffULL;
	word = (word * (100 * 0x10000 + 1) >> 16) & 0x0000ffff0000ffffULL;
	return (word * (10000 * 0x100000000ULL + 1)) >> 32;
}

/* Place (0 to 7) of the lowest byte marked in a mask that is not 0. */
static __always_inline __u32 bc_first_byte(__u64 mask)
{
	return (((mask & -mask) >> 7) * 0x0001020304050607ULL) >> 56;
}

/*
 * Number (0 to 63) of the lowest set bit of a word that is not 0, by a de Bruijn sequence.
 * The table holds the numbers with their last bit turned: of a plain one clang 17 makes a
 * count of zeros, an instruction that BPF has not.
 */
static const __u8 bc_bit_numbers[64] = {
	1,  0,	3,  52, 2,  6,	55, 26, 5,  39, 40, 9,	35, 54, 49, 29, 63, 4,	38, 47, 45, 43,
	23, 8,	25, 34, 58, 57, 48, 19, 28, 10, 62, 53, 7,  27, 36, 41, 32, 46, 60, 44, 42, 20,
	22, 59, 16, 11, 50, 24, 37, 33, 61, 21, 56, 17, 51, 30, 18, 14, 31, 15, 12, 13,
};

static __always_inline __u32 bc_first_bit(__u64 word)
{
	return bc_bit_numbers[(word & -word) * 0x022fdd63cc95386dULL >> 58] ^ 1;
}

#define BC_NO_DIGIT 16

/* Values of hexadecimal digits; BC_NO_DIGIT: it is none. */
static const __u8 bc_hex_values[256] = {
	[0 ... '/'] = BC_NO_DIGIT,
	['0'] = 0,
	['1'] = 1,
	['2'] = 2,
	['3'] = 3,
	['4'] = 4,
	['5'] = 5,
	['6'] = 6,
	['7'] = 7,
	['8'] = 8,
	['9'] = 9,
	[':' ... '@'] = BC_NO_DIGIT,
	['A'] = 10,
	['B'] = 11,
	['C'] = 12,
	['D'] = 13,
	['E'] = 14,
	['F'] = 15,
	['G' ... '`'] = BC_NO_DIGIT,
	['a'] = 10,
	['b'] = 11,
	['c'] = 12,
	['d'] = 13,
	['e'] = 14,
	['f'] = 15,
	['g' ... 255] = BC_NO_DIGIT,
};

#endif
