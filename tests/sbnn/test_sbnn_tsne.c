/* test_sbnn_tsne.c - principal components, affinities, the divergence and its gradient by graph and by tree,
 * trustworthiness against golden/tsne.py; `sbnn tsne` from tables to tables. */
#include "data/random.h"
#include "embed/nearest.h"
#include "embed/quadtree.h"
#include "embed/tsne.h"
#include "linear/principal.h"
#include "test_sbnn_program.h"

#include <stdlib.h>
#include <string.h>

enum { CELLS = 24, COLUMNS = 3, PERPLEXITY = 5 };

/* The line of that name in golden/tsne.tsv. */
static void golden(const char *name, double *value, size_t n) {
  FILE *f = fopen(NABLA_SOURCE_DIR "/tests/golden/tsne.tsv", "r");
  char *line = NULL;
  size_t room = 0, length = strlen(name), found = 0;
  cr_assert(f);
  while (getline(&line, &room, f) > 0) {
    if (strncmp(line, name, length) != 0 || line[length] != '\t') continue;
    char *at = line + length;
    while (found < n && *at == '\t') value[found++] = strtod(at + 1, &at);
    cr_assert_eq(*at, '\n', "%s is longer", name);
    break;
  }
  free(line);
  fclose(f);
  cr_assert_eq(found, n, "%s", name);
}

static void golden_affinities(size_t k, int threads, sbnn_affinities *a) {
  double x[CELLS * COLUMNS];
  golden("x", x, CELLS * COLUMNS);
  sbnn_affinities_make(&(sbnn_points){x, CELLS, COLUMNS}, PERPLEXITY, k, threads, a);
}

static double *normal(size_t n, uint32_t replica, double sd) {
  double *v = malloc(n * sizeof *v);
  for (size_t i = 0; i < n; i++)
    v[i] = sd * sbnn_random_normal((sbnn_stream){1, SBNN_STREAM_TSNE, replica}, i);
  return v;
}

static bool near(double a, double b, double tolerance) { return fabs(a - b) <= tolerance; }

/* ---- principal components ---- */

Test(sbnn_principal, agree_with_the_singular_values) {
  double x[CELLS * COLUMNS], variance[COLUMNS], v[COLUMNS], scores[CELLS * COLUMNS], s[CELLS * COLUMNS];
  float xf[CELLS * COLUMNS];
  golden("x", x, CELLS * COLUMNS);
  golden("variance", variance, COLUMNS);
  golden("scores", scores, CELLS * COLUMNS);
  for (int i = 0; i < CELLS * COLUMNS; i++) xf[i] = (float)x[i];
  sbnn_principal((sbnn_float_rows){xf, CELLS, COLUMNS}, COLUMNS, 1, s, v);
  for (int i = 0; i < COLUMNS; i++) cr_expect(near(v[i], variance[i], 1e-12), "%g, %g", v[i], variance[i]);
  for (int i = 0; i < CELLS * COLUMNS; i++) cr_expect(near(fabs(s[i]), scores[i], 1e-12), "%d", i);
}

/* Few cells of many columns, and many cells of few: the same table lying and standing. */
Test(sbnn_principal, of_wide_tables_through_the_cells) {
  enum { N = 40, D = 300, K = 12 };
  double *draw = normal(N * D, 0, 1), *s = malloc(N * K * sizeof *s), *t = malloc(N * K * sizeof *t);
  float *x = malloc(N * D * sizeof *x);
  double variance[K];
  for (int i = 0; i < N * D; i++) x[i] = (float)(draw[i] * (1 + i % D % 7));
  sbnn_principal((sbnn_float_rows){x, N, D}, K, 1, s, variance);
  for (int i = 0; i < K; i++)
    for (int j = 0; j <= i; j++) {
      double dot = 0;
      for (int r = 0; r < N; r++) dot += s[r * K + i] * s[r * K + j] / N;
      cr_expect(near(dot, i == j ? variance[i] : 0, 1e-8 * variance[0]), "components %d, %d: %g", i, j, dot);
    }
  sbnn_principal((sbnn_float_rows){x, N, D}, K, 3, t, NULL);
  cr_expect_eq(memcmp(s, t, N * K * sizeof *s), 0, "threads must change nothing");
  free(draw);
  free(x);
  free(s);
  free(t);
}

