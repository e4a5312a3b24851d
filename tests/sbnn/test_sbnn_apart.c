/* test_sbnn_apart.c - work in a child: what crashes there costs an attempt, not the program. */
#include "apart.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In memory that the child shares: how often the work was begun, and by whom. */
typedef struct seen {
  int begun;
  pid_t by;
  int crashes; /* attempts that end by a signal */
} seen;

static seen *share(int crashes) {
  seen *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  cr_assert(s != MAP_FAILED);
  s->crashes = crashes;
  return s;
}

static int crash_sometimes(const void *ctx, sbnn_error *e) {
  seen *s = *(seen *const *)ctx;
  (void)e;
  s->by = getpid();
  if (++s->begun <= s->crashes) { raise(SIGKILL); }
  return SBNN_OK;
}

Test(sbnn_apart, runs_in_another_process) {
  seen *s = share(0);
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(crash_sometimes, &s, why, &e), SBNN_OK);
  cr_expect_eq(s->begun, 1);
  cr_expect_neq(s->by, getpid());
  cr_expect_str_eq(why, "");
}

Test(sbnn_apart, a_crash_is_tried_again) {
  seen *s = share(1);
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(crash_sometimes, &s, why, &e), SBNN_OK);
  cr_expect_eq(s->begun, 2);
  cr_expect_str_eq(why, "");
  cr_expect_eq(e.code, SBNN_OK);
}

Test(sbnn_apart, a_second_crash_is_told) {
  seen *s = share(2);
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(crash_sometimes, &s, why, &e), SBNN_FAILED);
  cr_expect_eq(s->begun, 2);
  cr_expect_str_eq(why, strsignal(SIGKILL));
}

static int want_memory(const void *ctx, sbnn_error *e) {
  (void)ctx, (void)e;
  (void)!freopen("/dev/null", "w", stderr); /* sanitizers warn of the refusal that is meant */
  free(sbnn_alloc(SIZE_MAX / 4, 2));
  return SBNN_OK;
}

/* A library that was refused memory may have gone on without. */
static int go_without(const void *ctx, sbnn_error *e) {
  (void)ctx, (void)e;
  atomic_store(&sbnn_memory_refused, true);
  return SBNN_OK;
}

Test(sbnn_apart, refused_memory_is_told) {
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(want_memory, NULL, why, &e), SBNN_FAILED);
  cr_expect_str_eq(why, "out of memory");
  cr_expect_eq(sbnn_apart(go_without, NULL, why, &e), SBNN_FAILED);
  cr_expect_str_eq(why, "out of memory");
  cr_expect_eq(sbnn_check_memory(&e), SBNN_OK, "this process was refused nothing");
}

static int complain(const void *ctx, sbnn_error *e) {
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s is wrong", (const char *)ctx);
}

Test(sbnn_apart, a_sentence_is_the_callers) {
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(complain, "this", why, &e), SBNN_BAD_INPUT);
  cr_expect_str_eq(e.text, "this is wrong");
  cr_expect_str_eq(why, "");
}

/* Locks last as long as anybody has the file open. */
static int look_at_file(const void *ctx, sbnn_error *e) {
  (void)e;
  return fcntl(*(const int *)ctx, F_GETFD) < 0 && errno == EBADF ? SBNN_OK : SBNN_FAILED;
}

Test(sbnn_apart, files_of_the_caller_are_closed) {
  int fd = open("/dev/null", O_RDONLY);
  fd = fcntl(fd, F_DUPFD, 9);
  sbnn_error e = {0};
  char why[128];
  cr_expect_eq(sbnn_apart(look_at_file, &fd, why, &e), SBNN_OK);
  cr_expect_eq(close(fd), 0);
}
