/* test_sbnn_outdir_states.c - the output directory of runs that were stopped: what is gone on with, what
 * begins anew, what is said; and commits that cannot end. */
#include "test_sbnn_results.h"

#include <fcntl.h>
#include <sys/wait.h>

TestSuite(sbnn_outdir_states, .init = make_root, .fini = remove_root);

static int flushed;

/* In place of libc's: how often it is asked. */
int fsync(int fd) {
  flushed++;
  return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

static void put_in(const char *folder, const char *name, const char *text) {
  char *path = sbnn_path_in(folder, name);
  put_file(path, text);
  free(path);
}

static void stage(const sbnn_outdir *o, const char *name, const char *text) {
  char *path = sbnn_outdir_file(o, name);
  put_file(path, text);
  free(path);
}

/* What a run leaves that was stopped: its key, so many parts, files that were begun. */
static void stopped_run(const char *path, bool key, int parts) {
  char name[32];
  sbnn_outdir *o = opened(path, false);
  if (key) put_in(sbnn_outdir_parts(o), "key", "the run's key");
  for (int i = 0; i < parts; i++) {
    snprintf(name, sizeof name, "model-%d.safetensors", i);
    put_in(sbnn_outdir_parts(o), name, "a model");
  }
  put_in(sbnn_outdir_parts(o), ".safetensors", "no name before the ending");
  put_in(sbnn_outdir_parts(o), ".begun", "half");
  stage(o, "metrics.tsv", "half");
  stage(o, "figures/overlays.png", "half");
  sbnn_outdir_suspend(o);
  sbnn_outdir_suspend(NULL);
}

static sbnn_outdir *resumed(const char *path, bool force) {
  sbnn_error e = {0};
  sbnn_outdir *o = sbnn_outdir_resume(path, force, &e);
  cr_assert(o != NULL, "%s", e.text);
  return o;
}

static void expect_refused(const char *path, bool resume, const char *part, const char *other) {
  sbnn_error e = {0};
  sbnn_outdir *o = resume ? sbnn_outdir_resume(path, false, &e) : sbnn_outdir_open(path, false, &e);
  cr_assert_null(o);
  expect_sentence(&e, part, other);
}

/* ---- unfinished runs ---- */

Test(sbnn_outdir_states, an_unfinished_run_goes_on) {
  stopped_run(at("out"), true, 2);
  expect_refused(at("out"), false, "holds an unfinished run", "--resume");
  put_file(at("out/notes.txt"), "mine");
  sbnn_outdir *o = resumed(at("out"), false);
  cr_expect_not(sbnn_outdir_complete(o));
  cr_expect_eq(sbnn_outdir_count_parts(o), 2);
  cr_expect_eq(entries(sbnn_outdir_staging(o)), 2, "figures and resume: what was half written is gone");
  cr_expect_eq(entries(sbnn_outdir_figures(o)), 0);
  cr_assert_eq(mkdir(at("out/.incoming/resume/.folder"), 0777), 0);
  sbnn_outdir_sweep_parts(o);
  cr_expect_eq(entries(sbnn_outdir_parts(o)), 4, "the key, two models, a folder that is none of ours");
  cr_assert_eq(rmdir(at("out/.incoming/resume/.folder")), 0);
  sbnn_outdir_abort(o);
  cr_expect(there(at("out/.incoming/resume/model-1.safetensors")), "what failed may go on again");
  o = resumed(at("out"), false);
  cr_expect_eq(sbnn_outdir_count_parts(o), 2);
  stage(o, "metrics.tsv", "new\n");
  commit(o);
  expect_text(at("out/metrics.tsv"), "new\n");
  cr_expect_eq(entries(at("out")), 2, "the notes and the table");
}

Test(sbnn_outdir_states, what_is_no_unfinished_run_begins_anew) {
  static const struct {
    bool key, resume, force;
    int parts, left;
  } cases[] = {{true, false, false, 0, 0}, /* nothing is lost with a key alone */
               {true, true, false, 0, 0},  {false, false, false, 2, 0}, {false, true, false, 2, 0},
               {true, false, true, 2, 0},  {true, true, true, 2, 2}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    stopped_run(at("out"), cases[i].key, cases[i].parts);
    sbnn_outdir *o = cases[i].resume ? resumed(at("out"), cases[i].force) : opened(at("out"), cases[i].force);
    cr_expect_eq(sbnn_outdir_count_parts(o), cases[i].left, "case %zu", i);
    cr_expect_not(sbnn_outdir_complete(o));
    cr_expect(there(sbnn_outdir_parts(o)) && there(sbnn_outdir_figures(o)));
    put_in(sbnn_outdir_parts(o), "key", "a new one");
    stage(o, "figures/overlays.png", "new");
    commit(o);
    expect_text(at("out/figures/overlays.png"), "new");
    cr_expect_eq(entries(at("out")), 1);
    remove_all(at("out"));
  }
}

Test(sbnn_outdir_states, complete_results_are_not_gone_on_with) {
  static const char *const sign[] = {"metrics.tsv", "run.json"};
  for (int i = 0; i < 2; i++) {
    sbnn_outdir *o = opened(at("out"), false);
    stage(o, sign[i], "whole");
    commit(o);
    o = resumed(at("out"), i == 1);
    cr_expect(sbnn_outdir_complete(o), "%s", sign[i]);
    cr_expect_eq(entries(at("out")), 1, "nothing is staged");
    sbnn_outdir_abort(o);
    cr_expect_eq(entries(at("out")), 1);
    remove_all(at("out"));
  }
  cr_assert_eq(mkdir(at("home"), 0777), 0);
  put_file(at("home/notes.txt"), "mine");
  expect_refused(at("home"), true, "not empty", "--force");
  cr_expect_eq(entries(at("home")), 1);
}

Test(sbnn_outdir_states, figures_can_be_dropped) {
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "figures/overlays.png", "half");
  stage(o, "figures/overlays.svg", "half");
  stage(o, "metrics.tsv", "whole");
  sbnn_outdir_drop_figures(o);
  cr_expect_eq(entries(sbnn_outdir_figures(o)), 0);
  commit(o);
  cr_expect_eq(entries(at("out")), 1, "metrics.tsv, no empty folder");
}

