// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Each system call of a merge fails, or is the last one before the process
 * dies: the day's file is the old or the new one, never half of one, and a
 * second try brings the counts to what they would have been. The linker puts
 * the functions named __wrap_* here before the real ones (see the Makefile).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "store/csv.h"
#include "store/dayfile.h"
#include "store/dayread.h"
#include "unit/data_folder.h"

#define DAY 20260701
#define FOLDER "counts/date=2026-07-01"
#define FILE_NAME FOLDER "/web1.csv.gz"
#define PLACE (&(struct dayfile_place){data_fd, "web1"})
#define KILLED 99

enum way {
	NO_FAULT,
	FAIL, /* the call does nothing and fails */
	DIE_BEFORE, /* the process dies instead of the call */
	DIE_AFTER, /* the process dies right after it; a write has written half */
	WAYS,
	CRUMBS, /* each read and write does a little, or is interrupted */
};

static struct {
	enum way way;
	long at; /* number of the call that is hit, from 0 */
	long calls;
	const char *hit; /* name of the call that was hit */
} fault;

static bool hit(const char *name)
{
	if (fault.way == NO_FAULT || fault.way == CRUMBS || fault.calls++ != fault.at)
		return false;
	fault.hit = name;
	if (fault.way == DIE_BEFORE)
		_exit(KILLED);
	errno = ENOSPC;
	return true;
}

/* A call that is hit fails, or is done and followed by the end. */
#define WRAP(type, name, parameters, arguments)         \
	type __real_##name parameters;                  \
	type __wrap_##name parameters;                  \
	type __wrap_##name parameters                   \
	{                                               \
		bool here = hit(#name);                 \
                                                        \
		if (here && fault.way == FAIL)          \
			return -1;                      \
		if (here) {                             \
			(void)!__real_##name arguments; \
			_exit(KILLED);                  \
		}                                       \
		return __real_##name arguments;         \
	}

WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times))
WRAP(off_t, lseek, (int fd, off_t to, int from), (fd, to, from))
WRAP(int, mkdirat, (int folder, const char *name, mode_t mode), (folder, name, mode))
WRAP(int, openat, (int folder, const char *name, int flags, mode_t mode),
     (folder, name, flags, mode))
WRAP(int, renameat, (int from, const char *name, int to, const char *new_name),
     (from, name, to, new_name))
WRAP(int, unlinkat, (int folder, const char *name, int flags), (folder, name, flags))

