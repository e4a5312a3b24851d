/* test_sbnn_linear.c - sparse reduced-rank regression: singular values, the group lasso against its
 * optimality conditions and against glmnet, the alternation and the relaxed fit. */
#include "linear/group_lasso.h"
#include "linear/moments.h"
#include "linear/srrr.h"
#include "linear/svd.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- data: as in golden/group_lasso.R ---- */

static double draw(double *state) {
  *state = fmod(16807 * *state, 2147483647);
  return 2 * (*state / 2147483647) - 1;
}

enum { CELLS = 60, GENES = 80, RESPONSES = 4 };

typedef struct data {
  double x[CELLS][GENES], y[CELLS][RESPONSES];
} data;

static void make_data(data *d) {
  double state = 1;
  for (int i = 0; i < CELLS; i++)
    for (int j = 0; j < GENES; j++) {
      d->x[i][j] = draw(&state);
      if (j > 0) d->x[i][j] += 0.8 * d->x[i][j - 1];
    }
  for (int i = 0; i < CELLS; i++)
    for (int c = 0; c < RESPONSES; c++) d->y[i][c] = (d->x[i][5 * c] - 0.5 * d->x[i][6]) + draw(&state);
}

static sbnn_moments moments_of(const data *d) {
  sbnn_moments m = {CELLS,
                    GENES,
                    RESPONSES,
                    calloc(GENES * GENES, sizeof(double)),
                    calloc(RESPONSES * GENES, sizeof(double)),
                    0};
  for (int i = 0; i < CELLS; i++) {
    for (int j = 0; j < GENES; j++) {
      for (int k = 0; k < GENES; k++) m.xx[j * GENES + k] += d->x[i][j] * d->x[i][k] / CELLS;
      for (int c = 0; c < RESPONSES; c++) m.yx[c * GENES + j] += d->y[i][c] * d->x[i][j] / CELLS;
    }
    for (int c = 0; c < RESPONSES; c++) m.yy += d->y[i][c] * d->y[i][c] / CELLS;
  }
  return m;
}

static sbnn_moments test_moments(void) {
  data *d = malloc(sizeof *d);
  make_data(d);
  sbnn_moments m = moments_of(d);
  free(d);
  return m;
}

static sbnn_group_lasso problem_of(const sbnn_moments *m) {
  return (sbnn_group_lasso){.p = m->p, .r = m->q, .xx = m->xx, .tx = m->yx};
}

/* ---- singular values ---- */

static double row_dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void check_orthonormal(const double *rows, size_t r, size_t n) {
  for (size_t i = 0; i < r; i++)
    for (size_t k = 0; k <= i; k++)
      cr_expect_float_eq(row_dot(rows + i * n, rows + k * n, n), i == k, 1e-13, "rows %zu, %zu", i, k);
}

/* A random m x n matrix of the given rank; columns lie one after the other. */
static void check_svd(size_t m, size_t n, size_t rank) {
  double *a = calloc(m * n, sizeof *a), *u = malloc(m * n * sizeof *u), *s = malloc(n * sizeof *s),
         *v = malloc(n * n * sizeof *v), state = 7;
  for (size_t k = 0; k < rank; k++) {
    double left[64], right[64];
    for (size_t i = 0; i < m; i++) left[i] = draw(&state);
    for (size_t j = 0; j < n; j++) right[j] = draw(&state);
    for (size_t j = 0; j < n; j++)
      for (size_t i = 0; i < m; i++) a[j * m + i] += left[i] * right[j];
  }
  memcpy(u, a, m * n * sizeof *u);
  sbnn_svd(m, n, u, s, v);
  check_orthonormal(v, n, n);
  for (size_t k = 0; k < n; k++) {
    if (k > 0) cr_expect_leq(s[k], s[k - 1]);
    if (k >= rank) cr_expect(s[k] <= 1e-13 * s[0], "%zu x %zu: s[%zu] = %g", m, n, k, s[k]);
    else cr_expect(s[k] > 1e-6 * s[0]);
  }
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < m; i++) {
      double sum = 0;
      for (size_t k = 0; k < n; k++) sum += u[k * m + i] * s[k] * v[k * n + j];
      cr_expect_float_eq(sum, a[j * m + i], 1e-13 * s[0]);
    }
  if (m >= n) {
    sbnn_complete_rows(n, m, u);
    check_orthonormal(u, n, m);
  }
  free(a), free(u), free(s), free(v);
}

