/* test_sbnn_prepare.c - gene choice, normalisation, z-scores and folds. The figures of M1 are numpy's
 * (double). */
#include "data/folds.h"
#include "data/prepare.h"
#include "data/synthetic.h"
#include "test_sbnn_data.h"

#include <math.h>

TestSuite(sbnn_prepare, .init = make_root, .fini = remove_root);
TestSuite(sbnn_folds, .init = make_root, .fini = remove_root);

static size_t *all_rows(size_t n) {
  size_t *rows = malloc(n * sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i] = i;
  return rows;
}

/* A data set around arrays on the stack; free nothing of it but counts. */
static sbnn_dataset borrow(size_t n, size_t p, size_t q, float *counts, double *responses) {
  static char *names[] = {"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"};
  cr_assert(n <= 8 && p <= 8 && q <= 8);
  return (sbnn_dataset){.n_cells = n,
                        .n_genes = p,
                        .n_responses = q,
                        .cell_names = names,
                        .gene_names = names,
                        .response_names = names,
                        .counts = sbnn_counts_from_dense(counts, n, p),
                        .responses = responses};
}

/* ---- by hand ---- */

Test(sbnn_prepare, by_hand) {
  float counts[] = {1, 1, 3, 5, 0, 4, 2, 2};
  double responses[] = {1, 2, 3, 100};
  sbnn_dataset d = borrow(4, 2, 1, counts, responses);
  const size_t rows[] = {0, 1, 2}, test[] = {3};
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &(sbnn_prepare_options){0}, &p, &e), SBNN_OK, "%s",
               e.text);
  cr_expect_eq(p.median_library, 4); /* of 2, 8, 4 */
  float x[6], y[3], x_test[2], y_test[1];
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, 3}, x, y, &e), SBNN_OK);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){test, 1}, x_test, y_test, &e), SBNN_OK);
  /* first gene: 1/2*4 = 2, 3/8*4 = 1.5, 0 */
  double v[] = {log2(3), log2(2.5), 0}, mean = (v[0] + v[1] + v[2]) / 3, var = 0;
  for (int i = 0; i < 3; i++) var += (v[i] - mean) * (v[i] - mean) / 3;
  for (int i = 0; i < 3; i++) cr_expect_float_eq(x[2 * i], (v[i] - mean) / sqrt(var), 1e-6);
  cr_expect_float_eq(x_test[0], (log2(3) - mean) / sqrt(var), 1e-6); /* 2/4*4 = 2 */
  cr_expect_float_eq(y[0], -1 / sqrt(2.0 / 3), 1e-6);
  cr_expect_float_eq(y_test[0], 98 / sqrt(2.0 / 3), 1e-4);
  sbnn_preparation_free(&p);
  sbnn_counts_free(&d.counts);
}

Test(sbnn_prepare, a_gene_constant_in_training_gives_zeros) {
  float counts[] = {0, 3, 0, 1, 0, 2, 7, 1};
  double responses[] = {1, 2, 4, 3};
  sbnn_dataset d = borrow(4, 2, 1, counts, responses);
  const size_t rows[] = {0, 1, 2}, test[] = {3};
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &(sbnn_prepare_options){0}, &p, &e), SBNN_OK, "%s",
               e.text);
  float x[6], x_test[2];
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, 3}, x, NULL, &e), SBNN_OK);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){test, 1}, x_test, NULL, &e), SBNN_OK);
  for (int i = 0; i < 6; i++) cr_expect(x[i] == 0); /* the other is constant too once divided by itself */
  cr_expect(x_test[0] == 0 && x_test[1] == 0);
  sbnn_preparation_free(&p);
  sbnn_counts_free(&d.counts);
}

Test(sbnn_prepare, log1p) {
  float counts[] = {1, 1, 3, 5, 0, 4};
  double responses[] = {0, 1, 9};
  sbnn_dataset d = borrow(3, 2, 1, counts, responses);
  const size_t rows[] = {0, 1, 2};
  const sbnn_prepare_options o = {.y_transform = "log1p"};
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &o, &p, &e), SBNN_OK, "%s", e.text);
  cr_expect_float_eq(p.y_mean[0], (log(2) + log(10)) / 3, 1e-12);
  sbnn_preparation_free(&p);
  responses[1] = -1;
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &o, &p, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "'n0'|'n1'|-1|--y-transform");
  sbnn_counts_free(&d.counts);
}

