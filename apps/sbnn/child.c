/* child.c - see child.h. */
#include "child.h"

#include "interrupt.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if SBNN_COUNTED
#include <gcov.h>
#include <sys/resource.h>

/* gcov writes the counts into files when the process ends, and needs memory for that. So the limits of a sandbox or of a test, which
 * are soft in this build, are lifted before: by a destructor, since gcov writes after all destructors. */
__attribute__((destructor)) static void lift_limits(void) {
  static const int of[] = {RLIMIT_AS, RLIMIT_FSIZE};
  for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
    struct rlimit now;
    if (getrlimit(of[i], &now) == 0) setrlimit(of[i], &(struct rlimit){now.rlim_max, now.rlim_max});
  }
}

static void keep_counts(void) { /* _exit drops them */
  lift_limits();
  __gcov_dump();
}
#else
static void keep_counts(void) {}
#endif

void sbnn_end_now(int status) {
  keep_counts();
  _exit(status);
}

void sbnn_child_out_of_memory(void) { sbnn_end_now(SBNN_CHILD_NO_MEMORY); }

/* Sanitizers have handlers of their own for the last three. */
static void reset_signals(void) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGSEGV, SIGBUS, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (!SBNN_SANITIZED || i < 4) signal(signals[i], SIG_DFL);
}

static _Noreturn void be_child(int (*work)(void *ctx, int alive), void *ctx, int alive, pid_t caller) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != caller) _exit(1);
  reset_signals();
  sbnn_no_memory = sbnn_child_out_of_memory;
  sbnn_end_now(work(ctx, alive));
}

/* Until the child has closed its end of the pipe. */
static void wait_for(pid_t child, int alive, double seconds, sbnn_child_end *end) {
  const double latest = sbnn_clock() + seconds;
  while (!end->stopped && !end->late) {
    struct pollfd p = {.fd = alive, .events = POLLIN};
    if (poll(&p, 1, 200) > 0) break;
    end->late = seconds > 0 && sbnn_clock() > latest;
    end->stopped = sbnn_interrupted();
  }
  if (end->stopped || end->late) kill(child, SIGKILL);
  while (waitpid(child, &end->status, 0) < 0 && errno == EINTR) {}
}

bool sbnn_child_run(int (*work)(void *ctx, int alive), void *ctx, double seconds, sbnn_child_end *end) {
  int alive[2];
  *end = (sbnn_child_end){0};
  if (pipe2(alive, O_CLOEXEC) != 0) return false;
  const pid_t caller = getpid(), child = fork();
  if (child == 0) be_child(work, ctx, alive[1], caller);
  const int why = errno;
  close(alive[1]);
  if (child > 0) wait_for(child, alive[0], seconds, end);
  close(alive[0]);
  errno = why;
  return child > 0;
}

bool sbnn_child_done(const sbnn_child_end *end) {
  return WIFEXITED(end->status) && WEXITSTATUS(end->status) == SBNN_CHILD_DONE;
}

const char *sbnn_child_why(const sbnn_child_end *end) {
  if (WIFSIGNALED(end->status)) return strsignal(WTERMSIG(end->status));
  return WEXITSTATUS(end->status) == SBNN_CHILD_NO_MEMORY ? "out of memory" : "it ended early";
}