Test(sbnn_svd, any_shape_and_rank) {
  check_svd(1, 1, 1);
  check_svd(8, 1, 1);
  check_svd(40, 16, 16);
  check_svd(16, 16, 16);
  check_svd(16, 16, 3);
  check_svd(16, 2, 1);
  check_svd(5, 9, 5);
  check_svd(12, 4, 0);
}

/* ---- group lasso ---- */

/* (T - XW)'X_j / n for all targets of gene j. */
static void gradient(const sbnn_group_lasso *q, const double *w, size_t j, double *g) {
  for (size_t c = 0; c < q->r; c++)
    g[c] = q->tx[c * q->p + j] - row_dot(q->xx + j * q->p, w + c * q->p, q->p);
}

static double gene_norm(const sbnn_group_lasso *q, const double *w, size_t j) {
  double sum = 0;
  for (size_t c = 0; c < q->r; c++) sum += w[c * q->p + j] * w[c * q->p + j];
  return sqrt(sum);
}

static double largest(const double *w, size_t n) {
  double most = 0;
  for (size_t i = 0; i < n; i++) most = fmax(most, fabs(w[i]));
  return most;
}

/* Karush-Kuhn-Tucker: gradient = lambda W_j / |W_j| for genes that are in, no longer than lambda for others.
 */
static void check_optimal(const sbnn_group_lasso *q, double lambda, const double *w) {
  for (size_t j = 0; j < q->p; j++) {
    double g[RESPONSES], norm = gene_norm(q, w, j);
    gradient(q, w, j, g);
    if (norm == 0) cr_expect_leq(sqrt(row_dot(g, g, q->r)), lambda * (1 + 1e-6), "gene %zu", j);
    for (size_t c = 0; norm > 0 && c < q->r; c++)
      cr_expect_float_eq(g[c], lambda * w[c * q->p + j] / norm, 1e-6 * lambda, "lambda %g gene %zu", lambda,
                         j);
  }
}

Test(sbnn_group_lasso, solutions_are_optimal) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  double *w = calloc(q.r * q.p, sizeof *w);
  for (double lambda = 1; lambda > 1e-3; lambda /= 2) {
    cr_assert(sbnn_group_lasso_solve(&q, lambda, w));
    check_optimal(&q, lambda, w);
  }
  free(w);
  sbnn_moments_free(&m);
}

Test(sbnn_group_lasso, a_warm_start_ends_where_a_cold_one_does) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  size_t n = q.r * q.p;
  double *warm = calloc(n, sizeof *warm), *state = (double[]){3};
  for (size_t i = 0; i < n; i++) warm[i] = draw(state); /* from anywhere, with every gene in */
  for (double lambda = 0.8; lambda > 1e-2; lambda /= 2) {
    double *cold = calloc(n, sizeof *cold);
    cr_assert(sbnn_group_lasso_solve(&q, lambda, warm));
    cr_assert(sbnn_group_lasso_solve(&q, lambda, cold));
    for (size_t i = 0; i < n; i++) cr_expect_float_eq(warm[i], cold[i], 1e-6 * largest(cold, n));
    free(cold);
  }
  free(warm);
  sbnn_moments_free(&m);
}

/* |T - XW|^2 / n up to |T|^2 / n */
static double loss(const sbnn_group_lasso *q, const double *w) {
  double sum = 0, g[RESPONSES];
  for (size_t j = 0; j < q->p; j++) {
    gradient(q, w, j, g);
    for (size_t c = 0; c < q->r; c++) sum -= w[c * q->p + j] * (q->tx[c * q->p + j] + g[c]);
  }
  return sum;
}