/* ---- commits ---- */

Test(sbnn_outdir_states, half_moved) {
  static const char *const state[] = {"out/.complete", "out/.moving"};
  cr_assert_eq(mkdir(at("out"), 0777), 0);
  cr_expect_not(sbnn_outdir_half_moved(at("out")));
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(mkdir(at(state[i]), 0777), 0);
    cr_expect(sbnn_outdir_half_moved(at("out")));
    cr_assert_eq(rmdir(at(state[i])), 0);
  }
}

/* The decision, the old files' end and the new ones' arrival last through a lost power, in this order. */
Test(sbnn_outdir_states, each_step_of_a_commit_is_flushed) {
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "new");
  flushed = 0;
  commit(o);
  cr_expect_eq(flushed, 3, "%d", flushed);
}

Test(sbnn_outdir_states, strangers_in_the_staging_folder_are_kept) {
  sbnn_error e = {0};
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "new");
  put_in(sbnn_outdir_staging(o), "stranger.txt", "whose?");
  cr_expect_eq(sbnn_outdir_commit(o, &e), SBNN_FAILED);
  expect_sentence(&e, ".moving holds files that sbnn did not write", "move them away");
  expect_text(at("out/metrics.tsv"), "new");
  expect_text(at("out/.moving/stranger.txt"), "whose?");
}

Test(sbnn_outdir_states, parts_that_stay_stop_the_commit_before_it_moves_anything) {
  sbnn_error e = {0};
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "new");
  cr_assert_eq(mkdir(at("out/.incoming/resume/folder"), 0777), 0);
  cr_expect_eq(sbnn_outdir_commit(o, &e), SBNN_FAILED);
  expect_sentence(&e, "resume cannot be removed", "complete in");
  cr_expect_eq(access(at("out/metrics.tsv"), F_OK), -1);
  cr_assert_eq(rmdir(at("out/.moving/resume/folder")), 0);
  sbnn_outdir_abort(opened(at("out"), true)); /* goes on */
  expect_text(at("out/metrics.tsv"), "new");
}

