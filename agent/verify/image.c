// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads BPF objects from this binary and from files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify/image.h"

#include "blindcount.skel.h"
#include "mask.skel.h"

#define SIZE_MAX_BYTES (64 << 20)

void image_built_in(struct image images[IMAGE_BUILT_IN])
{
	images[0] = (struct image){.name = "blindcount (built in)"};
	images[0].data = blindcount_bpf__elf_bytes(&images[0].size);
	images[1] = (struct image){.name = "mask (built in)"};
	images[1].data = mask_bpf__elf_bytes(&images[1].size);
}

static int read_whole(int fd, char *data, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, data + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		used += n;
	}
	return 0;
}

int image_read(const char *path, struct image *image, struct error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	struct stat st;
	char *buffer;

	if (fd < 0)
		return error_set(e, errno, "cannot open '%s': %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_BYTES) {
		close(fd);
		return error_set(e, EINVAL, "'%s' is no file, or too large to be a BPF object",
				 path);
	}
	buffer = malloc(st.st_size + 1);
	r = buffer ? read_whole(fd, buffer, st.st_size) : -ENOMEM;
	close(fd);
	if (r) {
		free(buffer);
		return error_set(e, -r, "cannot read '%s': %s", path, strerror(-r));
	}
	*image = (struct image){.name = path, .data = buffer, .size = st.st_size, .owned = buffer};
	return 0;
}

void image_free(struct image *image)
{
	free(image->owned);
	*image = (struct image){.name = NULL};
}