static double penalty(const sbnn_group_lasso *q, const double *w) {
  double sum = 0;
  for (size_t j = 0; j < q->p; j++) sum += gene_norm(q, w, j);
  return sum;
}

Test(sbnn_group_lasso, along_the_path_the_loss_falls_and_the_penalty_grows) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  double *w = calloc(q.r * q.p, sizeof *w), highest = sbnn_group_lasso_highest(&q);
  cr_assert(sbnn_group_lasso_solve(&q, highest, w));
  cr_expect_eq(penalty(&q, w), 0, "at the highest lambda nothing is in");
  cr_assert(sbnn_group_lasso_solve(&q, highest * (1 - 1e-6), w));
  cr_expect_gt(penalty(&q, w), 0, "just below it something is");
  double last_loss = loss(&q, w), last_penalty = penalty(&q, w);
  for (double lambda = 0.9 * highest; lambda > 1e-3; lambda *= 0.8) {
    cr_assert(sbnn_group_lasso_solve(&q, lambda, w));
    cr_expect_lt(loss(&q, w), last_loss);
    cr_expect_gt(penalty(&q, w), last_penalty);
    last_loss = loss(&q, w), last_penalty = penalty(&q, w);
  }
  free(w);
  sbnn_moments_free(&m);
}

Test(sbnn_group_lasso, one_gene_has_its_closed_form_and_a_silent_one_stays_out) {
  const double xx[] = {4, 0, 0, 0}, tx[] = {3, 0, 4, 0};
  sbnn_group_lasso q = {.p = 2, .r = 2, .xx = xx, .tx = tx};
  double w[4] = {0};
  cr_assert(sbnn_group_lasso_solve(&q, 2, w));
  cr_expect_float_eq(w[0], 3.0 / 4 * (1 - 2.0 / 5), 1e-12);
  cr_expect_float_eq(w[2], 4.0 / 4 * (1 - 2.0 / 5), 1e-12);
  cr_expect(w[1] == 0 && w[3] == 0);
  cr_assert(sbnn_group_lasso_solve(&q, 5, w));
  cr_expect(w[0] == 0 && w[2] == 0);
}

Test(sbnn_group_lasso, sweeps_that_run_out_are_reported) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  double *w = calloc(q.r * q.p, sizeof *w);
  q.most_sweeps = 2;
  cr_expect_not(sbnn_group_lasso_solve(&q, 0.01, w));
  free(w);
  sbnn_moments_free(&m);
}

typedef struct golden {
  double lambda;
  double w[RESPONSES * GENES];
} golden;

/* The blocks of equal lambda of golden/group_lasso.tsv. */
static size_t read_golden(golden *g, size_t room) {
  char line[256];
  size_t n = 0;
  FILE *f = fopen(NABLA_SOURCE_DIR "/tests/golden/group_lasso.tsv", "r");
  cr_assert(f);
  cr_assert(fgets(line, sizeof line, f));
  while (fgets(line, sizeof line, f)) {
    double lambda, value;
    int gene, response;
    cr_assert_eq(sscanf(line, "%lf\t%d\t%d\t%lf", &lambda, &gene, &response, &value), 4);
    if (n == 0 || g[n - 1].lambda != lambda) {
      cr_assert_lt(n, room);
      g[n++] = (golden){.lambda = lambda};
    }
    g[n - 1].w[response * GENES + gene] = value;
  }
  fclose(f);
  return n;
}

Test(sbnn_group_lasso, agrees_with_glmnet) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  golden *g = calloc(8, sizeof *g);
  double *w = calloc(q.r * q.p, sizeof *w);
  size_t n = read_golden(g, 8);
  cr_assert_eq(n, 4);
  for (size_t i = 0; i < n; i++) {
    cr_assert(sbnn_group_lasso_solve(&q, g[i].lambda, w));
    double scale = largest(g[i].w, q.r * q.p), worst = 0;
    for (size_t k = 0; k < q.r * q.p; k++) worst = fmax(worst, fabs(w[k] - g[i].w[k]) / scale);
    cr_expect_lt(worst, 1e-7, "lambda %g: %g", g[i].lambda, worst);
  }
  free(g);
  free(w);
  sbnn_moments_free(&m);
}

