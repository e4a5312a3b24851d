/* test_sbnn_outdir.c - a run's results appear whole or not at all: the output directory, the writer; and what
 * is said meanwhile: the progress. */
#include "support/files_end.h"
#include "test_sbnn_results.h"

#include "output/writer.h"
#include "progress.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

TestSuite(sbnn_outdir, .init = make_root, .fini = remove_root);

/* ---- the output directory ---- */

static void stage(const sbnn_outdir *o, const char *name, const char *text) {
  char *path = sbnn_outdir_file(o, name);
  put_file(path, text);
  free(path);
}

/* A finished run with two tables and a picture. */
static void earlier_run(const char *path) {
  sbnn_outdir *o = opened(path, false);
  stage(o, "metrics.tsv", "old\n");
  stage(o, "latent.tsv", "old\n");
  stage(o, "figures/latent_map.png", "old\n");
  commit(o);
}

Test(sbnn_outdir, appears_whole) {
  sbnn_outdir *o = opened(at("out/"), false);
  cr_expect_str_eq(sbnn_outdir_path(o), at("out"), "no trailing slash");
  stage(o, "run.json", "{}\n");
  stage(o, "figures/overlays.pdf", "picture");
  cr_expect_eq(entries(at("out")), 1, "only the staging directory before the commit");
  commit(o);
  cr_expect_eq(entries(at("out")), 2, "run.json and figures, nothing hidden");
  expect_text(at("out/run.json"), "{}\n");
  expect_text(at("out/figures/overlays.pdf"), "picture");
}

Test(sbnn_outdir, without_pictures_has_no_figures) {
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "x");
  commit(o);
  cr_expect_not(there(at("out/figures")));
}

Test(sbnn_outdir, abort_leaves_no_trace) {
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "x");
  stage(o, "figures/overlays.pdf", "x");
  sbnn_outdir_abort(o);
  cr_expect_not(there(at("out")));
  cr_assert_eq(mkdir(at("mine"), 0777), 0);
  sbnn_outdir_abort(opened(at("mine"), false));
  cr_expect_eq(entries(at("mine")), 0, "a directory that was there stays");
  sbnn_outdir_abort(NULL);
}

Test(sbnn_outdir, refuses_results_and_foreign_files) {
  sbnn_error e = {0};
  earlier_run(at("out"));
  cr_expect_null(sbnn_outdir_open(at("out"), false, &e));
  expect_sentence(&e, "not empty", "--force");
  cr_expect_eq(entries(at("out")), 3, "and nothing is changed");
  cr_assert_eq(mkdir(at("home"), 0777), 0);
  put_file(at("home/thesis.txt"), "mine");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open(at("home"), false, &e));
  expect_sentence(&e, "not empty", "--out");
  cr_expect_eq(entries(at("home")), 1);
}

Test(sbnn_outdir, force_replaces_ours_and_nothing_else) {
  earlier_run(at("out"));
  put_file(at("out/notes.txt"), "mine");
  put_file(at("out/figures/mine.png"), "mine");
  sbnn_outdir *o = opened(at("out"), true);
  stage(o, "metrics.tsv", "new\n");
  expect_text(at("out/metrics.tsv"), "old\n");
  commit(o);
  expect_text(at("out/metrics.tsv"), "new\n");
  expect_text(at("out/notes.txt"), "mine");
  expect_text(at("out/figures/mine.png"), "mine");
  cr_expect_not(there(at("out/latent.tsv")), "a stale table would be taken for the new run's");
  cr_expect_not(there(at("out/figures/latent_map.png")));
  cr_expect_eq(entries(at("out")), 3);
}

Test(sbnn_outdir, failed_run_keeps_the_old_results) {
  earlier_run(at("out"));
  sbnn_outdir *o = opened(at("out"), true);
  stage(o, "metrics.tsv", "new\n");
  sbnn_outdir_abort(o);
  expect_text(at("out/metrics.tsv"), "old\n");
  expect_text(at("out/latent.tsv"), "old\n");
  expect_text(at("out/figures/latent_map.png"), "old\n");
  cr_expect_eq(entries(at("out")), 3);
}

Test(sbnn_outdir, rescued_weights_stay) {
  sbnn_outdir *o = opened(at("out"), false);
  char *path = sbnn_outdir_rescue(o);
  put_file(path, "weights");
  free(path);
  sbnn_outdir_abort(o);
  expect_text(at("out/last_good.safetensors"), "weights");
}