Test(sbnn_prepare, faults) {
  float counts[] = {1, 1, 0, 0, 0, 4};
  double responses[] = {1, 1, 3};
  sbnn_dataset d = borrow(3, 2, 1, counts, responses);
  const size_t rows[] = {0, 1, 2}, pair[] = {0, 2};
  sbnn_prepare_options all = {0};
  const sbnn_prepare_options one = {.variable_genes = 1};
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &all, &p, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "cell 'n1'|no counts|2 chosen genes");
  e = (sbnn_error){0};
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){pair, 2}, &all, &p, &e), SBNN_OK, "%s", e.text);
  float x[2];
  cr_expect_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows + 1, 1}, x, NULL, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "cell 'n1'");
  sbnn_preparation_free(&p);
  e = (sbnn_error){0};
  counts[2] = 1;
  sbnn_counts_free(&d.counts);
  d.counts = sbnn_counts_from_dense(counts, 3, 2);
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 2}, &all, &p, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "response 'n0'|same value in all 2 training cells");
  e = (sbnn_error){0};
  all.may_be_constant = true; /* but not all of them */
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 2}, &all, &p, &e), SBNN_BAD_INPUT);
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 3}, &one, &p, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "only 0 of the 2 genes|--variable-genes|--gene-threshold");
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, 0}, &all, &p, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "no cells");
  sbnn_counts_free(&d.counts);
}

Test(sbnn_prepare, centring) {
  float train[] = {1, 10, 3, 20}, test[] = {5, 5};
  sbnn_center(train, 2, test, 1, 2);
  cr_expect(train[0] == -1 && train[1] == -5 && train[2] == 1 && train[3] == 5);
  cr_expect(test[0] == 3 && test[1] == -10);
  sbnn_center(train, 2, NULL, 0, 2);
}

/* ---- variable genes ---- */

/* The rule as it is written down, with bisection: an oracle. Returns how many are kept. */
static size_t genes_above(const sbnn_dataset *d, double threshold, double b, bool *kept) {
  size_t n = 0;
  for (size_t g = 0; g < d->n_genes; g++) {
    double on = 0, sum = 0;
    for (size_t i = 0; i < d->n_cells; i++) {
      double v = (double)sbnn_counts_at(&d->counts, i, g);
      if (v > threshold) on++, sum += log2(v);
    }
    double off = 1 - on / (double)d->n_cells;
    kept[g] = on >= 10 && off > exp(-1.5 * (sum / on - b)) + 0.02;
    n += kept[g];
  }
  return n;
}

Test(sbnn_prepare, variable_genes_agree_with_bisection) {
  sbnn_dataset d;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_synthetic(3, NULL, &d, NULL, &e), SBNN_OK, "%s", e.text);
  size_t *rows = all_rows(d.n_cells), chosen[50];
  bool *kept = calloc(d.n_genes, sizeof *kept);
  cr_assert_eq(sbnn_variable_genes(&d, (sbnn_rows){rows, d.n_cells}, 10, 50, chosen, &e), SBNN_OK, "%s",
               e.text);
  double low = -20, high = 20;
  while (high - low > 1e-12) {
    double b = 0.5 * (low + high);
    size_t n = genes_above(&d, 10, b, kept);
    if (n == 50) break;
    if (n > 50) low = b;
    else high = b;
  }
  size_t next = 0;
  for (size_t g = 0; g < d.n_genes; g++)
    if (kept[g]) cr_expect_eq(chosen[next++], g);
  cr_expect_eq(next, 50);
  free(kept);
  free(rows);
  sbnn_dataset_free(&d);
}

Test(sbnn_prepare, ties_keep_the_earlier_genes) {
  enum { N = 40, P = 4 };
  sbnn_dataset d = {.n_cells = N, .n_genes = P};
  float counts[N * P] = {0};
  for (size_t i = 0; i < 20; i++) /* genes 0, 2, 3 alike, 1 below the curve of all others */
    for (size_t g = 0; g < P; g++) counts[i * P + g] = g == 1 ? 1 : 8;
  d.counts = sbnn_counts_from_dense(counts, N, P);
  size_t *rows = all_rows(N), chosen[3];
  sbnn_error e = {0};
  cr_assert_eq(sbnn_variable_genes(&d, (sbnn_rows){rows, N}, 0, 2, chosen, &e), SBNN_OK);
  cr_expect(chosen[0] == 0 && chosen[1] == 2);
  cr_assert_eq(sbnn_variable_genes(&d, (sbnn_rows){rows, N}, 0, 3, chosen, &e), SBNN_OK);
  cr_expect(chosen[1] == 2 && chosen[2] == 3);
  cr_expect_eq(sbnn_variable_genes(&d, (sbnn_rows){rows, N}, 1, 4, chosen, &e),
               SBNN_BAD_INPUT); /* gene 1 is never above 1 */
  free(rows);
  sbnn_counts_free(&d.counts);
}

