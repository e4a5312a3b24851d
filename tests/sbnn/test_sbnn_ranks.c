/* test_sbnn_ranks.c - one command in several processes, as mpirun starts them, which talk by sockets in place of MPI (transport.h):
 * the files of the plain run, whatever a process does. */
#include "test_sbnn_cli.h"
#include "test_sbnn_merged.h"

#include "child.h"
#include "commands/ranks.h"
#include "interrupt.h"
#include "options/options.h"
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(sbnn_ranks, .init = make_tables, .fini = remove_root, .timeout = 120);

enum { MOST = 3, WORDS = 64 };

/* ---- messages by sockets ---- */

static int ends[MOST][MOST]; /* ends[a][b]: where a talks with b; only process 0 talks with all */
static int self, n_ranks, sends_left;
static bool starts = true;

static bool start(sbnn_transport_place *place) {
  *place = (sbnn_transport_place){.rank = self, .size = n_ranks, .here = n_ranks, .rank_here = self};
  return starts;
}

/* A process whose last message was sent hangs, as one whose machine has gone does. */
static bool send_to(int to, const void *message, size_t bytes) {
  if (sends_left-- == 0) raise(SIGSTOP);
  return send(ends[self][to], message, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

static int receive_from(int *from, void *message, size_t room) {
  for (int i = 0; i < n_ranks; i++) {
    if (i == self || (i != 0 && self != 0)) continue;
    ssize_t n = recv(ends[self][i], message, room, MSG_DONTWAIT);
    *from = i;
    if (n > 0) return 1;
    if (n == 0 && i == 0) return -1; /* process 0 has ended */
  }
  return 0;
}

static void stop_talk(bool ending) { (void)ending; }

static const sbnn_transport sockets = {"sockets", start, send_to, receive_from, stop_talk};

static void connect_all(void) {
  for (int i = 1; i < n_ranks; i++) {
    int pair[2];
    cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ends[0][i] = pair[0];
    ends[i][0] = pair[1];
  }
}

/* All but those of process `rank`; none: -1. */
static void close_others(int rank) {
  for (int i = 1; i < n_ranks; i++) {
    if (rank != 0) close(ends[0][i]);
    if (rank != i) close(ends[i][0]);
  }
}

/* ---- processes ---- */

typedef struct ranked {
  const char *line;   /* of the command; NULL: that of process 0 */
  const char *folder; /* where it runs; NULL: the throwaway directory */
  int sends;          /* it hangs after so many messages; 0: it does not */
} ranked;

/* As main does. */
static int command(char *line) {
  char *argv[WORDS] = {(char *)"sbnn"};
  int argc = 1;
  sbnn_options o;
  sbnn_error e = {0};
  for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  sbnn_interrupt_setup();
  const bool silent = sbnn_ranks_silent(argc, argv);
  int code = sbnn_options_parse(argc, argv, &o, &e);
  if (code == SBNN_OK) code = sbnn_ranks_open(&o, &e);
  if (code == SBNN_OK) code = o.command->run(&o, &e);
  if (code != SBNN_OK && *e.text && !silent) fprintf(stderr, "sbnn: %s\n", e.text);
  return sbnn_ranks_close(o.ranks, code, &e);
}

static _Noreturn void be_rank(const ranked *r, const char *line, int rank) {
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGALRM};
  char number[16], copy[2048], err[16];
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
  snprintf(err, sizeof err, "err%d", rank);
  int file = open(at(err), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0 || dup2(file, 2) < 0 || chdir(r->folder ? at(r->folder) : root) != 0) _exit(127);
  self = rank;
  sends_left = r->sends ? r->sends : -1;
  close_others(rank);
  snprintf(number, sizeof number, "%d", n_ranks);
  setenv("OMPI_COMM_WORLD_SIZE", number, 1);
  snprintf(number, sizeof number, "%d", rank);
  setenv("OMPI_COMM_WORLD_RANK", number, 1);
  sbnn_transport_of_build = &sockets;
  snprintf(copy, sizeof copy, "%s", r->line ? r->line : line);
  sbnn_end_now(command(copy));
}

static pid_t pids[MOST];

static void launch(int n, const ranked *r) {
  n_ranks = n;
  connect_all();
  for (int i = 0; i < n; i++) {
    pids[i] = fork();
    cr_assert_geq(pids[i], 0);
    if (pids[i] == 0) be_rank(&r[i], r[0].line, i);
  }
  close_others(-1);
}

static int code_of(int rank) {
  int status;
  cr_assert_eq(waitpid(pids[rank], &status, 0), pids[rank]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* All end with that code, and process 0 alone speaks: one sentence with the parts; NULL: nothing. */
static void expect_end(int code, const char *parts) {
  char err[16];
  for (int i = 0; i < n_ranks; i++) {
    int got = code_of(i);
    snprintf(err, sizeof err, "err%d", i);
    char *said = text_of(at(err));
    cr_expect_eq(got, code, "process %d: exit code %d: %s", i, got, said);
    if (i > 0 || !parts) cr_expect_str_eq(said, "", "process %d", i);
    else {
      cli_result r = {.code = got};
      snprintf(r.err, sizeof r.err, "%s", said);
      expect_words("of process 0", &r, code, parts);
    }
    free(said);
  }
}

#define FOLDS   "cv" TABLES FAST " --folds 4 --threads 1"
#define MERGED  FOLDS " --out merged"
#define LONGER  FOLDS " --epochs-pretrain 400 --both"
#define PART    "merged/.incoming/resume/sbnn-fold-1.safetensors"
#define LASTING LONGER " --out merged"

/* ---- good runs ---- */

Test(sbnn_ranks, same_files_from_any_number) {
  static const char *const lines[] = {FOLDS " --both",
                                      "srrr" TABLES " --quiet --folds 3 --ranks 1,2 --lambdas 0.2,0.4",
                                      "path" TABLES FAST " --folds 2 --bottleneck 2,3 --lambdas 0.1,0.2",
                                      "stability" TABLES FAST " --restarts 4 --subsample"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    char line[1024];
    snprintf(line, sizeof line, "%s --out whole --force", lines[i]);
    run_well(line);
    for (int n = 1; n <= MOST; n++) {
      snprintf(line, sizeof line, "%s --out merged --force", lines[i]);
      launch(n, (ranked[MOST]){{.line = line}});
      expect_end(0, NULL);
      expect_same_folders();
    }
  }
}

/* More processes than models; threads that take all CPUs. */
Test(sbnn_ranks, more_threads_than_models) {
  run_well("cv" TABLES FAST " --folds 2 --out whole");
  launch(3, (ranked[MOST]){{.line = "cv" TABLES FAST " --folds 2 --out merged"}});
  expect_end(0, NULL);
  expect_same_folders();
}

/* ---- failures ---- */

Test(sbnn_ranks, misfits) {
  static const struct {
    ranked of[2];
    int code;
    const char *parts;
  } list[] = {
      {{{.line = MERGED}, {.line = MERGED " --seed 3"}},
       1,
       "process 2 of 2: options, data or build are different"},
      {{{.line = "cv --x nothing.csv --y y.csv --out merged" FAST}}, 3, "nothing.csv"},
      {{{.line = "train" TABLES FAST " --out merged"}},
       2,
       "mpirun has started 2 processes of 'sbnn train'|start one"},
      {{{.line = MERGED " --nothing"}}, 2, "--nothing"},
      {{{.line = "cv" TABLES FAST " --out ."}}, 1, "not empty"},
      {{{.line = MERGED " --lr-pretrain 1e300"}},
       4,
       "fold 1: phase 'pretrain', epoch 1|lower the learning rate"},
      {{{.line = MERGED}, {.line = "cv --x nothing.csv --y y.csv --out merged" FAST}},
       3,
       "process 2 of 2: nothing.csv"},
      {{{.line = MERGED},
        {.folder = "elsewhere",
         .line = "cv --x ../x.csv --y ../y.csv --folds 4 --threads 1 --out merged" FAST}},
       1,
       "process 2 of 2: |all machines share"},
  };
  mkdir(at("elsewhere"), 0777);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    launch(2, list[i].of);
    expect_end(list[i].code, list[i].parts);
    cr_expect(!there(at("merged/run.json")), "case %zu", i);
    char command[512]; /* a model may have been complete before the other process said no */
    snprintf(command, sizeof command, "rm -rf '%s'", at("merged"));
    cr_assert_eq(system(command), 0);
  }
}

Test(sbnn_ranks, messages_that_cannot_start) {
  starts = false;
  launch(2, (ranked[MOST]){{.line = MERGED}});
  expect_end(1, "MPI cannot start (sockets)|start sbnn without mpirun");
}

static void wait_for_part(void) {
  for (int i = 0; !there(at(PART)) && i < 20000; i++) usleep(1000);
}

static void expect_goes_on(void) {
  run_well(LASTING " --resume");
  run_well(LONGER " --out whole");
  expect_same_folders();
}

/* It has a model, and says nothing any more; somebody wants to stop. */
Test(sbnn_ranks, one_that_hangs) {
  launch(2, (ranked[MOST]){{.line = LASTING}, {.sends = 1}});
  wait_for_part();
  kill(pids[0], SIGTERM);
  int code = code_of(0);
  kill(pids[1], SIGKILL);
  (void)code_of(1);
  char *said = text_of(at("err0"));
  cr_expect_eq(code, 1, "%d: %s", code, said);
  cr_expect(strstr(said, "process 2 of 2 is lost") && strstr(said, "--resume"), "%s", said);
  free(said);
  expect_goes_on();
}

/* The other waits for the answer to its first question, and ends with process 0. */
Test(sbnn_ranks, the_first_is_killed) {
  int status;
  launch(2, (ranked[MOST]){{.line = LASTING, .sends = 2}});
  cr_assert_eq(waitpid(pids[0], &status, WUNTRACED), pids[0]);
  cr_assert(WIFSTOPPED(status));
  kill(pids[0], SIGKILL);
  cr_expect_eq(code_of(0), 1000 + SIGKILL);
  cr_expect_neq(code_of(1), 0);
  expect_goes_on();
}
