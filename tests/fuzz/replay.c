// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Gives files to a fuzz target, one after another, where there is no fuzzer: make test-unit. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes in memory of just their size, so that reading on is seen. */
static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL, *copy;
	size_t size = 0;

	if (!file) {
		perror(path);
		return 1;
	}
	data = malloc(1 << 20);
	if (data)
		size = fread(data, 1, 1 << 20, file);
	fclose(file);
	copy = realloc(data, size ? size : 1);
	if (!copy)
		abort();
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	printf("%s: %d inputs\n", argv[0], argc - 1);
	return failed;
}
