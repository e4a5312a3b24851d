/* test_sbnn_resume.c - runs that are killed and resumed give the bits of a run that was left alone. */
#include "test_sbnn_cli.h"

#include "hash.h"

#include <signal.h>
#include <time.h>

TestSuite(sbnn_resume, .init = make_tables, .fini = remove_root);

static const char *const files[] = {"metrics.tsv",
                                    "history.tsv",
                                    "genes.tsv",
                                    "predictions.tsv",
                                    "latent.tsv",
                                    "overlays.tsv",
                                    "model.safetensors",
                                    "model.json",
                                    "predictions-nopretrain.tsv",
                                    "stability.tsv",
                                    "stability_runs.tsv",
                                    "stability_genes.tsv",
                                    "stability_overlaps.tsv",
                                    "stability_maps.tsv"};

/* Of two directories; run.json tells the time and the place. */
static void expect_same_results(const char *a, const char *b) {
  int compared = 0;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char one[128], two[128];
    snprintf(one, sizeof one, "%s/%s", a, files[i]);
    snprintf(two, sizeof two, "%s/%s", b, files[i]);
    cr_expect_eq(there(at(one)), there(at(two)), "%s", files[i]);
    if (!there(at(one))) continue;
    cr_expect(cli_same(at(one), at(two)), "%s differs", files[i]);
    compared++;
  }
  cr_expect_geq(compared, 4, "cv of one model writes the first four");
}

static int parts(void) {
  if (!there(at("out/.incoming/resume"))) return 0;
  int n = 0;
  DIR *dir = opendir(at("out/.incoming/resume"));
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    size_t length = strlen(entry->d_name);
    n += length > 12 && strcmp(entry->d_name + length - 12, ".safetensors") == 0;
  }
  if (dir) closedir(dir);
  return n;
}

#define EPOCHS                                                                                               \
  " --epochs-pretrain 40 --epochs-frozen 40 --epochs-unfrozen 40 --epochs-finetune 40 --epochs-no-pretrain " \
  "60"
#define MORE_CV    "cv" TABLES FAST EPOCHS " --both --folds 5 --threads 2"
#define MORE_TRAIN "train" TABLES FAST EPOCHS " --epochs-autoencoder 60"

/* Until something is finished. */
static void wait_for_part(double longest) {
  for (double waited = 0; parts() == 0 && waited < longest; waited += 1e-3) usleep(1000);
}

/* Sanitizers make each run several times longer. */
#ifdef __SANITIZE_ADDRESS__
enum { SLOWER = 3 };
#else
enum { SLOWER = 1 };
#endif

/* Kills the run at moments spread over its length, and a quarter as often once more as soon as something is
 * finished, which may come late; resumes it until it ends, compares. */
static void kill_and_resume(const char *line, int moments) {
  moments = (moments + SLOWER - 1) / SLOWER;
  char whole[512], first[512], again[512];
  snprintf(whole, sizeof whole, "%s --out whole", line);
  snprintf(first, sizeof first, "%s --out out", line);
  snprintf(again, sizeof again, "%s --out out --resume", line);
  cli_result r = sbnn(whole);
  cr_assert_eq(r.code, 0, "%s", r.err);
  double length = r.seconds;
  int killed = 0, with_parts = 0;
  unsigned seed = (unsigned)time(NULL);
  for (int i = 0; i < moments + moments / 4; i++) {
    remove_all(at("out"));
    for (int attempt = 0;; attempt++) {
      seed = seed * 1103515245u + 12345u;
      double moment =
          length * (i % moments + (double)((seed >> 8) % 1000) / 1000) / moments / (attempt ? 2 : 1);
      cli_child c = cli_start(NABLA_SBNN_BIN, root, attempt ? again : first, NULL);
      if (i >= moments && attempt == 0) wait_for_part(3 * length);
      else usleep((unsigned)(1e6 * moment));
      kill(c.pid, SIGKILL);
      r = cli_wait(c);
      if (r.code == 0 || attempt == 2) break;
      cr_assert_eq(r.code, 1000 + SIGKILL, "%s", r.err);
      killed++;
      with_parts += parts() > 0;
    }
    if (r.code != 0) r = sbnn(again);
    cr_assert_eq(r.code, 0, "%d: %s", i, r.err);
    expect_same_results("whole", "out");
    cr_expect_not(there(at("out/.incoming")));
  }
  cr_expect_geq(killed, moments / 2);
  cr_expect_geq(with_parts, moments / 4);
}

