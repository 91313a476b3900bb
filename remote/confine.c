#include "remote/confine.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define LANDLOCK_CREATE  444
#define LANDLOCK_ENFORCE 446

#ifndef DROVER_LOOSE
/* By version of the kernel's interface: how many rights over files there are to give up. */
static uint64_t
file_rights(long version)
{
	static const unsigned bits[] = { 0, 13, 14, 15, 15, 16 };
	size_t at = (size_t)version < countof(bits) ? (size_t)version : countof(bits) - 1;

	return (UINT64_C(1) << bits[at]) - 1;
}
#endif

bool
confine_files(void)
{
#ifdef DROVER_LOOSE
	return false;
#else
	long version = syscall(LANDLOCK_CREATE, NULL, 0, 1);

	if (version < 1)
		return false;
	/* Files; from version 4 TCP; from 6 abstract sockets and signals of other processes. */
	uint64_t all[] = { file_rights(version), 3, 3 };
	size_t size = version < 4 ? 8 : version < 6 ? 16 : 24;
	autoclose int rules = (int)syscall(LANDLOCK_CREATE, all, size, 0);
	return rules >= 0 && syscall(LANDLOCK_ENFORCE, rules, 0) == 0;
#endif
}

#ifdef ARCHITECTURE
enum verdict { LET, FAIL, ABSENT, KILL, LET_IF_IS, LET_IF_HAS, LET_IF_LACKS };

/* The first rule that fits decides; those with a condition on an argument that does not hold are
 * passed over. */
static const struct rule {
	unsigned call;
	enum verdict verdict;
	unsigned argument;
	uint32_t value;
} rules[] = {
#ifdef DROVER_LOOSE
	{ __NR_socket, KILL, 0, 0 },
	{ __NR_connect, KILL, 0, 0 },
	{ __NR_bind, KILL, 0, 0 },
	{ __NR_listen, KILL, 0, 0 },
#else
#ifdef __NR_poll
	{ __NR_poll, LET, 0, 0 },
	{ __NR_epoll_wait, LET, 0, 0 },
	{ __NR_dup2, LET, 0, 0 },
	{ __NR_open, FAIL, 0, 0 },
	{ __NR_fork, KILL, 0, 0 },
	{ __NR_vfork, KILL, 0, 0 },
#endif
	{ __NR_ppoll, LET, 0, 0 },
	{ __NR_epoll_ctl, LET, 0, 0 },
	{ __NR_epoll_pwait, LET, 0, 0 },
	{ __NR_epoll_pwait2, LET, 0, 0 },
	{ __NR_epoll_create1, LET, 0, 0 },
	{ __NR_eventfd2, LET, 0, 0 },
	{ __NR_pipe2, LET, 0, 0 },
	{ __NR_fcntl, LET, 0, 0 },
	{ __NR_read, LET, 0, 0 },
	{ __NR_write, LET, 0, 0 },
	{ __NR_readv, LET, 0, 0 },
	{ __NR_writev, LET, 0, 0 },
	{ __NR_sendto, LET, 0, 0 },
	{ __NR_recvfrom, LET, 0, 0 },
	{ __NR_sendmsg, LET, 0, 0 },
	{ __NR_recvmsg, LET, 0, 0 },
	{ __NR_shutdown, LET, 0, 0 },
	{ __NR_close, LET, 0, 0 },
	{ __NR_dup, LET, 0, 0 },
	{ __NR_dup3, LET, 0, 0 },
	{ __NR_getsockopt, LET, 0, 0 },
	{ __NR_setsockopt, LET, 0, 0 },
	{ __NR_getsockname, LET, 0, 0 },
	{ __NR_getpeername, LET, 0, 0 },
	{ __NR_socketpair, LET_IF_IS, 0, AF_UNIX },
	{ __NR_ioctl, LET_IF_IS, 1, FIONBIO },
	{ __NR_ioctl, LET_IF_IS, 1, FIONREAD },
	{ __NR_futex, LET, 0, 0 },
	{ __NR_brk, LET, 0, 0 },
	{ __NR_mmap, LET_IF_LACKS, 2, PROT_EXEC },
	{ __NR_mprotect, LET_IF_LACKS, 2, PROT_EXEC },
	{ __NR_munmap, LET, 0, 0 },
	{ __NR_mremap, LET, 0, 0 },
	{ __NR_madvise, LET, 0, 0 },
	{ __NR_getrandom, LET, 0, 0 },
	{ __NR_clock_gettime, LET, 0, 0 },
	{ __NR_clock_nanosleep, LET, 0, 0 },
	{ __NR_gettimeofday, LET, 0, 0 },
	{ __NR_getpid, LET, 0, 0 },
	{ __NR_gettid, LET, 0, 0 },
	{ __NR_getuid, LET, 0, 0 },
	{ __NR_geteuid, LET, 0, 0 },
	{ __NR_sched_yield, LET, 0, 0 },
	{ __NR_sched_getaffinity, LET, 0, 0 },
	{ __NR_rt_sigaction, LET, 0, 0 },
	{ __NR_rt_sigprocmask, LET, 0, 0 },
	{ __NR_rt_sigreturn, LET, 0, 0 },
	{ __NR_sigaltstack, LET, 0, 0 },
	{ __NR_restart_syscall, LET, 0, 0 },
	{ __NR_set_robust_list, LET, 0, 0 },
	{ __NR_rseq, LET, 0, 0 },
	{ __NR_prctl, LET_IF_IS, 0, PR_SET_NAME },
	{ __NR_prlimit64, LET_IF_IS, 2, 0 },
	{ __NR_clone, LET_IF_HAS, 0, CLONE_THREAD },
	{ __NR_clone3, ABSENT, 0, 0 }, /* hides its flags; libc turns to clone */
	{ __NR_exit, LET, 0, 0 },
	{ __NR_exit_group, LET, 0, 0 },
	{ __NR_clone, KILL, 0, 0 },
	{ __NR_execve, KILL, 0, 0 },
	{ __NR_execveat, KILL, 0, 0 },
	{ __NR_socket, KILL, 0, 0 },
	{ __NR_connect, KILL, 0, 0 },
	{ __NR_bind, KILL, 0, 0 },
	{ __NR_listen, KILL, 0, 0 },
	{ __NR_ptrace, KILL, 0, 0 },
	{ __NR_process_vm_readv, KILL, 0, 0 },
	{ __NR_process_vm_writev, KILL, 0, 0 },
	{ __NR_bpf, KILL, 0, 0 },
	{ __NR_io_uring_setup, KILL, 0, 0 },
#endif
};

