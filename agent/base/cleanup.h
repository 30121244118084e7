/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a function opens for itself is closed where the variable's scope ends:
 *
 *	_cleanup_(close_fd) int fd = -1;
 *	_cleanup_(free_memory) char *text = NULL;
 *
 * Give the variable a value that needs no cleaning up at once. What is to outlive the
 * function is taken out by TAKE_FD() or TAKE_PTR(). A type with a NAME_free() or
 * NAME_close() of its own names that one, where it takes a pointer to the variable.
 */
#ifndef AGENT_BASE_CLEANUP_H
#define AGENT_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* errno stays what it was: it may be on its way to a message. */
static inline void close_fd(int *fd)
{
	int before = errno;

	if (*fd >= 0)
		close(*fd);
	errno = before;
}

/* For any pointer to memory of malloc(). */
static inline void free_memory(void *pointer)
{
	free(*(void **)pointer);
}

static inline void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void close_folder(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

/* The value, which the variable no longer owns. */
#define TAKE_PTR(variable)                      \
	({                                      \
		typeof(variable) v_ = variable; \
		variable = NULL;                \
		v_;                             \
	})

#define TAKE_FD(variable)          \
	({                         \
		int v_ = variable; \
		variable = -1;     \
		v_;                \
	})

#endif
