// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The agent's seccomp filter, written as classic BPF: an allow-list whose
 * default is to kill the process. Listed is what the agent itself calls and
 * what the C library, zlib and libbpf's map access may call on its behalf.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine/seccomp.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the seccomp filter knows x86_64 and aarch64"
#endif

/* Numbers of the x32 calls, which share x86_64's architecture, begin here. */
#define X32_BIT 0x40000000

/* Allowed whatever the arguments. What only one architecture has is in #ifdef. */
static const int calls[] = {
	/* files; Landlock and permissions say which */
	__NR_read,
	__NR_write,
	__NR_readv,
	__NR_writev,
	__NR_pread64,
	__NR_pwrite64,
	__NR_close,
	__NR_lseek,
	__NR_openat,
	__NR_fstat,
	__NR_newfstatat,
	__NR_statx,
	__NR_statfs,
	__NR_fstatfs,
	__NR_faccessat,
	__NR_faccessat2,
	__NR_readlinkat,
	__NR_getcwd,
	__NR_getdents64,
	__NR_mkdirat,
	__NR_unlinkat,
	__NR_renameat,
	__NR_renameat2,
	__NR_fchmod,
	__NR_fchmodat,
	__NR_umask,
	__NR_utimensat,
	__NR_fsync,
	__NR_fdatasync,
	__NR_ftruncate,
	__NR_fallocate,
	__NR_fadvise64,
	__NR_flock,
	__NR_fcntl,
	__NR_dup,
	__NR_dup3,
#ifdef __NR_open
	__NR_open,
	__NR_stat,
	__NR_lstat,
	__NR_access,
	__NR_readlink,
	__NR_mkdir,
	__NR_rmdir,
	__NR_unlink,
	__NR_rename,
	__NR_chmod,
	__NR_dup2,
#endif
	/* waiting, time, signals */
	__NR_epoll_create1,
	__NR_epoll_ctl,
	__NR_epoll_pwait,
	__NR_epoll_pwait2,
	__NR_ppoll,
	__NR_pselect6,
	__NR_timerfd_create,
	__NR_timerfd_settime,
	__NR_timerfd_gettime,
	__NR_signalfd4,
	__NR_eventfd2,
	__NR_nanosleep,
	__NR_clock_nanosleep,
	__NR_clock_gettime,
	__NR_clock_getres,
	__NR_gettimeofday,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_rt_sigtimedwait,
	__NR_sigaltstack,
	__NR_restart_syscall,
#ifdef __NR_epoll_wait
	__NR_epoll_wait,
	__NR_poll,
	__NR_select,
	__NR_time,
#endif
	/* Unix sockets: the control socket and the service manager's */
	__NR_bind,
	__NR_listen,
	__NR_accept,
	__NR_accept4,
	__NR_connect,
	__NR_sendto,
	__NR_sendmsg,
	__NR_recvfrom,
	__NR_recvmsg,
	__NR_getsockopt,
	__NR_getsockname,
	__NR_getpeername,
	__NR_shutdown,
	/* memory, the C library, the end */
	__NR_brk,
	__NR_munmap,
	__NR_mremap,
	__NR_madvise,
	__NR_futex,
	__NR_getrandom,
	__NR_membarrier,
	__NR_getpid,
	__NR_gettid,
	__NR_getuid,
	__NR_geteuid,
	__NR_getgid,
	__NR_getegid,
	__NR_uname,
	__NR_sysinfo,
	__NR_getrusage,
	__NR_prlimit64,
	__NR_sched_getaffinity,
	__NR_sched_yield,
	__NR_getcpu,
	__NR_exit,
	__NR_exit_group,
};

/* All that can be done through open file descriptors; nothing that makes or finds an object. */
static const uint32_t bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,
	BPF_MAP_UPDATE_ELEM,
	BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_BATCH,
	BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	BPF_MAP_LOOKUP_AND_DELETE_BATCH,
	BPF_MAP_UPDATE_BATCH,
	BPF_MAP_DELETE_BATCH,
	BPF_OBJ_GET_INFO_BY_FD,
	BPF_LINK_UPDATE,
	BPF_LINK_DETACH,
};

/* A filter under construction. */
struct filter {
	struct sock_filter code[512];
	unsigned short length;
};

static void add(struct filter *f, struct sock_filter instruction)
{
	if (f->length < sizeof(f->code) / sizeof(f->code[0]))
		f->code[f->length] = instruction;
	f->length++;
}

static void add_return(struct filter *f, uint32_t action)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Return `action` if the accumulator is `value`. */
static void add_if_equal(struct filter *f, uint32_t value, uint32_t action)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	add_return(f, action);
}

/* Load the low half of argument n: all those looked at are int or smaller flags. */
static void add_load_argument(struct filter *f, int n)
{
	_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half comes first");
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, args) + 8 * n));
}

/* Allow call `nr` if argument n is one of the values, else kill. */
static void allow_values(struct filter *f, int nr, int n, const uint32_t *values, size_t count)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 2 * count + 2));
	add_load_argument(f, n);
	for (size_t i = 0; i < count; i++)
		add_if_equal(f, values[i], SECCOMP_RET_ALLOW);
	add_return(f, SECCOMP_RET_KILL_PROCESS);
}

/* Allow call `nr` if none of `bits` is set in argument n, else kill. */
static void allow_without(struct filter *f, int nr, int n, uint32_t bits)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4));
	add_load_argument(f, n);
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
	add_return(f, SECCOMP_RET_ALLOW);
	add_return(f, SECCOMP_RET_KILL_PROCESS);
}

static void build(struct filter *f)
{
	const uint32_t unix_sockets = AF_UNIX, socket_level = SOL_SOCKET, is_terminal = TCGETS;
	const uint32_t self = getpid();

	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, arch)));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	add_return(f, SECCOMP_RET_KILL_PROCESS);
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, nr)));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1));
	add_return(f, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		add_if_equal(f, calls[i], SECCOMP_RET_ALLOW);
	allow_values(f, __NR_bpf, 0, bpf_commands, sizeof(bpf_commands) / sizeof(bpf_commands[0]));
	allow_values(f, __NR_socket, 0, &unix_sockets, 1);
	allow_values(f, __NR_setsockopt, 1, &socket_level, 1);
	allow_values(f, __NR_ioctl, 1, &is_terminal, 1); /* isatty(), by stdio */
	allow_values(f, __NR_tgkill, 0, &self, 1); /* abort() */
	allow_without(f, __NR_mmap, 2, PROT_EXEC);
	allow_without(f, __NR_mprotect, 2, PROT_EXEC);
	add_return(f, SECCOMP_RET_KILL_PROCESS);
}

int seccomp_enter(struct error *e)
{
	struct filter f = {.length = 0};
	struct sock_fprog program;

	build(&f);
	if (f.length > sizeof(f.code) / sizeof(f.code[0]))
		return error_set(e, E2BIG, "the seccomp filter outgrew its buffer");
	program = (struct sock_fprog){.len = f.length, .filter = f.code};
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return error_set(e, errno,
				 "cannot install the seccomp filter: %s; the kernel needs "
				 "CONFIG_SECCOMP_FILTER",
				 strerror(errno));
	return 0;
}
