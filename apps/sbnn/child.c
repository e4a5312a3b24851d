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

#ifdef NABLA_COVERAGE
#include <gcov.h>
#define KEEP_COUNTS() __gcov_dump() /* _exit drops them */
#else
#define KEEP_COUNTS() ((void)0)
#endif

static _Noreturn void end_child(int status) {
  KEEP_COUNTS();
  _exit(status);
}

void sbnn_child_out_of_memory(void) { end_child(SBNN_CHILD_NO_MEMORY); }

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
  end_child(work(ctx, alive));
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
