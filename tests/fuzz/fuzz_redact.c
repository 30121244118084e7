// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A page name of any bytes: whole, cut and in words it becomes the same, which
 * is a name of printable ASCII that stays the same when it is redacted again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "redact/words.h"

#define NAME_SIZE (BC_NAME_MAX + 4)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
	if (!truth)
		abort();
}

/* Redact a text, in words of it that end at multiples of `cut`; 0: byte by byte. */
static enum bc_redacted redact(char name[NAME_SIZE], const uint8_t *raw, size_t size, size_t cut)
{
	struct bc_redact r;

	memset(name, 0, NAME_SIZE);
	bc_redact_start(&r);
	for (size_t i = 0; i < size;) {
		__u8 window[BC_REDACT_BULK_READ];
		size_t left = cut ? cut - i % cut : 0;
		__u32 n = 0;

		if (left > size - i)
			left = size - i;
		if (left) {
			memset(window, '/', sizeof(window));
			memcpy(window, raw + i, left < sizeof(window) ? left : sizeof(window));
			n = bc_redact_bulk(&r, name, window, left);
			require(n <= left);
		}
		if (!n) {
			bc_redact_byte(&r, name, raw[i]);
			n = 1;
		}
		i += n;
	}
	return bc_redact_end(&r, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[NAME_SIZE], other[NAME_SIZE];
	enum bc_redacted kind;
	size_t length;

	if (size > BC_HEAD_MAX)
		size = BC_HEAD_MAX;
	kind = redact(name, data, size, 0);
	for (size_t cut = 1; cut < 80; cut += 13) {
		require(redact(other, data, size, cut) == kind);
		require(!memcmp(other, name, NAME_SIZE));
	}
	length = strnlen(name, NAME_SIZE);
	require(length <= BC_NAME_MAX && (length != 0) == (kind == BC_REDACT_NAME));
	for (size_t i = 0; i < length; i++)
		require(name[i] > ' ' && name[i] < 0x7f);
	for (size_t i = length; i < NAME_SIZE; i++)
		require(!name[i]);
	require(!strstr(name, "//") && !strpbrk(name, "@?#;*\\"));
	if (length) {
		require(redact(other, (const uint8_t *)name, length, 8) == BC_REDACT_NAME);
		require(!memcmp(other, name, NAME_SIZE));
	}
	return 0;
}