Test(sbnn_outdir, refuses_what_is_no_directory) {
  sbnn_error e = {0};
  put_file(at("file"), "mine");
  cr_expect_null(sbnn_outdir_open(at("file"), true, &e));
  expect_sentence(&e, "is a file", "/file");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open(at("nowhere/out"), false, &e));
  expect_sentence(&e, "does not exist", "mkdir -p");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open(at("file/out"), false, &e));
  expect_sentence(&e, "cannot be created", "--out");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open("", false, &e));
  cr_expect_eq(e.code, SBNN_FAILED);
  expect_text(at("file"), "mine");
}

Test(sbnn_outdir, refuses_an_unwritable_parent) {
  sbnn_error e = {0};
  /* sysfs lets nobody create a directory, not even root */
  if (access("/sys/kernel", F_OK) != 0) cr_skip_test("no sysfs");
  cr_expect_null(sbnn_outdir_open("/sys/sbnn_out", false, &e));
  expect_sentence(&e, "/sys/sbnn_out cannot be created", "--out");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open("/sys/kernel", true, &e));
  expect_sentence(&e, "/sys/kernel cannot be written to", "--out");
}

Test(sbnn_outdir, refuses_a_directory_in_a_files_place) {
  sbnn_error e = {0};
  cr_assert_eq(mkdir(at("out"), 0777) | mkdir(at("out/genes.tsv"), 0777), 0);
  cr_expect_null(sbnn_outdir_open(at("out"), true, &e));
  expect_sentence(&e, "genes.tsv is a directory", "move it away");
  cr_assert_eq(rmdir(at("out/genes.tsv")), 0);
  put_file(at("out/figures"), "mine");
  e = (sbnn_error){0};
  cr_expect_null(sbnn_outdir_open(at("out"), true, &e));
  expect_sentence(&e, "figures is a file", "move it away");
  expect_text(at("out/figures"), "mine");
}

static void open_as_nobody(void) {
  sbnn_error e = {0};
  if (geteuid() == 0 && seteuid(65534) != 0) _exit(9);
  if (sbnn_outdir_open(at("out"), true, &e)) _exit(0);
  _exit(strstr(e.text, "figures cannot be written to") ? 7 : 8);
}

/* New tables beside old pictures would be the end of it. */
Test(sbnn_outdir, refuses_figures_that_cannot_be_written_to) {
  int status;
  earlier_run(at("out"));
  static const char *const own[] = {".", "out", "out/figures"};
  for (size_t i = 0; i < 3 && geteuid() == 0; i++) cr_assert_eq(chown(at(own[i]), 65534, 65534), 0);
  cr_assert_eq(chmod(at("out/figures"), 0555), 0);
  pid_t child = fork();
  if (child == 0) open_as_nobody();
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "status %x", (unsigned)status);
  cr_assert_eq(chmod(at("out/figures"), 0755), 0);
  expect_text(at("out/metrics.tsv"), "old\n");
  cr_expect_not(sbnn_outdir_half_moved(at("out")));
}

Test(sbnn_outdir, takes_one_run_at_a_time) {
  sbnn_error e = {0};
  sbnn_outdir *first = opened(at("out"), false);
  stage(first, "metrics.tsv", "first");
  cr_expect_null(sbnn_outdir_open(at("out"), true, &e));
  expect_sentence(&e, "another run", "--out");
  commit(first);
  expect_text(at("out/metrics.tsv"), "first");
  sbnn_outdir_abort(opened(at("out"), true));
}

/* A process killed while it writes leaves .incoming; what is in it is thrown away, links are not followed. */
Test(sbnn_outdir, clears_what_a_killed_run_left) {
  put_file(at("precious"), "mine");
  cr_assert_eq(mkdir(at("out"), 0777) | mkdir(at("out/.incoming"), 0777), 0);
  cr_assert_eq(mkdir(at("out/.incoming/figures"), 0777), 0);
  put_file(at("out/.incoming/metrics.tsv.tmp"), "half");
  put_file(at("out/.incoming/figures/overlays.png"), "half");
  cr_assert_eq(symlink(root, at("out/.incoming/link")), 0);
  commit(opened(at("out"), false));
  cr_expect_eq(entries(at("out")), 0);
  cr_assert_eq(symlink(root, at("out/.incoming")), 0);
  sbnn_outdir_abort(opened(at("out"), false));
  expect_text(at("precious"), "mine");
}

