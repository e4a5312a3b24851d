/* test_sbnn_prep.c - data files: the same results as from the tables, and damaged ones are answered by one
 * sentence. */
#include "test_sbnn_cli.h"

#include "data/data_file.h"
#include "nn/nn.h"

#if NABLA_JANSSON

static void prepare(void) {
  make_tables();
  cli_write_labels(at("l.tsv"), 60);
}

TestSuite(sbnn_prep, .init = prepare, .fini = remove_root);

#define PREP "prep" TABLES " --labels l.tsv --out data --quiet"

/* ---- the same results ---- */

static void expect_same(const char *line, const char *const *files) {
  char text[1024];
  snprintf(text, sizeof text, "%s" TABLES " --out tables", line);
  run_well(text);
  snprintf(text, sizeof text, "%s --data data --out prepared", line);
  run_well(text);
  for (; *files; files++) {
    char a[128], b[128];
    snprintf(a, sizeof a, "tables/%s", *files);
    snprintf(b, sizeof b, "prepared/%s", *files);
    cr_expect(cli_same(at(a), at(b)), "%s: %s differs", line, *files);
  }
  remove_all(at("tables"));
  remove_all(at("prepared"));
}

static const char *const cv_files[] = {"metrics.tsv", "history.tsv", "genes.tsv", "predictions.tsv", NULL};

Test(sbnn_prep, same_cross_validation) {
  run_well(PREP);
  expect_same("cv" FAST " --folds 3", cv_files);
  expect_same("cv" FAST " --folds 4 --protocol paper --variable-genes 30", cv_files);
  expect_same("cv" FAST " --folds 3 --y-transform zscore --seed 3", cv_files);
}

Test(sbnn_prep, same_training) {
  static const char *const files[] = {"metrics.tsv",     "history.tsv",       "genes.tsv",
                                      "predictions.tsv", "latent.tsv",        "overlays.tsv",
                                      "model.json",      "model.safetensors", NULL};
  run_well("prep" TABLES " --out data --quiet");
  expect_same("train" FAST " --epochs-autoencoder 3", files);
}

/* The labels of the file, and others in place of them. */
Test(sbnn_prep, labels) {
  run_well(PREP);
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --labels l.tsv --out tables");
  run_well("train" FAST " --epochs-autoencoder 3 --data data --out prepared");
  cr_expect(cli_same(at("tables/labels.tsv"), at("prepared/labels.tsv")));
  put_file(at("other.tsv"), "cell\tkind\nc0\tA\nc1\tB\n");
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --labels other.tsv --out tables --force");
  run_well("train" FAST " --epochs-autoencoder 3 --data data --labels other.tsv --out prepared --force");
  cr_expect(cli_same(at("tables/labels.tsv"), at("prepared/labels.tsv")));
}

Test(sbnn_prep, same_regression) {
  static const char *const files[] = {"srrr.tsv", "srrr_folds.tsv", "srrr_genes.tsv", NULL};
  run_well(PREP);
  expect_same("srrr --folds 3 --lambdas 0.2,0.5 --variable-genes 0", files);
}

/* What is missing stays missing in the file; who reads it decides. */
Test(sbnn_prep, missing_responses) {
  cli_write(at("y.csv"), &(cli_table){.responses = true, .edits = {{3, 2, "NA"}, {7, 2, ""}}});
  cli_result r = sbnn("prep" TABLES " --labels l.tsv --out data");
  cr_expect(r.code == 0 && strstr(r.err, "2 values are missing in 2 of 60 cells, of the responses 'r1' (2)"),
            "%s", r.err);
  refuse("cv" FAST " --data data --out out", 3,
         "data|'r1'|'c2'|one of 2 missing values|--missing drop-responses");
  expect_same("cv" FAST " --folds 3 --missing drop-cells", cv_files);
  expect_same("cv" FAST " --folds 3 --missing drop-responses", cv_files);
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --missing drop-cells --labels l.tsv --out tables");
  run_well("train" FAST " --epochs-autoencoder 3 --missing drop-cells --data data --out prepared");
  cr_expect(cli_same(at("tables/labels.tsv"), at("prepared/labels.tsv")));
  cr_expect(cli_same(at("tables/latent.tsv"), at("prepared/latent.tsv")));
}

/* ---- what is refused ---- */

Test(sbnn_prep, options) {
  run_well(PREP);
  refuse("cv --data data --x x.csv --out out", 2, "--data|--x|exclude each other");
  refuse("train --data data --y y.csv --out out", 2, "--data|--y|exclude each other");
  refuse("srrr --data data --x-genes-in rows --out out", 2, "--data|--x-genes-in|exclude each other");
  refuse("prep --x x.csv --out d", 2, "--y FILE");
  refuse(PREP, 1, "data exists|--force");
  refuse("prep" TABLES " --out nowhere/data", 1, "nowhere/data could not be written|No such file");
  run_well(PREP " --force");
}

#endif
