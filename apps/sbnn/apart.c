/* apart.c - see apart.h. The child ends with _exit: nothing of the caller's is flushed or removed twice. */
#include "apart.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In memory that both see. */
typedef struct report {
  int code;
  sbnn_error error;
} report;

enum {
  DONE = 0, /* exit statuses */
  NO_MEMORY = 121,
  ALIVE_FD = 3 /* the child's: closed when it ends, however it does */
};

static void end_without_memory(void) { _exit(NO_MEMORY); }

/* Of what the caller has open nothing else stays, for a lock would last as long as the child. */
static bool keep_files(int alive) {
  if (alive != ALIVE_FD && dup2(alive, ALIVE_FD) < 0) return false;
  return close_range(ALIVE_FD + 1, ~0u, 0) == 0 || errno == ENOSYS;
}

static _Noreturn void be_child(int (*work)(const void *ctx, sbnn_error *e), const void *ctx, report *r,
                               int alive, pid_t caller) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM, SIGBUS};
  if (!keep_files(alive)) _exit(1);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != caller) _exit(1);
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
  sbnn_no_memory = sbnn_on_refusal =
      end_without_memory; /* before a library crashes, or waits for ever, for want of it */
  r->code = work(ctx, &r->error);
  _exit(atomic_load(&sbnn_memory_refused) ? NO_MEMORY : DONE);
}

/* Until the child has closed its end of the pipe, however it ends. */
static void wait_for(pid_t child, int alive, bool *hangs, int *status) {
  const double end = sbnn_clock() + SBNN_APART_SECONDS;
  bool stop = false;
  while (!stop) {
    struct pollfd p = {.fd = alive, .events = POLLIN};
    if (poll(&p, 1, 200) > 0) break;
    *hangs = sbnn_clock() > end;
    stop = *hangs || sbnn_interrupted();
  }
  if (stop) kill(child, SIGKILL);
  while (waitpid(child, status, 0) < 0 && errno == EINTR) {}
}

static void explain(int status, bool hangs, char *why) {
  if (hangs) snprintf(why, 128, "it did not come to an end in %d seconds", SBNN_APART_SECONDS);
  else if (WIFSIGNALED(status)) snprintf(why, 128, "%s", strsignal(WTERMSIG(status)));
  else snprintf(why, 128, "%s", WEXITSTATUS(status) == NO_MEMORY ? "out of memory" : "it ended early");
}

/* False: no child could be started. */
static bool try_once(int (*work)(const void *ctx, sbnn_error *e), const void *ctx, report *r, char *why) {
  int alive[2], status = 0;
  bool hangs = false;
  *why = '\0';
  *r = (report){0};
  if (pipe2(alive, O_CLOEXEC) != 0) return false;
  const pid_t caller = getpid();
  pid_t child = fork();
  if (child == 0) be_child(work, ctx, r, alive[1], caller);
  close(alive[1]);
  if (child > 0) wait_for(child, alive[0], &hangs, &status);
  close(alive[0]);
  if (child > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != DONE)) {
    *r = (report){.code = SBNN_FAILED};
    explain(status, hangs, why);
  }
  return child > 0;
}

int sbnn_apart(int (*work)(const void *ctx, sbnn_error *e), const void *ctx, char *why, sbnn_error *e) {
  report *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *why = '\0';
  if (r == MAP_FAILED) return work(ctx, e);
  bool tried = try_once(work, ctx, r, why);
  if (tried && *why && !sbnn_interrupted()) tried = try_once(work, ctx, r, why);
  const report got = *r;
  munmap(r, sizeof *r);
  if (!tried) return work(ctx, e);
  if (*why && sbnn_interrupted()) {
    *why = '\0';
    return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
  }
  if (got.code != SBNN_OK && !*why) return sbnn_fail(e, got.code, "%s", got.error.text);
  return got.code;
}