Test(sbnn_resume, cross_validation_killed_at_any_moment, .timeout = 300) { kill_and_resume(MORE_CV, 20); }
Test(sbnn_resume, training_killed_at_any_moment, .timeout = 300) { kill_and_resume(MORE_TRAIN, 10); }

Test(sbnn_resume, restarts_killed_at_any_moment, .timeout = 300) {
  kill_and_resume("stability" TABLES FAST EPOCHS " --restarts 6 --threads 2", 6);
}

#define DENOISE " --recipe denoise --noise auto --batch 16"
Test(sbnn_resume, denoising_killed_at_any_moment, .timeout = 300) {
  kill_and_resume("train" TABLES FAST EPOCHS " --epochs-autoencoder 200 --select network" DENOISE, 8);
}
Test(sbnn_resume, denoising_folds_killed_at_any_moment, .timeout = 300) {
  kill_and_resume("cv" TABLES FAST EPOCHS " --folds 5 --threads 2" DENOISE, 8);
}

/* Interrupted once something is finished: it says how to go on, and that works. */
static void interrupt_and_resume(const char *line, const char *last, int number) {
  char first[512], again[512];
  snprintf(first, sizeof first, "%s --out out %s 1000000", line, last);
  snprintf(again, sizeof again, "%s --out out %s 1000000 --resume", line, last);
  cli_child c = cli_start(NABLA_SBNN_BIN, root, first, NULL);
  for (int i = 0; i < 2000 && parts() == 0; i++) usleep(5000);
  cr_assert_eq(kill(c.pid, number), 0);
  cli_result r = cli_wait(c);
  expect_words(first, &r, 130, "interrupted|what was finished is kept|--resume");
  int kept = parts();
  cr_expect_geq(kept, 1);
  refuse(first, 1, "unfinished run|--resume|--force");
  c = cli_start(NABLA_SBNN_BIN, root, again, NULL);
  usleep(700000);
  cr_assert_eq(kill(c.pid, number), 0);
  r = cli_wait(c);
  expect_words(again, &r, 130, "interrupted|--resume");
  cr_expect_geq(parts(), kept);
}

Test(sbnn_resume, interrupts) {
  interrupt_and_resume("train" TABLES FAST, "--epochs-autoencoder", SIGINT);
  remove_all(at("out"));
  interrupt_and_resume("cv" TABLES FAST " --both --folds 4 --threads 1", "--epochs-no-pretrain", SIGTERM);
}

/* Stops a training once its first phase is stored. */
static void leave_unfinished(void) {
  cli_child c =
      cli_start(NABLA_SBNN_BIN, root, "train" TABLES FAST " --out out --epochs-autoencoder 1000000", NULL);
  for (int i = 0; i < 2000 && parts() == 0; i++) usleep(5000);
  kill(c.pid, SIGKILL);
  cli_wait(c);
  cr_assert_geq(parts(), 1);
}

Test(sbnn_resume, other_options_are_refused) {
  leave_unfinished();
#define AGAIN "train" TABLES FAST " --out out --resume --epochs-autoencoder 1000000"
  refuse(AGAIN " --lasso 0.3", 1, "unfinished run|'lasso=0.1' then, 'lasso=0.3' now|--force");
  refuse("cv" TABLES FAST " --out out --resume", 1, "unfinished run|'command=train' then, 'command=cv' now");
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {{1, 1, "0.123"}}});
  refuse(AGAIN, 1, "unfinished run|contents of --y");
  run_well("train" TABLES FAST " --out out --force --epochs-autoencoder 3");
  cr_expect_not(there(at("out/.incoming")));
}