/* ---- sparse reduced-rank regression ---- */

static double fit_loss(const sbnn_moments *m, const sbnn_srrr_fit *f, const double *b) {
  double sum = m->yy;
  for (size_t c = 0; c < m->q; c++)
    for (size_t k = 0; k < f->n_genes; k++) {
      double inner = 0;
      for (size_t l = 0; l < f->n_genes; l++)
        inner += m->xx[f->genes[k] * m->p + f->genes[l]] * b[c * f->n_genes + l];
      sum += b[c * f->n_genes + k] * (inner - 2 * m->yx[c * m->p + f->genes[k]]);
    }
  return sum;
}

Test(sbnn_srrr, full_rank_is_the_group_lasso) {
  sbnn_moments m = test_moments();
  sbnn_group_lasso q = problem_of(&m);
  sbnn_srrr *s = sbnn_srrr_new(&m, m.q);
  sbnn_srrr_fit fit;
  sbnn_error e = {0};
  double *w = calloc(q.r * q.p, sizeof *w);
  cr_assert_eq(sbnn_srrr_solve(s, 0.1, &fit, &e), SBNN_OK, "%s", e.text);
  cr_assert(sbnn_group_lasso_solve(&q, 0.1, w));
  size_t in = 0;
  for (size_t j = 0; j < q.p; j++) in += gene_norm(&q, w, j) > 0;
  cr_assert_eq(fit.n_genes, in);
  for (size_t k = 0; k < fit.n_genes; k++) {
    cr_expect_float_eq(fit.norms[k], gene_norm(&q, w, fit.genes[k]), 1e-6);
    for (size_t c = 0; c < q.r; c++)
      cr_expect_float_eq(fit.b[c * fit.n_genes + k], w[c * q.p + fit.genes[k]], 1e-6);
  }
  sbnn_srrr_fit_free(&fit);
  sbnn_srrr_free(s);
  free(w);
  sbnn_moments_free(&m);
}

/* Rank of b [q x n] by its singular values. */
static size_t rank_of(const double *b, size_t q, size_t n) {
  double *rows = malloc(q * n * sizeof *rows), *s = malloc(q * sizeof *s), *v = malloc(q * q * sizeof *v);
  size_t rank = 0;
  memcpy(rows, b, q * n * sizeof *rows);
  sbnn_svd(n, q, rows, s, v);
  while (rank < q && s[rank] > 1e-10 * s[0]) rank++;
  free(rows), free(s), free(v);
  return rank;
}

Test(sbnn_srrr, ranks_are_kept_and_more_rank_or_less_penalty_fits_better) {
  sbnn_moments m = test_moments();
  double before[8];
  for (size_t i = 0; i < 8; i++) before[i] = INFINITY;
  for (size_t rank = 1; rank <= m.q; rank++) {
    sbnn_srrr *s = sbnn_srrr_new(&m, rank);
    sbnn_error e = {0};
    double last = INFINITY, lambda = 0.4;
    for (size_t i = 0; i < 8; i++, lambda /= 1.5) {
      sbnn_srrr_fit fit;
      cr_assert_eq(sbnn_srrr_solve(s, lambda, &fit, &e), SBNN_OK, "%s", e.text);
      double now = fit_loss(&m, &fit, fit.b);
      cr_expect_eq(rank_of(fit.b, m.q, fit.n_genes), rank);
      cr_expect_eq(rank_of(fit.relaxed, m.q, fit.n_genes), rank);
      cr_expect_lt(now, last);
      cr_expect_lt(now, before[i] + 1e-9);
      cr_expect_lt(fit_loss(&m, &fit, fit.relaxed), now, "relaxed shrinks less");
      before[i] = last = now;
      sbnn_srrr_fit_free(&fit);
    }
    sbnn_srrr_free(s);
  }
  sbnn_moments_free(&m);
}