/* Killed after the decision, before or while the new files move: the next open ends the commit. */
Test(sbnn_outdir, finishes_the_commit_of_a_killed_run) {
  static const char *const state[] = {"out/.complete", "out/.moving"};
  for (int i = 0; i < 2; i++) {
    sbnn_error e = {0};
    earlier_run(at("out"));
    if (i == 1) cr_assert_eq(unlink(at("out/latent.tsv")), 0); /* before .moving, the stale files went */
    cr_assert_eq(mkdir(at(state[i]), 0777), 0);
    put_file(at(i ? "out/.moving/metrics.tsv" : "out/.complete/metrics.tsv"), "new\n");
    cr_expect_null(sbnn_outdir_open(at("out"), false, &e));
    expect_sentence(&e, "not empty", "--force");
    expect_text(at("out/metrics.tsv"), "new\n");
    cr_expect_not(there(at("out/latent.tsv")));
    cr_expect_not(there(at(state[i])));
    remove_all(at("out"));
  }
}

Test(sbnn_outdir, keeps_new_results_that_find_no_place) {
  sbnn_error e = {0};
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "new\n");
  cr_assert_eq(mkdir(at("out/metrics.tsv"), 0777), 0);
  cr_expect_eq(sbnn_outdir_commit(o, &e), SBNN_FAILED);
  expect_sentence(&e, "metrics.tsv is a directory", ".complete");
  cr_assert_eq(rmdir(at("out/metrics.tsv")), 0);
  sbnn_outdir_abort(opened(at("out"), true));
  expect_text(at("out/metrics.tsv"), "new\n");
}

/* ---- the writer ---- */

Test(sbnn_outdir, writer_numbers_and_names) {
  sbnn_error e = {0};
  sbnn_writer w;
  sbnn_writer_open(&w, at("x.tsv"));
  const double value[] = {0.1, 1.0 / 3, -0.0, NAN, -NAN, INFINITY, 1e-300, 123456789, (double)1.1f};
  for (size_t i = 0; i < sizeof value / sizeof *value; i++) {
    sbnn_put_number(&w, value[i]);
    sbnn_put(&w, " ");
  }
  sbnn_put_name(&w, "a\tb\r\nc\x7f\xc3\xa9 d");
  sbnn_put(&w, "|");
  sbnn_put_name(&w, "");
  cr_expect_not(there(at("x.tsv")), "only the finished file has the name");
  cr_assert_eq(sbnn_writer_close(&w, &e), SBNN_OK, "%s", e.text);
  expect_text(at("x.tsv"), "0.1 0.333333333 0 NA NA inf 1e-300 123456789 1.10000002 a b  c \xc3\xa9 d|NA");
  cr_expect_eq(entries(root), 1);
}

Test(sbnn_outdir, writer_reports_a_full_disk) {
  static const int lines[] = {1, 100000}; /* noticed at the end, and on the way */
  for (int i = 0; i < 2; i++) {
    sbnn_error e = {0};
    sbnn_writer w;
    put_file(at("x.tsv"), "old\n");
    files_end_at(10);
    sbnn_writer_open(&w, at("x.tsv"));
    for (int j = 0; j < lines[i]; j++) sbnn_put(&w, "a line of some length\n");
    cr_expect_eq(sbnn_writer_close(&w, &e), SBNN_FAILED);
    files_end_at(-1);
    expect_sentence(&e, "x.tsv could not be written", "File too large");
    expect_text(at("x.tsv"), "old\n");
    cr_expect_eq(entries(root), 1, "no partial file");
  }
}

Test(sbnn_outdir, writer_reports_a_missing_directory) {
  sbnn_error e = {0};
  sbnn_writer w;
  sbnn_writer_open(&w, at("none/x.tsv"));
  sbnn_put(&w, "text %d", 1);
  sbnn_put_number(&w, 1);
  sbnn_put_name(&w, "name");
  cr_expect_eq(sbnn_writer_close(&w, &e), SBNN_FAILED);
  expect_sentence(&e, "none/x.tsv", "No such file");
}

/* ---- progress ---- */

static sbnn_progress_step step(int fold, const char *phase, int epoch, double r2) {
  return (sbnn_progress_step){
      .model = "sbnn", .fold = fold, .phase = phase, .epoch = epoch, .epochs = 2, .units = 1, .value = r2};
}

Test(sbnn_outdir, progress_of_several_models_is_a_line_each) {
  FILE *f = fopen(at("talk"), "w");
  sbnn_progress *p = sbnn_progress_new(f, 8, 2, false);
  for (int fold = 1; fold <= 2; fold++)
    for (int epoch = 1; epoch <= 2; epoch++) {
      sbnn_progress_step s = step(fold, "frozen", epoch, 0.3);
      sbnn_progress_epoch(p, &s);
    }
  sbnn_progress_model_done(p, "sbnn", 2, "test R2 0.300");
  sbnn_progress_model_done(p, "sbnn", 1, NULL);
  sbnn_progress_free(p);
  fclose(f);
  expect_text(at("talk"), "1/2 sbnn fold 2: test R2 0.300\n2/2 sbnn fold 1: done\n");
}

