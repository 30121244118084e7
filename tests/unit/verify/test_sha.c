// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* SHA-1 and SHA-256 on the standard's examples and around the block's edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "verify/sha1.h"
#include "verify/sha256.h"

static const struct {
	const char *text;
	size_t times;
	const char *sha1, *sha256;
} cases[] = {
	{"", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d",
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	 "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
	 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void hex(const unsigned char *digest, size_t n, char *text)
{
	for (size_t i = 0; i < n; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = strlen(cases[i].text), size = n * cases[i].times;
		char *data = malloc(size + 1), text[SHA256_TEXT];
		unsigned char digest[SHA1_BYTES];

		for (size_t j = 0; j < cases[i].times; j++)
			memcpy(data + j * n, cases[i].text, n);
		sha1(data, size, digest);
		hex(digest, sizeof(digest), text);
		assert_string_equal(text, cases[i].sha1);
		sha256_text(data, size, text);
		assert_string_equal(text, cases[i].sha256);
		free(data);
	}
}

/* Whatever the pieces, the digest is that of the whole. */
static void test_pieces(void **state)
{
	static const size_t sizes[] = {1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 200};
	unsigned char data[200], digest[SHA256_BYTES];
	char whole[SHA256_TEXT], text[SHA256_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		sha256_text(data, sizes[i], whole);
		for (size_t cut = 0; cut <= sizes[i]; cut++) {
			struct sha256 s;

			sha256_start(&s);
			sha256_add(&s, data, cut);
			sha256_add(&s, data + cut, sizes[i] - cut);
			sha256_end(&s, digest);
			hex(digest, sizeof(digest), text);
			assert_string_equal(text, whole);
		}
	}
}

/* Lengths at which the padding needs another block; figures of sha1sum and sha256sum. */
static void test_padding(void **state)
{
	static const struct {
		size_t size;
		const char *sha1, *sha256;
	} padded[] = {
		{55, "8e8832c642a6a38c74c17fc92ccedc266c108e6c",
		 "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"},
		{56, "9438e360f578e12c0e0e8ed28e2c125c1cefee16",
		 "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"},
		{63, "0b8bf9fc37ad802cefa6733ec62b09d5f43a1b75",
		 "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"},
		{64, "c8d7d0ef0eedfa82d2ea1aa592845b9a6d4b02b7",
		 "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"},
		{119, "85634f17f58bda0e4f0515dfb68bc1af922a031f",
		 "f616b0d54e78571a9611f343c9f8e022e859e920381ab0e4d3da01e193a7bd7e"},
		{120, "b110a88a11436b215220486c1081dec2fb0f389a",
		 "6edd9f6f9cc92cded36e6c4a580933f9c9f1b90562b46903b806f21902a1a54f"},
		{128, "0ae4f711ef5d6e9d26c611fd2c8c8ac45ecbf9e7",
		 "38723a2e5e8a17aa7950dc008209944e898f69a7bd10a23c839d341e935fd5ca"},
	};
	char zeros[200] = {0}, text[SHA256_TEXT];
	unsigned char digest[SHA1_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(padded) / sizeof(padded[0]); i++) {
		sha1(zeros, padded[i].size, digest);
		hex(digest, sizeof(digest), text);
		assert_string_equal(text, padded[i].sha1);
		sha256_text(zeros, padded[i].size, text);
		assert_string_equal(text, padded[i].sha256);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