/* ---- real data ---- */

static void check_z_scores(const float *m, size_t n, size_t cols) {
  for (size_t j = 0; j < cols; j++) {
    double mean = 0, var = 0;
    for (size_t i = 0; i < n; i++) mean += (double)m[i * cols + j] / (double)n;
    for (size_t i = 0; i < n; i++) var += ((double)m[i * cols + j] - mean) * ((double)m[i * cols + j] - mean);
    cr_expect(fabs(mean) < 1e-6 && fabs(var / (double)n - 1) < 1e-5, "column %zu: %g, %g", j, mean,
              var / (double)n);
  }
}

Test(sbnn_prepare, m1_agrees_with_numpy) {
  sbnn_dataset_options o = {.x_path = shared_path("data/m1/gene_counts.csv"),
                            .y_path = shared_path("data/m1/ephys_values.csv"),
                            .variable_genes = 1000};
  sbnn_dataset d;
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  size_t *rows = all_rows(d.n_cells);
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, d.n_cells},
                                &(sbnn_prepare_options){1000, 30, NULL, SBNN_X_COUNTS, false}, &p, &e),
               SBNN_OK);
  cr_expect(p.n_genes == 1000 && p.genes[999] == 999 && p.median_library == 364168);
  float *x = malloc(d.n_cells * 1000 * sizeof *x), *y = malloc(d.n_cells * 16 * sizeof *y);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, d.n_cells}, x, y, &e), SBNN_OK);
  cr_expect_float_eq(x[0], -2.187055519780191, 1e-6);
  cr_expect_float_eq(x[1], 1.1774759334960172, 1e-6);
  cr_expect_float_eq(x[700 * 1000 + 500], 1.3032111809076978, 1e-6);
  cr_expect_float_eq(x[1212 * 1000 + 999], 0.6109477070823427, 1e-6);
  cr_expect_float_eq(y[0], -0.5891909580527158, 1e-6);
  cr_expect_float_eq(y[600 * 16 + 7], 0.8621806839550008, 1e-6);
  cr_expect_float_eq(y[1212 * 16 + 15], 1.6058167660832143, 1e-6);
  check_z_scores(x, d.n_cells, 1000);
  check_z_scores(y, d.n_cells, 16);
  free(x);
  free(y);
  free(rows);
  sbnn_preparation_free(&p);
  sbnn_dataset_free(&d);
}

Test(sbnn_prepare, pbmc_chooses_1000_of_4000) {
  sbnn_dataset_options o = {.x_path = shared_path("data/citeseq_pbmc10k/pbmc10k_harmo_rna.csv.gz"),
                            .y_path = shared_path("data/citeseq_pbmc10k/pbmc10k_harmo_pro.csv.gz"),
                            .labels_path = shared_path("data/citeseq_pbmc10k/cell_types.tsv"),
                            .variable_genes = 1000};
  sbnn_dataset d;
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 6855 && d.n_genes == 4000 && d.n_responses == 14 && d.n_labels == 8);
  cr_expect(d.overlap.x_genes_in == SBNN_GENES_IN_ROWS && !d.overlap.y_cells_in_rows);
  size_t *rows = all_rows(d.n_cells);
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, d.n_cells},
                                &(sbnn_prepare_options){1000, 0, "log1p", SBNN_X_COUNTS, false}, &p, &e),
               SBNN_OK, "%s", e.text);
  cr_expect(p.n_genes == 1000 && p.median_library == 282);
  cr_expect_str_eq(d.gene_names[p.genes[0]], "AL645608.8");
  cr_expect_str_eq(d.gene_names[p.genes[2]], "TNFRSF18");
  cr_expect_str_eq(d.gene_names[p.genes[999]], "S100B");
  float *x = malloc(d.n_cells * 1000 * sizeof *x);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, d.n_cells}, x, NULL, &e), SBNN_OK);
  cr_expect_float_eq(x[1], -0.09564545, 1e-6);
  cr_expect_float_eq(x[6000 * 1000 + 500], -0.1196245857558379, 1e-6);
  free(x);
  free(rows);
  sbnn_preparation_free(&p);
  sbnn_dataset_free(&d);
}

