/* sandbox_filter.c - the system calls of a sandbox (sandbox.h), as a filter of Linux (seccomp). What is not
 * listed fails with EPERM. */
#include "sandbox.h"

#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#if !SBNN_SANITIZED && !SBNN_COUNTED && (defined(__x86_64__) || defined(__aarch64__))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ALLOW       BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define DENY        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM_CODE)
#define EPERM_CODE  1
/* Allows the call whose number is loaded. */
#define CALL(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), ALLOW

static struct sock_filter filter[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    LOAD(nr),
    /* reading, and writing to what is open: shared memory */
    CALL(read),
    CALL(pread64),
    CALL(readv),
    CALL(write),
    CALL(pwrite64),
    CALL(lseek),
    CALL(fstat),
    CALL(newfstatat),
    CALL(faccessat),
    CALL(faccessat2),
#ifdef SYS_access
    CALL(access),
#endif
    CALL(close),
    CALL(ftruncate),
    CALL(fcntl),
    CALL(flock),
    /* memory */
    CALL(brk),
    CALL(mmap),
    CALL(munmap),
    CALL(mremap),
    CALL(mprotect),
    CALL(madvise),
    /* time, identity, ending */
    CALL(clock_gettime),
    CALL(gettimeofday),
    CALL(getrusage),
    CALL(getpid),
    CALL(gettid),
    CALL(getuid),
    CALL(tgkill),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(futex),
    CALL(getrandom),
    CALL(exit),
    CALL(exit_group),
    DENY,
};

void sbnn_sandbox_filter(void) {
  const struct sock_fprog all = {.len = sizeof filter / sizeof *filter, .filter = filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all);
}

#else

void sbnn_sandbox_filter(void) {}

#endif
