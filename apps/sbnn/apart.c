/* apart.c - see apart.h. */
#include "apart.h"

#include "child.h"
#include "interrupt.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the child leaves, in memory that both see. */
typedef struct report {
  int code;
  sbnn_error error;
} report;

typedef struct job {
  int (*work)(const void *ctx, sbnn_error *e);
  const void *ctx;
  report *report;
} job;

/* Of what the caller has open only the first files stay, and the end of the pipe: a lock would last as long as the child. */
static bool keep_files(int alive) {
  enum { ALIVE_FD = 3 };
  if (alive != ALIVE_FD && dup2(alive, ALIVE_FD) < 0) return false;
  return close_range(ALIVE_FD + 1, ~0u, 0) == 0 || errno == ENOSYS;
}

static int work_in_child(void *ctx, int alive) {
  const job *j = ctx;
  if (!keep_files(alive)) return 1;
  sbnn_on_refusal =
      sbnn_child_out_of_memory; /* before a library crashes, or waits for ever, for want of it */
  j->report->code = j->work(j->ctx, &j->report->error);
  return atomic_load(&sbnn_memory_refused) ? SBNN_CHILD_NO_MEMORY : SBNN_CHILD_DONE;
}

/* False: no child could be started. */
static bool try_once(job *j, char *why) {
  sbnn_child_end end;
  *why = '\0';
  *j->report = (report){0};
  if (!sbnn_child_run(work_in_child, j, SBNN_APART_SECONDS, &end)) return false;
  if (end.late) snprintf(why, 128, "it did not come to an end in %d seconds", SBNN_APART_SECONDS);
  else if (!sbnn_child_done(&end)) snprintf(why, 128, "%s", sbnn_child_why(&end));
  if (*why) *j->report = (report){.code = SBNN_FAILED};
  return true;
}

int sbnn_apart(int (*work)(const void *ctx, sbnn_error *e), const void *ctx, char *why, sbnn_error *e) {
  report *r = mmap(NULL, sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *why = '\0';
  if (r == MAP_FAILED) return work(ctx, e);
  job j = {work, ctx, r};
  bool tried = try_once(&j, why);
  if (tried && *why && !sbnn_interrupted()) tried = try_once(&j, why);
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