/* ---- folds ---- */

static void check_folds(sbnn_protocol protocol, size_t n, size_t k, const char *path, size_t tested) {
  sbnn_folds f;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_folds_make(&(sbnn_folds_options){protocol, n, k, path, 5, NULL, 0}, &f, &e), SBNN_OK,
               "%s", e.text);
  size_t *rows = malloc(n * sizeof *rows), total = 0;
  int *times = calloc(n, sizeof *times), *seen = malloc(n * sizeof *seen);
  for (size_t fold = 0; fold < k; fold++) {
    size_t n_test;
    const size_t *test = sbnn_fold_test(&f, fold, &n_test);
    cr_expect(n_test == n / k || (protocol == SBNN_PROTOCOL_STRICT && n_test == n / k + 1));
    cr_expect_eq(sbnn_fold_train(&f, fold, rows), n - n_test);
    memset(seen, 0, n * sizeof *seen);
    for (size_t i = 0; i < n_test; i++) times[test[i]]++, seen[test[i]]++;
    for (size_t i = 0; i < n - n_test; i++) seen[rows[i]]++;
    for (size_t i = 0; i < n; i++) cr_expect_eq(seen[i], 1);
    total += n_test;
  }
  for (size_t i = 0; i < n; i++) cr_expect_leq(times[i], 1);
  cr_expect_eq(total, tested);
  free(rows);
  free(times);
  free(seen);
  sbnn_folds_free(&f);
}

Test(sbnn_folds, every_cell_once) {
  check_folds(SBNN_PROTOCOL_STRICT, 103, 10, NULL, 103);
  check_folds(SBNN_PROTOCOL_PAPER, 103, 10, NULL, 100);
  check_folds(SBNN_PROTOCOL_STRICT, 10, 10, NULL, 10);
  check_folds(SBNN_PROTOCOL_STRICT, 5, 2, NULL, 5);
}