ssize_t __real_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size);
ssize_t __wrap_read(int fd, void *to, size_t size)
{
	if (fault.way == CRUMBS && ++fault.calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	if (hit("read")) {
		if (fault.way == FAIL)
			return -1;
		_exit(KILLED);
	}
	return __real_read(fd, to, fault.way == CRUMBS && size > 5 ? 5 : size);
}

ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_write(int fd, const void *from, size_t size)
{
	if (fault.way == CRUMBS && ++fault.calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	if (hit("write")) {
		(void)!__real_write(fd, from, size / 2);
		if (fault.way == FAIL)
			return -1;
		_exit(KILLED);
	}
	return __real_write(fd, from, fault.way == CRUMBS && size > 7 ? 7 : size);
}

static const struct row old_rows[] = {
	{"(any)", "/", 5, BC_NO_ROW, BC_NO_COLUMN, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"(any)", "/rare", 2, 4, 5, BC_EVENT_CLICK, BC_DEVICE_PHONE},
};

static const struct row new_rows[] = {
	{"(any)", "/", 7, 1, 1, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"(any)", "/other", 1, 4, 5, BC_EVENT_CLICK, BC_DEVICE_PHONE},
	{"(any)", "/rare", 1, 4, 5, BC_EVENT_CLICK, BC_DEVICE_PHONE},
};

/* What is held lies in kernel maps, which a process that dies leaves behind: shared memory here. */
struct suppressed {
	size_t count;
	struct row row[8];
};

static struct suppressed *suppressed;

static int keep_rows(void *arg, const struct dayfile_rows *rows, struct error *e)
{
	(void)arg;
	(void)e;
	suppressed[1].count = rows->count;
	for (size_t i = 0; i < rows->count; i++)
		suppressed[1].row[i] = rows->row[i];
	return 0;
}

static int merge_generation(__u64 generation, bool fold, struct dayfile_result *result)
{
	const struct dayfile_merge merge = {
		.day = DAY,
		.start = 1782864000,
		.generation = generation,
		.min_count = 5,
		.fold = fold,
		.fresh = {generation == 1 ? old_rows : new_rows, generation == 1 ? 2 : 3},
		.suppressed = {suppressed[0].row, suppressed[0].count},
		.keep = keep_rows,
	};
	struct error e = {""};
	int ret = dayfile_merge(PLACE, &merge, result, &e);

	/* Each failure says why. */
	assert_true(!ret || e.text[0]);
	return ret;
}

struct bytes {
	size_t length; /* 0: no such file */
	unsigned char byte[1024];
};

static struct bytes bytes_of(const char *path)
{
	struct bytes b = {0};
	int fd = openat(data_fd, path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return b;
	b.length = (size_t)read(fd, b.byte, sizeof(b.byte));
	assert_in_range(b.length, 1, sizeof(b.byte) - 1);
	close(fd);
	return b;
}

static bool same_bytes(const struct bytes *a, const struct bytes *b)
{
	return a->length == b->length && !memcmp(a->byte, b->byte, a->length);
}

static void damage_file(void)
{
	struct bytes b = bytes_of(FILE_NAME);
	int fd = openat(data_fd, FILE_NAME, O_WRONLY | O_TRUNC | O_CLOEXEC, 0);

	b.byte[b.length - 1] ^= 1;
	assert_int_equal(write(fd, b.byte, b.length), b.length);
	close(fd);
}

/* What is there before generation 2 is merged. */
enum scene {
	EMPTY,
	EXISTING,
	FOLDING,
	DAMAGED,
	SCENES
};

static void set_scene(enum scene scene)
{
	struct dayfile_result result;

	suppressed[0].count = suppressed[1].count = 0;
	if (scene == EMPTY)
		return;
	assert_int_equal(merge_generation(1, false, &result), 0);
	suppressed[0] = suppressed[1];
	assert_int_equal(suppressed[0].count, 1);
	if (scene == DAMAGED)
		damage_file();
}

static void clear_scene(void)
{
	unlinkat(data_fd, FILE_NAME, 0);
	unlinkat(data_fd, FILE_NAME ".damaged-1", 0);
	unlinkat(data_fd, FOLDER, AT_REMOVEDIR);
	assert_int_equal(unlinkat(data_fd, "counts", AT_REMOVEDIR) && errno != ENOENT, 0);
}

/*
 * Do something under a fault, in a process of its own if it may die. Returns
 * whether the fault was hit.
 */
static bool with_fault(enum way way, long at, void (*act)(enum scene scene), enum scene scene)
{
	int status;
	pid_t pid;

	fault.way = way;
	fault.at = at;
	fault.calls = 0;
	fault.hit = NULL;
	if (way == FAIL) {
		act(scene);
		fault.way = NO_FAULT;
		return fault.hit;
	}
	pid = fork();
	if (!pid) {
		act(scene);
		_exit(0);
	}
	fault.way = NO_FAULT;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == KILLED;
}

static void merge_second(enum scene scene)
{
	struct dayfile_result result;

	merge_generation(2, scene == FOLDING, &result);
}

static void assert_old_or_new(enum scene scene, const struct bytes *before,
			      const struct bytes *after)
{
	struct bytes now = bytes_of(FILE_NAME), aside = bytes_of(FILE_NAME ".damaged-1");

	if (same_bytes(&now, after))
		return;
	if (scene == DAMAGED && !now.length)
		assert_true(same_bytes(&aside, before));
	else
		assert_true(same_bytes(&now, before));
}

static bool faults_at(enum scene scene, enum way way, long at, const struct bytes *after,
		      const struct suppressed *held_after)
{
	struct dayfile_result result;
	struct bytes before, now;
	bool was_hit;

	set_scene(scene);
	before = bytes_of(FILE_NAME);
	was_hit = with_fault(way, at, merge_second, scene);
	assert_old_or_new(scene, &before, after);
	if (way == FAIL)
		assert_false(data_folder_has(FOLDER "/.web1.csv.gz.tmp") &&
			     strcmp(fault.hit, "unlinkat"));
	now = bytes_of(FILE_NAME);
	assert_int_equal(merge_generation(2, scene == FOLDING, &result), 0);
	assert_int_equal(result.was_done, same_bytes(&now, after));
	now = bytes_of(FILE_NAME);
	assert_true(same_bytes(&now, after));
	assert_int_equal(suppressed[1].count, held_after->count);
	for (size_t i = 0; i < held_after->count; i++)
		assert_true(!row_compare(&suppressed[1].row[i], &held_after->row[i]) &&
			    suppressed[1].row[i].count == held_after->row[i].count);
	assert_false(data_folder_has(FOLDER "/.web1.csv.gz.tmp"));
	clear_scene();
	return was_hit;
}

static void faults_in(enum scene scene)
{
	struct dayfile_result result;
	struct suppressed held_after;
	struct bytes after;

	set_scene(scene);
	assert_int_equal(merge_generation(2, scene == FOLDING, &result), 0);
	after = bytes_of(FILE_NAME);
	held_after = suppressed[1];
	clear_scene();
	for (enum way way = FAIL; way < WAYS; way++) {
		long at = 0;

		while (faults_at(scene, way, at, &after, &held_after)) {
			if (way == FAIL)
				printf("%s ", fault.hit);
			at++;
		}
		if (way == FAIL)
			puts("");
		assert_true(at > 12);
	}
}

static void test_faults(void **state)
{
	(void)state;
	for (enum scene scene = EMPTY; scene < SCENES; scene++)
		faults_in(scene);
}

static void forget_root(enum scene scene)
{
	struct dayfile_forgotten done;
	struct error e = {""};

	(void)scene;
	if (dayfile_forget(data_fd, "(any)", "/", &done, &e))
		assert_true(e.text[0]);
}

/* What `forget` leaves behind is what was there or what should be; a second try ends it. */
static void test_forget_faults(void **state)
{
	struct dayfile_forgotten done;
	struct bytes before, after, now;

	(void)state;
	for (enum way way = NO_FAULT; way < WAYS; way++) {
		bool was_hit = true;

		for (long at = 0; was_hit; at++) {
			set_scene(EXISTING);
			before = bytes_of(FILE_NAME);
			was_hit = with_fault(way, at, forget_root, EXISTING) && way != NO_FAULT;
			now = bytes_of(FILE_NAME);
			if (way == NO_FAULT)
				after = now;
			assert_true(same_bytes(&now, &before) || same_bytes(&now, &after));
			assert_int_equal(dayfile_forget(data_fd, "(any)", "/", &done, NULL), 0);
			now = bytes_of(FILE_NAME);
			assert_true(same_bytes(&now, &after) && !same_bytes(&now, &before));
			clear_scene();
		}
	}
}

static void test_short_and_interrupted_calls(void **state)
{
	struct dayfile_result result;
	struct bytes whole, crumbs;

	(void)state;
	set_scene(EXISTING);
	assert_int_equal(merge_generation(2, false, &result), 0);
	whole = bytes_of(FILE_NAME);
	clear_scene();
	set_scene(EXISTING);
	fault.way = CRUMBS;
	assert_int_equal(merge_generation(2, false, &result), 0);
	fault.way = NO_FAULT;
	crumbs = bytes_of(FILE_NAME);
	assert_true(same_bytes(&whole, &crumbs));
}

static int share_held(void **state)
{
	(void)state;
	suppressed = mmap(NULL, 2 * sizeof(*suppressed), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return suppressed == MAP_FAILED ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DATA_FOLDER_TEST(test_faults),
		DATA_FOLDER_TEST(test_forget_faults),
		DATA_FOLDER_TEST(test_short_and_interrupted_calls),
	};

	return cmocka_run_group_tests_name("dayfile_faults", tests, share_held, NULL);
}