Test(sbnn_outdir_states, descriptor_0_is_one_like_others) {
  close(0);
  sbnn_outdir *o = opened(at("out"), false);
  cr_expect_eq(fcntl(0, F_GETFD), FD_CLOEXEC);
  stage(o, "metrics.tsv", "new");
  commit(o);
  sbnn_outdir_abort(opened(at("out"), true)); /* not "another run is writing" */
  cr_expect_eq(fcntl(0, F_GETFD), -1);
}

Test(sbnn_outdir_states, the_root_is_named) {
  expect_refused("/", false, "the output directory / is not empty", "--out");
  expect_refused("//", false, "the output directory / is not empty", "--out");
}

/* ---- as somebody with few rights ---- */

static void become_nobody(void) {
  if (geteuid() == 0 && seteuid(65534) != 0) _exit(9);
}

/* Runs `body` in a child without root's rights; its exit code. */
static int as_nobody(int (*body)(void)) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    become_nobody();
    _exit(body());
  }
  cr_assert_eq(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int says(const sbnn_error *e, const char *part, const char *other) {
  if (strstr(e->text, part) && strstr(e->text, other)) return 7;
  fprintf(stderr, "%s\n", e->text);
  return 8;
}

static void give_away(const char *path) {
  if (geteuid() == 0) cr_assert_eq(chown(path, 65534, 65534), 0);
}

static int open_unreadable(void) {
  sbnn_error e = {0};
  return sbnn_outdir_open(at("out"), true, &e) ? 1 : says(&e, "out cannot be opened", "Permission denied");
}

Test(sbnn_outdir_states, a_folder_that_cannot_be_read) {
  give_away(root);
  cr_assert_eq(mkdir(at("out"), 0777) | chmod(at("out"), 0333), 0);
  give_away(at("out"));
  cr_expect_eq(as_nobody(open_unreadable), 7);
}

/* Hours after it was opened. */
static int commit_late(void) {
  sbnn_error e = {0};
  sbnn_outdir *o = sbnn_outdir_open(at("out"), true, &e);
  if (!o) return 1;
  stage(o, "metrics.tsv", "new");
  if (chmod(at("out/figures"), 0555) != 0) return 2;
  if (sbnn_outdir_commit(o, &e) == SBNN_OK) return 3;
  return says(&e, "figures cannot be written to", "change its permissions");
}

Test(sbnn_outdir_states, figures_that_were_closed_meanwhile) {
  sbnn_outdir *o = opened(at("out"), false);
  stage(o, "metrics.tsv", "old");
  stage(o, "figures/overlays.png", "old");
  commit(o);
  give_away(root), give_away(at("out")), give_away(at("out/figures"));
  cr_expect_eq(as_nobody(commit_late), 7);
  expect_text(at("out/metrics.tsv"), "old");
  cr_assert_eq(chmod(at("out/figures"), 0755), 0);
}

/* Where only owners may remove: old files are somebody else's. */
static int commit_new(void) {
  sbnn_error e = {0};
  sbnn_outdir *o = sbnn_outdir_open(at("out"), true, &e);
  if (!o) return 1;
  stage(o, "metrics.tsv", "new");
  if (sbnn_outdir_commit(o, &e) == SBNN_OK) return 2;
  return strstr(e.text, "genes.tsv") ? says(&e, "genes.tsv of an earlier run cannot be removed", ".complete")
                                     : says(&e, "metrics.tsv cannot be put in place", ".moving/metrics.tsv");
}

Test(sbnn_outdir_states, old_files_of_somebody_else) {
  static const char *const old[] = {"out/genes.tsv", "out/metrics.tsv"};
  if (geteuid() != 0) cr_skip_test("only root can give files away");
  for (int i = 0; i < 2; i++) {
    give_away(root);
    cr_assert_eq(mkdir(at("out"), 0777) | chmod(at("out"), 01777), 0);
    put_file(at(old[i]), "old");
    cr_expect_eq(as_nobody(commit_new), 7);
    expect_text(at(old[i]), "old");
    expect_text(at(i ? "out/.moving/metrics.tsv" : "out/.complete/metrics.tsv"), "new");
    commit(opened(at("out"), true)); /* by somebody who may: it ends first, then all of it is replaced */
    cr_expect_eq(entries(at("out")), 0);
    remove_all(at("out"));
  }
}