/* Whichever phase was the last to be finished is taken up without a word, and not computed again. */
Test(sbnn_resume, every_phase_is_taken_up) {
#define LONG_TRAIN "train" TABLES FAST " --epochs-autoencoder 3000" /* long enough to be killed in it */
  static const char *const phases[] = {"pretrain", "frozen", "unfrozen", "finetune"};
  enum { PHASES = sizeof phases / sizeof *phases };
  char path[PHASES][256];
  run_well(LONG_TRAIN " --out whole");
  for (int k = 0; k < PHASES; k++)
    snprintf(path[k], sizeof path[k], "%s/out/.incoming/resume/sbnn-all.%s.safetensors", root, phases[k]);
  for (int last = 0; last < PHASES; last++) {
    remove_all(at("out"));
    cli_child c = cli_start(NABLA_SBNN_BIN, root, LONG_TRAIN " --out out", NULL);
    for (int i = 0; i < 20000 && !there(path[PHASES - 1]); i++) usleep(500);
    kill(c.pid, SIGKILL);
    cli_wait(c);
    for (int k = 0; k < PHASES; k++) {
      cr_assert(there(path[k]), "%s is not there", phases[k]);
      if (k != last) cr_assert_eq(unlink(path[k]), 0);
    }
    cli_result r = sbnn(LONG_TRAIN " --out out --resume");
    cr_expect_eq(r.code, 0, "%s: %s", phases[last], r.err);
    cr_expect_str_empty(r.err, "%s: %s", phases[last], r.err);
    expect_same_results("whole", "out");
  }
}

Test(sbnn_resume, damaged_parts_are_done_again) {
  run_well("train" TABLES FAST " --out whole --epochs-autoencoder 3");
  for (int how = 0; how < 3; how++) {
    remove_all(at("out"));
    cli_child c =
        cli_start(NABLA_SBNN_BIN, root, "train" TABLES FAST " --out out --epochs-autoencoder 3", NULL);
    for (int i = 0; i < 20000 && !there(at("out/.incoming/resume/sbnn-all.pretrain.safetensors")) &&
                    !there(at("out/run.json"));
         i++)
      usleep(500);
    kill(c.pid, SIGKILL);
    cli_wait(c);
    if (!there(at("out/.incoming/resume/sbnn-all.pretrain.safetensors"))) continue; /* too fast for us */
    if (how == 0) put_file(at("out/.incoming/resume/sbnn-all.pretrain.safetensors"), "nonsense");
    if (how == 1) cr_assert_eq(truncate(at("out/.incoming/resume/sbnn-all.pretrain.safetensors"), 1000), 0);
    if (how == 2) put_file(at("out/.incoming/resume/sbnn-all.frozen.safetensors"), "");
    run_well("train" TABLES FAST " --out out --resume --epochs-autoencoder 3");
    expect_same_results("whole", "out");
  }
}

/* One fold's part under the name of another would give the scores of the wrong cells. */
Test(sbnn_resume, a_part_copied_over_another_is_refused, .timeout = 120) {
#define FOLDS "cv" TABLES FAST EPOCHS " --folds 4 --threads 1 --out "
  run_well(FOLDS "whole");
  cli_child c = cli_start(NABLA_SBNN_BIN, root, FOLDS "out", NULL);
  wait_for_part(60);
  kill(c.pid, SIGKILL);
  cli_wait(c);
  char *first = sbnn_strdup(at("out/.incoming/resume/sbnn-fold-1.safetensors"));
  cr_assert(there(first));
  for (int fold = 2; fold <= 4; fold++) {
    char copy[96];
    snprintf(copy, sizeof copy, "out/.incoming/resume/sbnn-fold-%d.safetensors", fold);
    unlink(at(copy));
    cr_assert_eq(link(first, at(copy)), 0);
  }
  free(first);
  cli_result r = sbnn(FOLDS "out --resume");
  cr_expect_eq(r.code, 0, "%s", r.err);
  cr_expect(strstr(r.err, "sbnn-fold-4.safetensors belongs to another task: 'sbnn-fold-1'"), "%s", r.err);
  expect_same_results("whole", "out");
}

Test(sbnn_resume, complete_results) {
  const char *line = "train" TABLES FAST " --out out --epochs-autoencoder 3";
  char again[512], other[512];
  snprintf(again, sizeof again, "%s --resume", line);
  snprintf(other, sizeof other, "%s --resume --lasso 0.2", line);
  run_well(again); /* nothing there: from the beginning */
  char *before = cli_snapshot(root);
  run_well(again);
  char *after = cli_snapshot(root);
  cr_expect_str_eq(before, after);
  refuse(other, 1, "complete results of another run|--force");
  refuse(line, 1, "not empty|--force");
  free(before);
  free(after);
}