Test(sbnn_outdir, progress_of_one_model_is_a_line_per_phase) {
  FILE *f = fopen(at("talk"), "w");
  sbnn_progress *p = sbnn_progress_new(f, 4, 1, false);
  for (int i = 0; i < 4; i++) {
    sbnn_progress_step s = step(0, i < 2 ? "pretrain" : "frozen", 1 + i % 2, i < 2 ? NAN : 0.25);
    sbnn_progress_epoch(p, &s);
  }
  sbnn_progress_model_done(p, "sbnn", 0, "25 genes");
  sbnn_progress_free(p);
  fclose(f);
  expect_text(at("talk"), "pretrain: 2 epochs, 0:00\nfrozen: 2 epochs, R2 0.250, 0:00\nsbnn: 25 genes\n");
}

Test(sbnn_outdir, progress_can_be_quiet) {
  FILE *f = fopen(at("talk"), "w");
  sbnn_progress *p = sbnn_progress_new(f, 4, 1, true);
  sbnn_progress_step s = step(0, "frozen", 2, 0.25);
  sbnn_progress_epoch(p, &s);
  sbnn_progress_model_done(p, "sbnn", 0, NULL);
  sbnn_progress_free(p);
  fclose(f);
  expect_text(at("talk"), "");
}

/* All that a terminal was sent. */
static size_t drain(int fd, char *text, size_t room) {
  size_t n = 0;
  for (ssize_t got; n < room - 1 && (got = read(fd, text + n, room - 1 - n)) > 0;) n += (size_t)got;
  text[n] = '\0';
  return n;
}

Test(sbnn_outdir, progress_on_a_terminal_is_one_line) {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) cr_skip_test("no pseudo terminals");
  FILE *f = fopen(ptsname(terminal), "w");
  if (!f) cr_skip_test("no pseudo terminals");
  char text[8192];
  setenv("TERM", "xterm", 1);
  sbnn_progress *p = sbnn_progress_new(f, 8, 2, false);
  sbnn_progress_step s = step(1, "frozen", 1, 0.3);
  sbnn_progress_epoch(p, &s);
  drain(terminal, text, sizeof text);
  cr_expect(
      strstr(text, "\r[##------------------]  12% 0/2 models 0:00 left | fold 1 frozen 1/2 R2 0.300\033[K"),
      "%s", text);
  cr_expect_null(strchr(text, '\n'), "no line end while nothing is finished");
  sbnn_progress_model_done(p, "sbnn", 1, "done well");
  sbnn_progress_free(p);
  drain(terminal, text, sizeof text);
  cr_expect(strstr(text, "1/2 sbnn fold 1: done well\r\n"), "%s", text);
  size_t n = strlen(text);
  cr_expect(n > 4 && strcmp(text + n - 4, "\r\033[K") == 0, "the line is taken off at the end");
  setenv("TERM", "dumb", 1);
  p = sbnn_progress_new(f, 8, 2, false);
  sbnn_progress_epoch(p, &s);
  sbnn_progress_free(p);
  cr_expect_eq(drain(terminal, text, sizeof text), 0, "no updating line on a dumb terminal");
  fclose(f);
  close(terminal);
}

enum { THREADS = 4, EPOCHS = 200 };

typedef struct worker {
  pthread_t thread;
  sbnn_progress *progress;
  int fold;
} worker;

static void *work(void *ctx) {
  worker *w = ctx;
  for (int i = 1; i <= EPOCHS; i++) {
    sbnn_progress_step s = step(w->fold, "unfrozen", i, 0.1);
    s.epochs = EPOCHS;
    sbnn_progress_epoch(w->progress, &s);
  }
  sbnn_progress_model_done(w->progress, "sbnn", w->fold, "whole line");
  return NULL;
}

Test(sbnn_outdir, progress_from_several_threads) {
  FILE *f = fopen(at("talk"), "w");
  sbnn_progress *p = sbnn_progress_new(f, THREADS * EPOCHS, THREADS, false);
  worker w[THREADS];
  for (int i = 0; i < THREADS; i++) {
    w[i] = (worker){.progress = p, .fold = i + 1};
    cr_assert_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(w[i].thread, NULL);
  sbnn_progress_free(p);
  fclose(f);
  char *text = text_of(at("talk"));
  const char *found = text;
  for (int i = 0; i < THREADS; i++) {
    cr_assert(found && (found = strstr(found, ": whole line\n")), "%s", text);
    found++;
  }
  cr_expect(strstr(text, "4/4 sbnn fold ") != NULL);
  free(text);
}