/* All directions equally long: each product ends the Krylov space at once. */
Test(sbnn_principal, equal_eigenvalues_are_all_found) {
  enum { N = 16, D = 8 };
  float x[N * D] = {0};
  double s[N * D], variance[D];
  for (int j = 0; j < D; j++) x[j * D + j] = 1, x[(j + D) * D + j] = -1;
  sbnn_principal((sbnn_float_rows){x, N, D}, D, 1, s, variance);
  for (int j = 0; j < D; j++) cr_expect(near(variance[j], 2.0 / N, 1e-14), "%g", variance[j]);
}

/* ---- affinities ---- */

Test(sbnn_affinity, exact_ones_are_those_of_the_oracle) {
  sbnn_affinities a;
  double p[CELLS * CELLS];
  golden("p", p, CELLS * CELLS);
  golden_affinities(CELLS - 1, 1, &a);
  cr_assert_eq(a.first[CELLS], CELLS * (CELLS - 1));
  for (size_t i = 0; i < CELLS; i++)
    for (size_t k = a.first[i]; k < a.first[i + 1]; k++)
      cr_expect(near(a.p[k], p[i * CELLS + (size_t)a.column[k]], 1e-11), "%zu, %d: %g", i, a.column[k],
                a.p[k]);
  sbnn_affinities_free(&a);
}

Test(sbnn_affinity, of_few_neighbours_are_symmetric_and_sum_to_one) {
  sbnn_affinities a, b;
  double sum = 0;
  golden_affinities(9, 1, &a);
  golden_affinities(9, 3, &b);
  for (size_t i = 0; i < CELLS; i++) {
    cr_expect_geq(a.first[i + 1] - a.first[i], 9);
    for (size_t k = a.first[i]; k < a.first[i + 1]; k++) {
      size_t j = (size_t)a.column[k], back = a.first[j];
      cr_expect(k == a.first[i] || a.column[k - 1] < a.column[k]);
      while (back < a.first[j + 1] && (size_t)a.column[back] != i) back++;
      cr_assert(back < a.first[j + 1]);
      cr_expect_eq(a.p[back], a.p[k]);
      sum += a.p[k];
    }
  }
  cr_expect(near(sum, 1, 1e-14));
  cr_expect_eq(memcmp(a.p, b.p, a.first[CELLS] * sizeof *a.p), 0, "threads must change nothing");
  sbnn_affinities_free(&a);
  sbnn_affinities_free(&b);
}

/* Seven copies of a cell, more than the perplexity: uniform over them, no NaN. */
Test(sbnn_affinity, of_many_copies_stay_finite) {
  double x[12] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5};
  sbnn_affinities a;
  sbnn_affinities_make(&(sbnn_points){x, 12, 1}, 3, 11, 1, &a);
  for (size_t k = 0; k < a.first[12]; k++) cr_expect(isfinite(a.p[k]) && a.p[k] >= 0);
  cr_expect(near(a.p[0], 1.0 / 6 / 12, 1e-12), "%g", a.p[0]);
  sbnn_affinities_free(&a);
}

/* ---- the divergence and its gradient ---- */

static void check_gradient(const char *name, double exaggeration, bool exact) {
  sbnn_affinities a;
  sbnn_error e = {0};
  double y[2 * CELLS], wanted[2 * CELLS], gradient[2 * CELLS], wanted_kl, kl;
  golden("y", y, 2 * CELLS);
  golden("kl", &wanted_kl, 1);
  golden(name, wanted, 2 * CELLS);
  golden_affinities(CELLS - 1, 1, &a);
  cr_assert_eq(
      sbnn_tsne_gradient(&(sbnn_tsne_objective){&a, exaggeration, exact, 0, 1}, y, gradient, &kl, &e),
      SBNN_OK, "%s", e.text);
  cr_expect(near(kl, wanted_kl, 1e-9), "%.12g, not %.12g", kl, wanted_kl);
  for (int i = 0; i < 2 * CELLS; i++)
    cr_expect(near(gradient[i], wanted[i], 1e-9), "%s %d: %g, not %g", name, i, gradient[i], wanted[i]);
  sbnn_affinities_free(&a);
}

Test(sbnn_tsne, gradient_of_the_graph_is_that_of_the_oracle) {
  check_gradient("gradient", 1, true);
  check_gradient("exaggerated", 12, true);
}

Test(sbnn_tsne, gradient_of_the_tree_is_that_of_the_oracle) {
  check_gradient("gradient", 1, false);
  check_gradient("exaggerated", 12, false);
}

