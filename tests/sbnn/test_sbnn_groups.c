/* test_sbnn_groups.c - --groups: no fold, half or part that is held back divides a group of cells. */
#include "test_sbnn_cli.h"

#include "output/reader.h"

TestSuite(sbnn_groups, .init = make_tables, .fini = remove_root, .timeout = 300);

enum { CELLS = 60, GROUPS = 7 };

static int group_of(const char *cell) { return atoi(cell + 1) * atoi(cell + 1) % GROUPS; }

static void write_groups(const char *path, int cells) {
  FILE *f = fopen(path, "w");
  fprintf(f, "cell,donor\n");
  for (int i = 0; i < cells; i++) {
    char cell[16];
    snprintf(cell, sizeof cell, "c%d", i);
    fprintf(f, "%s,donor %d\n", cell, group_of(cell));
  }
  fclose(f);
}

static sbnn_tsv table_at(const char *path) {
  sbnn_tsv t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsv_read(path, &t, &e), SBNN_OK, "%s", e.text);
  return t;
}

/* Squares modulo 7: four groups. */
Test(sbnn_groups, folds) {
  int fold[GROUPS] = {0}, folds[5] = {0};
  write_groups(at("donors.csv"), CELLS);
  run_well(CV " --groups donors.csv --folds 4 --lasso auto --prune-at best");
  sbnn_tsv t = table_at(at("out/predictions.tsv"));
  cr_assert_eq(t.n_rows, CELLS);
  for (size_t i = 0; i < t.n_rows; i++) {
    const int g = group_of(sbnn_tsv_text(&t, i, 0)), k = atoi(sbnn_tsv_text(&t, i, 1));
    cr_expect(fold[g] == 0 || fold[g] == k, "donor %d in folds %d and %d", g, fold[g], k);
    fold[g] = k;
    folds[k]++;
  }
  for (int k = 1; k <= 4; k++) cr_expect_gt(folds[k], 0);
  sbnn_tsv_free(&t);
  char *json = text_of(at("out/run.json"));
  cr_expect(strstr(json, "\"column\": \"donor\"") && strstr(json, "\"groups\": 4"), "%s", json);
  free(json);
  cli_result r = sbnn("cv" TABLES " --out talk --groups donors.csv --folds 2" TALK);
  cr_expect_eq(r.code, 0, "%s", r.err);
  cr_expect(strstr(r.err, "4 groups by 'donor'") &&
                strstr(r.err, "Each group of 'donor' (4) is either in training or in test"),
            "%s", r.err);
}

/* The two halves of a pair have no group in common: their numbers of cells are sums of whole groups. */
Test(sbnn_groups, halves_and_the_other_commands) {
  size_t size[GROUPS] = {0};
  bool is_sum[CELLS + 1] = {false};
  write_groups(at("donors.csv"), CELLS);
  for (int i = 0; i < CELLS; i++) size[i * i % GROUPS]++;
  for (int set = 0; set < 1 << GROUPS; set++) {
    size_t sum = 0;
    for (int g = 0; g < GROUPS; g++) sum += set >> g & 1 ? size[g] : 0;
    is_sum[sum] = true;
  }
  run_well("stability" TABLES " --groups donors.csv --restarts 4 --subsample --out halves" FAST
           " --clusters 2");
  sbnn_tsv t = table_at(at("halves/stability_runs.tsv"));
  size_t train;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsv_column(&t, "n_train", &train, &e), SBNN_OK);
  for (size_t i = 0; i < t.n_rows; i += 2) {
    const size_t a = (size_t)atoi(sbnn_tsv_text(&t, i, train)),
                 b = (size_t)atoi(sbnn_tsv_text(&t, i + 1, train));
    cr_expect(a + b == CELLS && is_sum[a], "%zu %zu", a, b);
  }
  sbnn_tsv_free(&t);
  run_well(TRAIN " --groups donors.csv");
  run_well("path" TABLES " --groups donors.csv --folds 3 --lambdas 0.1 --bottleneck 2 --out path" FAST);
  run_well("srrr" TABLES " --groups donors.csv --folds 3 --out srrr --quiet");
}

Test(sbnn_groups, refusals) {
  write_groups(at("donors.csv"), CELLS);
  write_groups(at("some.csv"), CELLS - 2);
  put_file(at("one.csv"), "cell,donor\n");
  FILE *f = fopen(at("one.csv"), "a");
  for (int i = 0; i < CELLS; i++) fprintf(f, "c%d,all\n", i);
  fclose(f);
  put_file(at("order.txt"), "0\n");
  refuse(CV " --groups some.csv", 3, "some.csv: 2 of 60 cells have no group|'donor'|'c58'");
  refuse(CV " --groups donors.csv --folds 5", 3, "4 groups cannot make 5 folds|--folds");
  refuse(CV " --groups nowhere.csv", 3, "nowhere.csv");
  refuse(CV " --groups donors.csv --folds 3 --fold-permutation order.txt", 2, "--fold-permutation|--groups");
  refuse(TRAIN " --groups one.csv", 3, "--groups: the|in one group|--no-pretrain");
}
