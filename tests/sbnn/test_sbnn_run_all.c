/* test_sbnn_run_all.c - `sbnn run`: its steps are the commands, each in its folder; --resume passes over
 * those that are finished. */
#include "test_sbnn_run.h"

#include "interrupt.h"

#include <signal.h>

static void prepare(void) { make_tables(90); }
TestSuite(sbnn_run, .init = prepare, .fini = remove_tables);

#define TABLES  " --x @x.tsv --y @y.tsv --labels @labels.tsv"
#define OPTIONS TABLES " --folds 2 --lambdas 0.3,0.6 --restarts 2" QUICK

static const char *const folders[] = {"cv-paper", "cv-denoise",      "train-paper",      "train-denoise",
                                      "srrr",     "stability-paper", "stability-denoise"};
enum { N_FOLDERS = sizeof folders / sizeof *folders };

static const char *in_all(const char *folder, const char *file) {
  static char name[256];
  snprintf(name, sizeof name, "all/%s/%s", folder, file);
  return at(name);
}

static ino_t inode_of(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? s.st_ino : 0;
}

static bool is_there(const char *path) { return inode_of(path) != 0; }

/* One run, and each step by its command alone: the same tables. */
Test(sbnn_run, steps_are_the_commands) {
  runs("run --out @all" OPTIONS);
  runs("cv --out @cv" TABLES " --folds 2" QUICK_CV);
  runs("train --out @train --recipe denoise" TABLES QUICK);
  runs("srrr --out @linear --x @x.tsv --y @y.tsv --folds 2 --lambdas 0.3,0.6 --quiet");
  runs("stability --out @halves --recipe denoise --subsample --restarts 2" TABLES QUICK_CV);
  runs("stability --out @restarts --restarts 2" TABLES QUICK_CV);
  static const struct {
    const char *folder, *alone, *file;
  } same[] = {{"stability-denoise", "halves/stability_genes.tsv", "stability_genes.tsv"},
              {"stability-paper", "restarts/stability_genes.tsv", "stability_genes.tsv"},
              {"cv-paper", "cv/metrics.tsv", "metrics.tsv"},
              {"train-denoise", "train/latent.tsv", "latent.tsv"},
              {"train-denoise", "train/genes.tsv", "genes.tsv"},
              {"srrr", "linear/srrr.tsv", "srrr.tsv"}};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
    char *alone = text_of(at(same[i].alone));
    expect_text(in_all(same[i].folder, same[i].file), alone);
    free(alone);
  }
  char *page = text_of(at("all/report.html"));
  for (size_t i = 0; i < N_FOLDERS; i++) {
    char name[64];
    snprintf(name, sizeof name, "{\"name\":\"%s\"", folders[i]);
    cr_expect(strstr(page, name) != NULL, "%s", name);
  }
  free(page);
}

Test(sbnn_run, one_recipe) {
  runs("run --out @all --recipe denoise --select group-lasso" OPTIONS);
  cr_expect(is_there(in_all("cv-denoise", "metrics.tsv")) && is_there(in_all("srrr", "srrr.tsv")));
  runs("run --out @again --recipe denoise --data @all/data.safetensors --folds 2 --lambdas 0.3,0.6 "
       "--restarts 3" QUICK);
  char *halves = text_of(at("again/stability-denoise/stability_runs.tsv")); /* come in pairs */
  cr_expect(strstr(halves, "\n4\t") && !strstr(halves, "\n5\t"), "%s", halves);
  free(halves);
  cr_expect(!is_there(at("again/data.safetensors")) && is_there(at("again/report.html")));
  cr_expect(!is_there(at("all/cv-paper")) && !is_there(at("all/train-paper")));
  refuses("run --out @other --recipe paper --select forward" OPTIONS, SBNN_USAGE, "--select", "denoise");
  refuses("run --out @other --recipe denoise --both" OPTIONS, SBNN_USAGE, "--both", "paper");
}

/* What is left out, or taken off a name, is so once, not in prep and again in each step. */
Test(sbnn_run, chosen_genes_and_responses) {
#define CHOSEN " --gene-prefix Gene --drop-responses Response01"
  runs("run --out @all --recipe denoise" CHOSEN OPTIONS);
  runs("cv --out @cv --recipe denoise" CHOSEN TABLES " --folds 2" QUICK_CV);
  char *alone = text_of(at("cv/metrics.tsv"));
  expect_text(in_all("cv-denoise", "metrics.tsv"), alone);
  free(alone);
}

/* As if interrupted in the third step: what is finished stays, bit by bit and file by file; the rest is as in
 * a run that was left alone. */
Test(sbnn_run, resumes_after_the_finished_steps) {
  runs("run --out @all" OPTIONS);
  char *latent = text_of(in_all("train-paper", "latent.tsv")), command[256];
  ino_t kept = inode_of(in_all("cv-denoise", "metrics.tsv"));
  snprintf(command, sizeof command, "rm -r '%s/all/train-paper' '%s/all/srrr' '%s/all/report.html'", root,
           root, root);
  cr_assert_eq(system(command), 0);
  refuses("run --out @all" OPTIONS, SBNN_FAILED, "earlier run", "--resume");
  runs("run --out @all --resume" OPTIONS);
  cr_expect_eq(inode_of(in_all("cv-denoise", "metrics.tsv")), kept);
  expect_text(in_all("train-paper", "latent.tsv"), latent);
  cr_expect(is_there(at("all/report.html")) && is_there(in_all("srrr", "srrr.tsv")));
  ino_t linear = inode_of(in_all("srrr", "srrr.tsv"));
  runs("run --out @all --resume" OPTIONS);
  cr_expect_eq(inode_of(in_all("srrr", "srrr.tsv")), linear);
  char *counts = text_of(at("x.tsv"));
  put_file(at("x.tsv"), "id\tA\nCell1\t1\n");
  refuses("run --out @all --resume" OPTIONS, SBNN_BAD_INPUT, "", "");
  put_file(at("x.tsv"), counts);
  free(counts);
  refuses("run --out @all --resume --seed 5" OPTIONS, SBNN_FAILED, "cv-paper", "another run");
  runs("run --out @all --force" OPTIONS);
  cr_expect_neq(inode_of(in_all("cv-denoise", "metrics.tsv")), kept);
  free(latent);
}

Test(sbnn_run, interrupted) {
  sbnn_interrupt_setup();
  raise(SIGINT);
  refuses("run --out @all" OPTIONS, SBNN_INTERRUPTED, "interrupted in step 1 of", "--resume");
  cr_expect(!is_there(at("all")));
}

Test(sbnn_run, bad_input) {
  refuses("run --out @all --x @x.tsv --y @nowhere.tsv" QUICK, SBNN_BAD_INPUT, "nowhere.tsv", "");
  cr_expect(!is_there(at("all")));
  refuses("run --out @all --x @x.tsv", SBNN_USAGE, "--y FILE", "sbnn run");
  refuses("run --out @all --x @x.tsv --y @y.tsv --ranks 99 --recipe denoise" QUICK, SBNN_BAD_INPUT,
          "--ranks 99", "the rank cannot be higher");
}