/* The ridge solution satisfies (X'X/n + lambda) B = X'Y/n; at full rank nothing is projected away. */
Test(sbnn_srrr, relaxed_at_full_rank_is_ridge) {
  sbnn_moments m = test_moments();
  sbnn_srrr *s = sbnn_srrr_new(&m, m.q);
  sbnn_srrr_fit fit;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_srrr_solve(s, 0.15, &fit, &e), SBNN_OK, "%s", e.text);
  cr_assert_gt(fit.n_genes, m.q);
  for (size_t c = 0; c < m.q; c++)
    for (size_t k = 0; k < fit.n_genes; k++) {
      double sum = 0.15 * fit.relaxed[c * fit.n_genes + k];
      for (size_t l = 0; l < fit.n_genes; l++)
        sum += m.xx[fit.genes[k] * m.p + fit.genes[l]] * fit.relaxed[c * fit.n_genes + l];
      cr_expect_float_eq(sum, m.yx[c * m.p + fit.genes[k]], 1e-12);
    }
  sbnn_srrr_fit_free(&fit);
  sbnn_srrr_free(s);
  sbnn_moments_free(&m);
}

Test(sbnn_srrr, no_genes_is_a_fit_too) {
  sbnn_moments m = test_moments();
  sbnn_srrr *s = sbnn_srrr_new(&m, 2);
  sbnn_srrr_fit fit;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_srrr_solve(s, 100, &fit, &e), SBNN_OK);
  cr_expect_eq(fit.n_genes, 0);
  const float x[GENES] = {1}, y[RESPONSES] = {2, 1};
  cr_expect_eq(sbnn_linear_r2(&(sbnn_linear_data){x, y, 1, GENES, RESPONSES}, fit.genes, 0, fit.b), 0);
  sbnn_srrr_fit_free(&fit);
  sbnn_srrr_free(s);
  sbnn_moments_free(&m);
}

/* Two genes may come in together: then the number between them has no penalty. */
Test(sbnn_srrr, a_number_of_genes_finds_its_penalty) {
  sbnn_moments m = test_moments();
  size_t exact = 0;
  for (size_t genes = 1; genes <= 20; genes++) {
    sbnn_srrr *s = sbnn_srrr_new(&m, 3);
    sbnn_srrr_fit fit;
    sbnn_error e = {0};
    cr_assert_eq(sbnn_srrr_solve_genes(s, genes, &fit, &e), SBNN_OK, "%s", e.text);
    cr_expect(fit.n_genes >= genes && fit.n_genes <= genes + 1, "%zu instead of %zu", fit.n_genes, genes);
    exact += fit.n_genes == genes;
    sbnn_srrr_fit_free(&fit);
    sbnn_srrr_free(s);
  }
  cr_expect_geq(exact, 18);
  sbnn_moments_free(&m);
}

Test(sbnn_moments, match_their_definition) {
  data *d = malloc(sizeof *d);
  make_data(d);
  float *x = malloc(sizeof(float) * CELLS * GENES), *y = malloc(sizeof(float) * CELLS * RESPONSES);
  for (int i = 0; i < CELLS * GENES; i++) x[i] = (float)(&d->x[0][0])[i];
  for (int i = 0; i < CELLS * RESPONSES; i++) y[i] = (float)(&d->y[0][0])[i];
  sbnn_moments a = moments_of(d), b;
  sbnn_moments_make(&(sbnn_linear_data){x, y, CELLS, GENES, RESPONSES}, &b);
  for (size_t i = 0; i < GENES * GENES; i++) cr_expect_float_eq(a.xx[i], b.xx[i], 1e-6);
  for (size_t i = 0; i < RESPONSES * GENES; i++) cr_expect_float_eq(a.yx[i], b.yx[i], 1e-6);
  cr_expect_float_eq(a.yy, b.yy, 1e-6);
  sbnn_moments_free(&a);
  sbnn_moments_free(&b);
  free(x), free(y), free(d);
}