/* Of the tree's gradient, relative to the length of the exact one. */
static double error_of(const sbnn_affinities *a, const double *y, double theta, const double *exact) {
  double *tree = malloc(2 * a->n * sizeof *tree), kl, off = 0, all = 0;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_tsne_gradient(&(sbnn_tsne_objective){a, 1, false, theta, 1}, y, tree, &kl, &e), SBNN_OK,
               "%s", e.text);
  for (size_t i = 0; i < 2 * a->n; i++) {
    off += (exact[i] - tree[i]) * (exact[i] - tree[i]);
    all += exact[i] * exact[i];
  }
  free(tree);
  return sqrt(off / all);
}

/* With every pair counted the tree and the graph agree to rounding; with theta 0.5 within two per cent of the
 * gradient's length, and closer with 0.2. */
Test(sbnn_tsne, tree_approximates_the_graph) {
  enum { N = 300 };
  double *x = normal(N * 4, 1, 1), *y = normal(N * 2, 2, 10), *exact = malloc(N * 16), *tree = malloc(N * 16);
  sbnn_affinities a;
  sbnn_error e = {0};
  double kl, other, largest = 0, off = 0;
  sbnn_affinities_make(&(sbnn_points){x, N, 4}, 20, N - 1, 1, &a);
  cr_assert_eq(sbnn_tsne_gradient(&(sbnn_tsne_objective){&a, 1, true, 0, 1}, y, exact, &kl, &e), SBNN_OK,
               "%s", e.text);
  cr_assert_eq(sbnn_tsne_gradient(&(sbnn_tsne_objective){&a, 1, false, 0, 1}, y, tree, &other, &e), SBNN_OK,
               "%s", e.text);
  for (int i = 0; i < 2 * N; i++) {
    largest = fmax(largest, fabs(exact[i]));
    off = fmax(off, fabs(exact[i] - tree[i]));
  }
  cr_expect_lt(off, 1e-12 * largest);
  cr_expect(near(kl, other, 1e-12 * kl));
  double half = error_of(&a, y, 0.5, exact), fifth = error_of(&a, y, 0.2, exact);
  cr_expect(half < 0.02 && fifth < half / 4 && fifth > 0, "%g, %g", half, fifth);
  sbnn_affinities_free(&a);
  free(x);
  free(y);
  free(exact);
  free(tree);
}

/* Cells at one place push each other nowhere, but count in the sum. */
Test(sbnn_tsne, tree_of_cells_at_one_place) {
  double y[10] = {1, 1, 1, 1, 1, 1, 1, 1, 4, 5}, force[10];
  double sum = sbnn_repulsion(y, 5, 0.5, 1, force), w = 1.0 / 26;
  cr_expect(near(sum, 12 + 8 * w, 1e-13), "%g", sum);
  cr_expect(near(force[0], -3 * w * w, 1e-15) && near(force[9], 16 * w * w, 1e-15));
  for (int i = 0; i < 10; i++) y[i] = 2;
  cr_expect_eq(sbnn_repulsion(y, 5, 0.5, 2, force), 20);
}

/* ---- the descent ---- */

/* Three clouds of cells far apart. */
static double *clouds(size_t n) {
  double *x = normal(n * 4, 3, 1);
  for (size_t i = 0; i < n; i++) x[4 * i + i % 3] += 20;
  return x;
}

static void embed(const double *x, size_t n, sbnn_tsne_options o, double *y, sbnn_tsne_fit *fit) {
  sbnn_error e = {0};
  if (!o.iterations) o.iterations = 400;
  o.perplexity = 10;
  o.theta = 0.5;
  cr_assert_eq(sbnn_tsne(&(sbnn_points){x, n, 4}, &o, y, fit, &e), SBNN_OK, "%s", e.text);
}

Test(sbnn_tsne, keeps_clouds_together_either_way) {
  enum { N = 150 };
  double *x = clouds(N), *y = malloc(N * 16);
  for (int exact = 0; exact < 2; exact++) {
    sbnn_tsne_fit fit;
    sbnn_nearest near[5];
    size_t other = 0;
    embed(x, N, (sbnn_tsne_options){.exact_cells = exact ? N : 0}, y, &fit);
    cr_expect_eq(fit.exact, exact);
    cr_expect(fit.kl > 0 && fit.kl < 0.6, "%g", fit.kl);
    for (size_t i = 0; i < N; i++) {
      sbnn_nearest_find(y, N, 2, i, 5, near);
      for (int k = 0; k < 5; k++) other += near[k].cell % 3 != i % 3;
    }
    cr_expect_eq(other, 0);
    double trust = sbnn_trustworthiness(x, N, 4, y, 15, 1);
    cr_expect(trust > 0.95 && trust <= 1, "%g", trust);
  }
  free(x);
  free(y);
}

