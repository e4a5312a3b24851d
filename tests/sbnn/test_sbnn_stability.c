/* test_sbnn_stability.c - alignment of maps, selection frequencies and overlaps; `sbnn stability` from tables
 * to tables. */
#include "data/random.h"
#include "linear/procrustes.h"
#include "results/stability_results.h"
#include "test_sbnn_program.h"

#include <stdlib.h>
#include <string.h>

static bool near(double a, double b, double tolerance) { return fabs(a - b) <= tolerance; }

/* ---- Procrustes ---- */

static double *normal(size_t n, uint32_t replica) {
  double *v = malloc(n * sizeof *v);
  for (size_t i = 0; i < n; i++) v[i] = sbnn_random_normal((sbnn_stream){1, SBNN_STREAM_TSNE, replica}, i);
  return v;
}

/* Turned by `angle`, mirrored or not, 3 times as large, and moved. */
static double *moved(const double *b, size_t n, double angle, bool mirror) {
  double *a = malloc(2 * n * sizeof *a), c = cos(angle), s = sin(angle);
  for (size_t i = 0; i < n; i++) {
    double x = mirror ? -b[2 * i] : b[2 * i], y = b[2 * i + 1];
    a[2 * i] = 3 * (c * x - s * y) + 7;
    a[2 * i + 1] = 3 * (s * x + c * y) - 2;
  }
  return a;
}

Test(sbnn_procrustes, brings_back_what_was_moved) {
  enum { N = 40 };
  double *b = normal(2 * N, 0);
  for (int k = 0; k < 8; k++) {
    double *a = moved(b, N, 0.7 * k, k % 2);
    cr_expect(near(sbnn_procrustes(N, 2, a, b), 0, 1e-14));
    for (int i = 0; i < 2 * N; i++) cr_expect(near(a[i], b[i], 1e-12));
    free(a);
  }
  free(b);
}