/* Groups of 1, 2, ... cells: each is in one fold, and folds differ by no more than the largest. */
Test(sbnn_folds, groups_stay_whole) {
  enum { GROUPS = 11, CELLS = GROUPS * (GROUPS + 1) / 2 };
  int32_t group[CELLS];
  for (int g = 0, at = 0; g < GROUPS; g++)
    for (int i = 0; i <= g; i++) group[(at++ * 7) % CELLS] = g;
  for (size_t k = 2; k <= GROUPS; k++) {
    sbnn_folds f;
    sbnn_error e = {0};
    int fold_of[GROUPS];
    size_t least = CELLS, most = 0, total = 0;
    const sbnn_folds_options o = {SBNN_PROTOCOL_STRICT, CELLS, k, NULL, 5, group, GROUPS};
    memset(fold_of, -1, sizeof fold_of);
    cr_assert_eq(sbnn_folds_make(&o, &f, &e), SBNN_OK, "%s", e.text);
    for (size_t fold = 0; fold < k; fold++) {
      size_t n;
      const size_t *test = sbnn_fold_test(&f, fold, &n);
      for (size_t i = 0; i < n; i++) {
        const int32_t g = group[test[i]];
        cr_expect(fold_of[g] == -1 || fold_of[g] == (int)fold, "%d", g);
        cr_expect(i == 0 || fold_of[g] == -1 || group[test[i - 1]] == g, "apart"); /* they lie together */
        fold_of[g] = (int)fold;
      }
      total += n;
      if (n < least) least = n;
      if (n > most) most = n;
    }
    cr_expect_eq(total, CELLS);
    cr_expect(least > 0 && most - least <= GROUPS, "%zu: %zu to %zu", k, least, most);
    sbnn_folds_free(&f);
  }
  sbnn_folds f;
  sbnn_error e = {0};
  const sbnn_folds_options o = {SBNN_PROTOCOL_STRICT, CELLS, GROUPS + 1, NULL, 5, group, GROUPS};
  cr_expect_eq(sbnn_folds_make(&o, &f, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "11 groups cannot make 12 folds|--folds");
}

static int32_t in_list(const void *ctx, size_t i) { return ((const int32_t *)ctx)[i]; }

Test(sbnn_folds, permutation_of_groups) {
  static const int32_t group[] = {0, 1, 2, 0, 1, 2, 0, 0}, in_order[] = {4, 4, 4, 1, 1, 0, 0, 0};
  size_t order[8], times[8] = {0}, changes = 0;
  sbnn_permutation_of_groups(3, 8, group, 3, order);
  for (size_t i = 0; i < 8; i++) times[order[i]]++, changes += i && group[order[i]] != group[order[i - 1]];
  for (size_t i = 0; i < 8; i++) cr_expect_eq(times[i], 1);
  cr_expect_eq(changes, 2);
  cr_expect_eq(sbnn_group_boundary(8, 4, in_list, in_order), 3);
  cr_expect_eq(sbnn_group_boundary(8, 7, in_list, in_order), 5);
  cr_expect_eq(sbnn_group_boundary(3, 2, in_list, in_order), 0);
}

Test(sbnn_folds, from_a_file) {
  sbnn_folds f;
  sbnn_error e = {0};
  const char *path = write_text("order.txt", "3\n0\r\n4\n\n1\n2");
  cr_assert_eq(sbnn_folds_make(&(sbnn_folds_options){SBNN_PROTOCOL_PAPER, 5, 2, path, 0, NULL, 0}, &f, &e),
               SBNN_OK, "%s", e.text);
  size_t n, rows[5];
  const size_t *test = sbnn_fold_test(&f, 1, &n);
  cr_expect(n == 2 && test[0] == 4 && test[1] == 1);
  cr_expect_eq(sbnn_fold_train(&f, 1, rows), 3);
  cr_expect(rows[0] == 3 && rows[1] == 0 && rows[2] == 2); /* the order of the file */
  sbnn_folds_free(&f);
}

Test(sbnn_folds, faults) {
  static const char *const faults[][2] = {
      {"0\n1\n2\n", "order.txt|3 cells, but the data has 5"},
      {"0\n1\n2\n3\n4\n4\n", "order.txt, line 6|4 was already on line 5"},
      {"0\n1\n5\n3\n4\n", "order.txt, line 3|'5' is not a cell number from 0 to 4"},
      {"0\n-1\n2\n3\n4\n", "order.txt, line 2|'-1'"},
      {"0\n1.5\n2\n3\n4\n", "order.txt, line 2|'1.5'"},
      {"0\n1,2\n3\n4\n", "order.txt, line 2"},
      {"cell\n0\n", "order.txt, line 1|'cell'"},
      {"", "order.txt|empty"},
  };
  sbnn_folds f;
  sbnn_error e;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
    e = (sbnn_error){0};
    const char *path = write_text("order.txt", faults[i][0]);
    cr_expect_eq(sbnn_folds_make(&(sbnn_folds_options){SBNN_PROTOCOL_PAPER, 5, 2, path, 0, NULL, 0}, &f, &e),
                 SBNN_BAD_INPUT);
    check_sentence(&e, SBNN_BAD_INPUT, faults[i][1]);
    cr_expect_null(f.order);
  }
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_folds_make(&(sbnn_folds_options){SBNN_PROTOCOL_STRICT, 9, 10, NULL, 0, NULL, 0}, &f, &e),
               SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "9 cells|10 folds");
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_folds_make(&(sbnn_folds_options){SBNN_PROTOCOL_STRICT, 9, 1, NULL, 0, NULL, 0}, &f, &e),
               SBNN_USAGE);
  check_sentence(&e, SBNN_USAGE, "1 folds|2 or more");
}

Test(sbnn_folds, seeds_differ_and_repeat) {
  size_t a[50], b[50], c[50];
  sbnn_permutation(1, 50, a);
  sbnn_permutation(1, 50, b);
  sbnn_permutation(2, 50, c);
  cr_expect(memcmp(a, b, sizeof a) == 0);
  cr_expect(memcmp(a, c, sizeof a) != 0);
}

Test(sbnn_folds, m1_permutation) {
  check_folds(SBNN_PROTOCOL_PAPER, 1213, 10, shared_path("reference/m1_fold_permutation.txt"), 1210);
  check_folds(SBNN_PROTOCOL_STRICT, 1213, 10, shared_path("reference/m1_fold_permutation.txt"), 1213);
}