Test(sbnn_tsne, threads_change_nothing_and_seeds_only_random_starts) {
  enum { N = 130, BYTES = N * 16 };
  double *x = clouds(N), *a = malloc(BYTES), *b = malloc(BYTES);
  sbnn_tsne_fit fit;
  for (size_t exact = 0; exact <= N; exact += N) {
    sbnn_tsne_options o = {.exact_cells = exact, .threads = 1, .iterations = 60};
    embed(x, N, o, a, &fit);
    o.threads = 3;
    o.seed = 5;
    embed(x, N, o, b, &fit);
    cr_expect_eq(memcmp(a, b, BYTES), 0);
    o.random = true;
    embed(x, N, o, a, &fit);
    cr_expect_neq(memcmp(a, b, BYTES), 0);
    o.seed = 6;
    embed(x, N, o, b, &fit);
    cr_expect_neq(memcmp(a, b, BYTES), 0);
  }
  free(x);
  free(a);
  free(b);
}

Test(sbnn_tsne, refuses_what_it_cannot_embed) {
  double x[64] = {0}, y[64];
  sbnn_tsne_fit fit;
  sbnn_error e = {0};
  sbnn_tsne_options o = {.perplexity = 10, .iterations = 5};
  cr_expect_eq(sbnn_tsne(&(sbnn_points){x, 30, 2}, &o, y, &fit, &e), SBNN_BAD_INPUT);
  cr_expect_str_eq(e.text, "t-SNE of perplexity 10 needs more than 30 cells, and there are 30; give "
                           "--perplexity 9 or less");
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_tsne(&(sbnn_points){x, 32, 2}, &o, y, &fit, &e), SBNN_BAD_INPUT);
  cr_expect_str_eq(e.text, "t-SNE: all 32 cells have the same values");
}

/* One column and copies of cells: the second coordinate starts at random. */
Test(sbnn_tsne, of_a_single_column_with_copies) {
  enum { N = 60 };
  double x[N], y[2 * N], spread = 0;
  sbnn_tsne_fit fit;
  sbnn_error e = {0};
  for (int i = 0; i < N; i++) x[i] = i / 4;
  sbnn_tsne_options o = {.perplexity = 8, .iterations = 300, .exact_cells = N};
  cr_assert_eq(sbnn_tsne(&(sbnn_points){x, N, 1}, &o, y, &fit, &e), SBNN_OK, "%s", e.text);
  for (int i = 0; i < N; i++) spread = fmax(spread, fabs(y[2 * i + 1] - y[1]));
  cr_expect(spread > 0.1 && isfinite(spread), "%g", spread);
}

Test(sbnn_tsne, trustworthiness_is_that_of_the_oracle) {
  double x[CELLS * COLUMNS], y[2 * CELLS], wanted;
  golden("x", x, CELLS * COLUMNS);
  golden("y", y, 2 * CELLS);
  golden("trustworthiness", &wanted, 1);
  cr_expect(near(sbnn_trustworthiness(x, CELLS, COLUMNS, y, 5, 1), wanted, 0.002),
            "equally distant cells may be ranked either way");
  cr_expect_eq(sbnn_trustworthiness(x, CELLS, COLUMNS, y, 5, 1),
               sbnn_trustworthiness(x, CELLS, COLUMNS, y, 5, 3));
  cr_expect_eq(sbnn_trustworthiness(y, CELLS, 2, y, 5, 1), 1);
}

/* ---- the program ---- */

TestSuite(sbnn_tsne_program, .init = make_root, .fini = remove_root);

static int tsne(const char *options, char *output, size_t room) {
  return run_program("tsne", options, output, room);
}

#define QUICK "--iterations 60 --perplexity 8 --components 5 "