static double distance(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/* What is left is the part it says, no small motion makes it less, and it is the same the other way round. */
Test(sbnn_procrustes, leaves_the_least) {
  enum { N = 50 };
  double *a = normal(2 * N, 1), *b = normal(2 * N, 2), *other = normal(2 * N, 2), *start = normal(2 * N, 1);
  double centre[2] = {0}, squares = 0;
  for (int i = 0; i < 2 * N; i++) a[i] += b[i], start[i] = a[i];
  for (int i = 0; i < 2 * N; i++) centre[i % 2] += b[i] / N;
  for (int i = 0; i < 2 * N; i++) squares += (b[i] - centre[i % 2]) * (b[i] - centre[i % 2]);
  double left = sbnn_procrustes(N, 2, a, b), least = distance(a, b, 2 * N);
  cr_expect(left > 0.2 && left < 0.8);
  cr_expect(near(least / squares, left, 1e-13));
  for (int k = 0; k < 4; k++) {
    double turn = k == 0 ? 1e-3 : k == 1 ? -1e-3 : 0, scale = k == 2 ? 1.001 : k == 3 ? 0.999 : 1;
    double *c = malloc(2 * N * sizeof *c);
    for (int i = 0; i < N; i++) {
      double x = a[2 * i] - centre[0], y = a[2 * i + 1] - centre[1];
      c[2 * i] = centre[0] + scale * (cos(turn) * x - sin(turn) * y);
      c[2 * i + 1] = centre[1] + scale * (sin(turn) * x + cos(turn) * y);
    }
    cr_expect_gt(distance(c, b, 2 * N), least);
    free(c);
  }
  cr_expect(near(sbnn_procrustes(N, 2, other, start), left, 1e-13));
  free(a);
  free(b);
  free(other);
  free(start);
}

Test(sbnn_procrustes, of_points_on_a_line_and_in_one_place) {
  double line[] = {0, 0, 1, 2, 2, 4, 3, 6}, place[8] = {5, 5, 5, 5, 5, 5, 5, 5};
  double b[] = {0, 0, 1, 0, 2, 0, 3, 0};
  cr_expect(near(sbnn_procrustes(4, 2, line, b), 0, 1e-14));
  for (int i = 0; i < 8; i++) cr_expect(near(line[i], b[i], 1e-13));
  cr_expect_eq(sbnn_procrustes(4, 2, place, b), 1);
  cr_expect(near(place[0], 1.5, 1e-14) && near(place[7], 0, 1e-14));
}

/* ---- frequencies ---- */

Test(sbnn_stability, wilson_intervals) { /* scipy: binomtest(k, n).proportion_ci(method="wilson") */
  double low, high;
  sbnn_wilson(5, 10, &low, &high);
  cr_expect(near(low, 0.2365931, 1e-7) && near(high, 0.7634069, 1e-7), "%.7f %.7f", low, high);
  sbnn_wilson(10, 10, &low, &high);
  cr_expect(near(low, 0.7224672, 1e-7) && high == 1, "%.7f %.7f", low, high);
  sbnn_wilson(0, 10, &low, &high);
  cr_expect(low == 0 && near(high, 0.2775328, 1e-7), "%.7f %.7f", low, high);
  sbnn_wilson(3, 40, &low, &high);
  cr_expect(near(low, 0.0258360, 1e-7) && near(high, 0.1986423, 1e-7), "%.7f %.7f", low, high);
}

/* Four runs of two genes of six: 0 in all, 1 twice, 2 and 5 once. */
Test(sbnn_stability, counts_genes_and_pairs) {
  size_t genes[4][2] = {{0, 1}, {2, 0}, {0, 1}, {5, 0}};
  double norms[2] = {2, 1};
  sbnn_experiment runs[4] = {0};
  sbnn_dataset d = {.n_genes = 6};
  for (int r = 0; r < 4; r++)
    runs[r] = (sbnn_experiment){.model = "sbnn", .n_genes = 2, .genes = genes[r], .norms = norms};
  sbnn_stability_results s = {.data = &d, .halves = true, .n = 4, .candidates = 6, .runs = runs};
  sbnn_stability_make(&s);
  cr_assert_eq(s.n_genes, 4);
  static const size_t order[] = {0, 1, 5, 2}, times[] = {4, 2, 1, 1};
  static const double rank[] = {1.5, 2, 1, 1};
  for (int i = 0; i < 4; i++) {
    size_t k = i < 2 ? (size_t)i : (size_t)(5 - i); /* 2 and 5 tie in runs and rank: by column */
    cr_expect_eq(s.genes[i].gene, order[k]);
    cr_expect_eq(s.genes[i].runs, times[k]);
    cr_expect_eq(s.genes[i].rank, rank[k]);
  }
  cr_expect_eq(s.overlap[0 * 4 + 2], 2);
  cr_expect_eq(s.overlap[3 * 4 + 1], 1);
  cr_expect_eq(s.overlap[1 * 4 + 1], 2);
  cr_expect(near(s.all.mean, 7.0 / 6, 1e-14) && s.all.n == 6);
  cr_expect(near(s.disjoint.mean, 1, 1e-14) && s.disjoint.n == 2);
  /* variances 4/3 f (1 - f): 0, 1/3, 1/4, 1/4; kept 2 of 6 */
  cr_expect(near(s.index, 1 - (1.0 / 3 + 0.5) / 6 / (1.0 / 3 * 2 / 3), 1e-14), "%g", s.index);
  cr_expect(s.maps == NULL);
  sbnn_stability_free(&s);
}

/* ---- the program ---- */

TestSuite(sbnn_stability_program, .init = make_root, .fini = remove_root);

#define QUICK                                                                                                \
  " --genes 4 --hidden 8,4 --clusters 3 --cluster-min 2 --kmeans-restarts 3 --epochs-pretrain 3"             \
  " --epochs-frozen 3 --epochs-unfrozen 3 --epochs-finetune 3 --restarts 4"
#define DENOISE " --recipe denoise --genes 4 --epochs-finetune 5 --restarts 4"

static int stability(const char *options, char *output, size_t room) {
  return run_program("stability", options, output, room);
}

static double summary(const char *quantity) {
  static char line[64][512];
  size_t n = read_lines("out/stability_summary.tsv", line, 64), length = strlen(quantity);
  for (size_t i = 1; i < n; i++)
    if (strncmp(line[i], quantity, length) == 0 && line[i][length] == '\t')
      return strncmp(line[i] + length + 1, "NA", 2) == 0 ? NAN : atof(line[i] + length + 1);
  cr_assert_fail("no %s", quantity);
  return NAN;
}

Test(sbnn_stability_program, leaves_its_tables) {
  char output[8192];
  static char line[256][512];
  write_tables();
  cr_assert_eq(stability(QUICK, output, sizeof output), 0, "%s", output);
  cr_expect_geq(read_lines("out/stability.tsv", line, 256), 5);
  cr_expect_str_eq(line[0], "gene\truns\tfrequency\tlow\thigh\trank_mean\n");
  cr_assert_eq(read_lines("out/stability_runs.tsv", line, 256), 5);
  cr_expect_str_eq(line[0],
                   "run\tseed\tn_train\tn_test\tr2_train\tr2_test\tmap_label_accuracy\tmap_difference\n");
  cr_expect_eq(strncmp(line[4], "4\t3\t60\t0\t", 9), 0, "%s", line[4]);
  cr_assert_eq(read_lines("out/stability_genes.tsv", line, 256), 1 + 4 * 4);
  cr_expect_str_eq(line[0], "run\trank\tgene\tnorm\n");
  cr_assert_eq(read_lines("out/stability_overlaps.tsv", line, 256), 5);
  cr_expect_str_eq(line[0], "run\trun_1\trun_2\trun_3\trun_4\n");
  cr_expect_eq(strncmp(line[1], "1\t4\t", 4), 0, "%s", line[1]);
  cr_assert_eq(read_lines("out/stability_maps.tsv", line, 256), 61);
  cr_expect_eq(strncmp(line[0], "cell\trun1_1\trun1_2\trun2_1\t", 26), 0, "%s", line[0]);
  cr_expect_eq(summary("runs"), 4);
  cr_expect(isnan(summary("overlap_disjoint_mean")) && isnan(summary("r2_test_mean")));
}

/* Run 3 of --seed 5 is `train --seed 7`: its genes, to the last digit of their norms. */
Test(sbnn_stability_program, a_run_is_train_with_its_seed) {
  char output[8192];
  static char all[64][512], one[64][512];
  write_tables();
  cr_assert_eq(stability(QUICK " --seed 5", output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/stability_genes.tsv", all, 64), 17);
  cr_assert_eq(run_program("train",
                           "--genes 4 --hidden 8,4 --clusters 3 --cluster-min 2 --kmeans-restarts 3"
                           " --epochs-pretrain 3 --epochs-frozen 3 --epochs-unfrozen 3 --epochs-finetune 3"
                           " --epochs-autoencoder 1 --seed 7",
                           output, sizeof output),
               0, "%s", output);
  cr_assert_eq(read_lines("out/genes.tsv", one, 64), 5);
  for (int k = 1; k <= 4; k++) cr_expect_str_eq(strchr(all[8 + k], '\t') + 1, one[k]);
}

static void same_tables(const char *options, const char *others) {
  static const char *const files[] = {"out/stability.tsv", "out/stability_runs.tsv",
                                      "out/stability_genes.tsv", "out/stability_overlaps.tsv",
                                      "out/stability_summary.tsv"};
  enum { FILES = sizeof files / sizeof *files };
  static char one[FILES][64][512], two[64][512];
  size_t n[FILES];
  char output[8192];
  cr_assert_eq(stability(options, output, sizeof output), 0, "%s", output);
  for (int f = 0; f < FILES; f++) n[f] = read_lines(files[f], one[f], 64);
  cr_assert_eq(stability(others, output, sizeof output), 0, "%s", output);
  for (int f = 0; f < FILES; f++) {
    cr_assert_eq(read_lines(files[f], two, 64), n[f]);
    for (size_t i = 0; i < n[f]; i++) cr_expect_str_eq(one[f][i], two[i]);
  }
}

Test(sbnn_stability_program, the_number_of_threads_changes_nothing) {
  write_tables();
  same_tables(QUICK " --threads 1", QUICK " --threads 3");
  same_tables(DENOISE " --subsample --threads 1", DENOISE " --subsample --threads 3");
}

/* All cells and no chance in the choice: only the maps differ. */
Test(sbnn_stability_program, linear_selectors_choose_the_same_genes) {
  char output[8192];
  write_tables();
  cr_assert_eq(stability(DENOISE, output, sizeof output), 0, "%s", output);
  cr_expect_eq(summary("overlap_mean"), 4);
  cr_expect_eq(summary("genes_always"), 4);
  cr_expect_eq(summary("stability_index"), 1);
  cr_expect_gt(summary("r2_train_sd"), 0);
}

/* Runs 1 and 2 of --seed 8 share no training cell, and test on all that the other trains on. */
Test(sbnn_stability_program, halves_are_tested_on_the_other) {
  char output[8192];
  static char line[64][512];
  write_tables();
  cr_assert_eq(stability(DENOISE " --subsample --select group-lasso --seed 8", output, sizeof output), 0,
               "%s", output);
  cr_assert_eq(read_lines("out/stability_runs.tsv", line, 64), 5);
  for (int r = 1; r <= 4; r++) {
    int run, seed, train, test;
    cr_assert_eq(sscanf(line[r], "%d\t%d\t%d\t%d", &run, &seed, &train, &test), 4);
    cr_expect(run == r && seed == 7 + r && train == 30 && test == 30, "%s", line[r]);
  }
  cr_expect(summary("overlap_disjoint_mean") <= 4 && summary("overlap_disjoint_mean") >= 1);
  cr_expect(!isnan(summary("r2_test_mean")));
  cr_expect_neq(access(at("out/stability_maps.tsv"), F_OK), 0);
}

Test(sbnn_stability_program, refuses_what_makes_no_sense) {
  static const struct {
    const char *options, *part;
    int code;
  } bad[] = {{"--restarts 5 --subsample", "--restarts 5: with --subsample runs come in pairs", SBNN_USAGE},
             {"--restarts 1", "--restarts needs", SBNN_USAGE},
             {"--genes 13", "fewer than the 13 to be kept", SBNN_BAD_INPUT}};
  char output[8192];
  write_tables();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cr_expect_eq(stability(bad[i].options, output, sizeof output), bad[i].code, "%s", output);
    cr_expect(strstr(output, bad[i].part), "%s", output);
  }
  cr_expect_neq(access(at("out"), F_OK), 0, "nothing is written");
}