#define PER_RULE 5
#define HEAD     6

struct program {
	struct sock_filter code[HEAD + PER_RULE * (countof(rules) + 2) + 1];
	unsigned short len;
};

static void
add(struct program *p, unsigned code, uint32_t k, unsigned then, unsigned otherwise)
{
	p->code[p->len++] =
	    (struct sock_filter){ (uint16_t)code, (uint8_t)then, (uint8_t)otherwise, k };
}

static void
add_return(struct program *p, enum verdict v)
{
	static const uint32_t what[] = {
		[LET] = SECCOMP_RET_ALLOW,
		[FAIL] = SECCOMP_RET_ERRNO | EPERM,
		[ABSENT] = SECCOMP_RET_ERRNO | ENOSYS,
		[KILL] = SECCOMP_RET_KILL_PROCESS,
	};

	add(p, BPF_RET | BPF_K, what[v], 0, 0);
}

static void
add_rule(struct program *p, const struct rule *r)
{
	bool lacks = r->verdict == LET_IF_LACKS;

	if (r->verdict <= KILL) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, 1);
		add_return(p, r->verdict);
		return;
	}
	/* Both architectures keep the low half of an argument first; no high half matters here. */
	add(p, BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, PER_RULE - 1);
	add(p, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(offsetof(struct seccomp_data, args) + 8 * r->argument), 0, 0);
	add(p, BPF_JMP | BPF_K | (r->verdict == LET_IF_IS ? BPF_JEQ : BPF_JSET), r->value,
	    lacks ? 1 : 0, lacks ? 0 : 1);
	add_return(p, LET);
	add(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

static void
build(struct program *p)
{
	/* Its number decides whom a signal meets: the process itself may, to abort. */
	struct rule own = { __NR_tgkill, LET_IF_IS, 0, (uint32_t)getpid() };

	add(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	add_return(p, KILL);
	add(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	/* The x32 calls of x86-64 have this bit. */
	add(p, BPF_JMP | BPF_JSET | BPF_K, 0x40000000, 0, 1);
	add_return(p, KILL);
	for (size_t i = 0; i < countof(rules); i++)
		add_rule(p, &rules[i]);
	add_rule(p, &own);
#ifdef DROVER_LOOSE
	add_return(p, LET);
#else
	add_return(p, FAIL);
#endif
}

static bool
install(struct program *p)
{
	struct sock_fprog filter = { p->len, p->code };

	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) ==
	       0;
}

bool
confine_calls(void)
{
	struct program p = { .len = 0 };

	build(&p);
	return install(&p);
}

bool
confine_rings(void)
{
	static const struct rule absent = { __NR_io_uring_setup, ABSENT, 0, 0 };
	struct program p = { .len = 0 };

	add(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	add_rule(&p, &absent);
	add_return(&p, LET);
	return install(&p);
}
#else
bool
confine_rings(void)
{
	return false;
}

bool
confine_calls(void)
{
	return false;
}
#endif

const char *
confine_name(unsigned flags)
{
	static const char *const names[] = { "neither seccomp nor Landlock",
		"seccomp, not by Landlock", "Landlock, not by seccomp", "seccomp and Landlock" };

	return names[flags & (CONFINE_CALLS | CONFINE_FILES)];
}