Test(sbnn_tsne_program, leaves_its_tables) {
  char output[8192];
  static char line[128][512];
  write_tables();
  cr_assert_eq(tsne(QUICK, output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/tsne.tsv", line, 128), 61);
  cr_expect_str_eq(line[0], "cell\tgenes_1\tgenes_2\tresponses_1\tresponses_2\n");
  cr_expect_eq(strncmp(line[1], "c0\t", 3), 0);
  cr_assert_eq(read_lines("out/tsne_quality.tsv", line, 128), 3);
  cr_expect_str_eq(line[0], "view\tcells\tdimensions\tmethod\tdivergence\tneighbours\ttrustworthiness\n");
  cr_expect_eq(strncmp(line[1], "genes\t60\t5\texact\t", 17), 0, "%s", line[1]);
  cr_expect_eq(strncmp(line[2], "responses\t60\t3\texact\t", 21), 0, "%s", line[2]);
}

Test(sbnn_tsne_program, of_one_view_by_tree_with_any_number_of_threads) {
  char output[8192];
  static char one[128][512], two[128][512];
  write_tables();
  cr_assert_eq(tsne(QUICK "--view responses --exact-cells 10 --threads 1", output, sizeof output), 0, "%s",
               output);
  cr_assert_eq(read_lines("out/tsne.tsv", one, 128), 61);
  cr_expect_str_eq(one[0], "cell\tresponses_1\tresponses_2\n");
  cr_assert_eq(tsne(QUICK "--view responses --exact-cells 10 --threads 3", output, sizeof output), 0, "%s",
               output);
  cr_assert_eq(read_lines("out/tsne.tsv", two, 128), 61);
  for (int i = 0; i < 61; i++) cr_expect_str_eq(one[i], two[i]);
  read_lines("out/tsne_quality.tsv", one, 128);
  cr_expect(strstr(one[1], "\tbarnes-hut\t"), "%s", one[1]);
  cr_assert_eq(tsne("--iterations 9 --perplexity 8 --view genes", output, sizeof output), 0, "%s", output);
  read_lines("out/tsne_quality.tsv", one, 128);
  cr_expect_eq(strncmp(one[1], "genes\t60\t12\t", 12), 0, "no more components than genes: %s", one[1]);
}

Test(sbnn_tsne_program, of_a_latent_space) {
  char command[1024], output[8192];
  static char line[128][512];
  FILE *f;
  cr_assert_eq(mkdir(at("run"), 0777), 0);
  f = fopen(at("run/latent.tsv"), "w");
  fputs("cell\tz1\tz2\tz3\n", f);
  for (int i = 0; i < 50; i++) fprintf(f, "c%d\t%d\t%d\t%d\n", i, i % 7, i * i % 11, i * 3 % 5);
  fclose(f);
  snprintf(command, sizeof command, "'%s' tsne --results '%s/run' --out '%s/out' --perplexity 9 2>&1",
           NABLA_SBNN_BIN, root, root);
  cr_assert_eq(run(command, output, sizeof output), 0, "%s", output);
  cr_assert_eq(read_lines("out/tsne.tsv", line, 128), 51);
  cr_expect_str_eq(line[0], "cell\tlatent_1\tlatent_2\n");
}

Test(sbnn_tsne_program, refuses_what_makes_no_sense) {
  static const struct {
    const char *options, *part;
    int code;
  } bad[] = {{"--perplexity 20", "t-SNE of perplexity 20 needs more than 60 cells", SBNN_BAD_INPUT},
             {"--results somewhere", "tsne takes --results or the tables", SBNN_USAGE},
             {"--perplexity 0", "--perplexity needs", SBNN_USAGE},
             {"--theta 2", "--theta needs", SBNN_USAGE}};
  char output[8192], command[512];
  write_tables();
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    cr_expect_eq(tsne(bad[i].options, output, sizeof output), bad[i].code, "%s", output);
    cr_expect(strstr(output, bad[i].part), "%s", output);
  }
  snprintf(command, sizeof command, "'%s' tsne --out '%s/out' 2>&1", NABLA_SBNN_BIN, root);
  cr_expect_eq(run(command, output, sizeof output), SBNN_USAGE);
  cr_expect(strstr(output, "tsne needs --x and --y, or --data, or --results"), "%s", output);
  snprintf(command, sizeof command, "'%s' tsne --results '%s' --out '%s/out' 2>&1", NABLA_SBNN_BIN, root,
           root);
  cr_expect_eq(run(command, output, sizeof output), SBNN_BAD_INPUT, "%s", output);
}
