/* test_sbnn_kmeans.c - k-means against what defines it, and the synthetic data. */
#include "data/folds.h"
#include "data/kmeans.h"
#include "data/prepare.h"
#include "data/random.h"
#include "data/synthetic.h"
#include "tensor/isa.h"
#include "test_sbnn_data.h"

#include <math.h>

TestSuite(sbnn_synthetic, .init = make_root, .fini = remove_root);

/* ---- random numbers ---- */

Test(sbnn_random, moments) {
  enum { N = 100000 };
  const sbnn_stream s = {42, SBNN_STREAM_SYNTHETIC, 0};
  double sum = 0, square = 0, uniform = 0;
  size_t below[7] = {0};
  for (uint64_t i = 0; i < N; i++) {
    double z = sbnn_random_normal(s, i), u = sbnn_random_uniform(s, i);
    cr_assert(u >= 0 && u < 1);
    sum += z, square += z * z, uniform += u;
    below[sbnn_random_below(s, i, 7)]++;
  }
  cr_expect(fabs(sum / N) < 0.015 && fabs(square / N - 1) < 0.02 && fabs(uniform / N - 0.5) < 0.005);
  for (int i = 0; i < 7; i++) cr_expect(fabs((double)below[i] / N - 1.0 / 7) < 0.006);
  cr_expect_eq(sbnn_random_below(s, 3, 1), 0);
}

/* ---- k-means ---- */

static float *blobs(size_t n, size_t d, size_t k, double spread) {
  const sbnn_stream center = {1, SBNN_STREAM_SYNTHETIC, 1}, noise = {1, SBNN_STREAM_SYNTHETIC, 2};
  float *rows = malloc(n * d * sizeof *rows);
  for (size_t i = 0; i < n; i++)
    for (size_t t = 0; t < d; t++)
      rows[i * d + t] = (float)(10 * sbnn_random_normal(center, i % k * d + t) +
                                spread * sbnn_random_normal(noise, i * d + t));
  return rows;
}

static double distance(const float *x, const double *c, size_t d) {
  double sum = 0;
  for (size_t t = 0; t < d; t++) sum += ((double)x[t] - c[t]) * ((double)x[t] - c[t]);
  return sum;
}

/* A fixed point of Lloyd's iteration: each row with its nearest centre, each centre the mean of its rows. */
static void check_fixed_point(const float *rows, const sbnn_kmeans *r) {
  double inertia = 0, *means = calloc(r->k * r->d, sizeof *means);
  size_t *sizes = calloc(r->k, sizeof *sizes);
  for (size_t i = 0; i < r->n; i++) {
    const float *x = rows + i * r->d;
    size_t own = (size_t)r->labels[i];
    double nearest = distance(x, r->centers + own * r->d, r->d);
    inertia += nearest;
    for (size_t j = 0; j < r->k; j++)
      cr_expect(distance(x, r->centers + j * r->d, r->d) >= nearest * (1 - 1e-12), "row %zu, centre %zu", i,
                j);
    sizes[own]++;
    for (size_t t = 0; t < r->d; t++) means[own * r->d + t] += (double)x[t];
  }
  cr_expect_float_eq(r->inertia, inertia, 1e-9 * inertia);
  for (size_t j = 0; j < r->k; j++) {
    cr_expect(sizes[j] == r->sizes[j] && sizes[j] > 0);
    for (size_t t = 0; t < r->d; t++)
      cr_expect_float_eq(means[j * r->d + t] / (double)sizes[j], r->centers[j * r->d + t], 1e-9);
  }
  free(means);
  free(sizes);
}

Test(sbnn_kmeans, finds_separate_clusters) {
  float *rows = blobs(200, 3, 5, 0.1);
  sbnn_kmeans r;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_kmeans_fit(rows, 200, 3, &(sbnn_kmeans_options){.clusters = 5, .restarts = 20}, &r, &e),
               SBNN_OK, "%s", e.text);
  for (size_t i = 5; i < 200; i++) cr_expect_eq(r.labels[i], r.labels[i - 5]);
  for (size_t j = 0; j < 5; j++) cr_expect_eq(r.sizes[j], 40);
  check_fixed_point(rows, &r);
  sbnn_kmeans_free(&r);
  free(rows);
}

/* Overlapping clusters, dimensions and cluster counts that fill no vector: the bounds must not cost
 * exactness. */
Test(sbnn_kmeans, is_a_fixed_point) {
  static const size_t shapes[][3] = {{300, 1, 3}, {257, 5, 7}, {500, 16, 20},
                                     {64, 2, 33}, {50, 3, 1},  {9, 2, 9}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    size_t n = shapes[i][0], d = shapes[i][1], k = shapes[i][2];
    float *rows = blobs(n, d, 4, 12);
    sbnn_kmeans r;
    sbnn_error e = {0};
    cr_assert_eq(sbnn_kmeans_fit(rows, n, d, &(sbnn_kmeans_options){.clusters = k, .restarts = 10}, &r, &e),
                 SBNN_OK, "%s", e.text);
    check_fixed_point(rows, &r);
    sbnn_kmeans_free(&r);
    free(rows);
  }
}

static void expect_same_bits(const sbnn_kmeans *r, const sbnn_kmeans *first, size_t rows,
                             size_t coordinates) {
  cr_expect(r->restart == first->restart && r->inertia == first->inertia);
  cr_expect(memcmp(r->labels, first->labels, rows * sizeof *r->labels) == 0);
  cr_expect(memcmp(r->centers, first->centers, coordinates * sizeof *r->centers) == 0);
}

Test(sbnn_kmeans, same_bits_for_any_number_of_threads) {
  float *rows = blobs(400, 8, 6, 15);
  sbnn_kmeans first = {0};
  for (int threads = 1; threads <= 4; threads++) {
    sbnn_kmeans r;
    sbnn_error e = {0};
    sbnn_kmeans_options o = {.clusters = 12, .restarts = 37, .seed = 9, .threads = threads};
    cr_assert_eq(sbnn_kmeans_fit(rows, 400, 8, &o, &r, &e), SBNN_OK);
    if (threads == 1) {
      first = r;
      continue;
    }
    expect_same_bits(&r, &first, 400, 12 * 8);
    sbnn_kmeans_free(&r);
  }
  sbnn_kmeans_free(&first);
  free(rows);
}

Test(sbnn_kmeans, same_bits_for_every_instruction_set) {
  const tn__isa used = tn__isa_used;
  float *rows = blobs(150, 5, 6, 12);
  sbnn_kmeans first = {0};
  for (tn__isa isa = TN__BASELINE; isa <= TN__AVX512; isa++) {
    sbnn_kmeans r;
    sbnn_error e = {0};
    if (!tn__isa_runs(isa)) continue;
    tn__isa_used = isa;
    cr_assert_eq(sbnn_kmeans_fit(rows, 150, 5, &(sbnn_kmeans_options){.clusters = 9, .restarts = 8}, &r, &e),
                 SBNN_OK);
    if (isa == TN__BASELINE) {
      first = r;
      continue;
    }
    expect_same_bits(&r, &first, 150, 9 * 5);
    sbnn_kmeans_free(&r);
  }
  tn__isa_used = used;
  sbnn_kmeans_free(&first);
  free(rows);
}

/* Stopped early, the labels and centres still fit each other. */
Test(sbnn_kmeans, one_iteration) {
  float *rows = blobs(120, 2, 5, 12);
  for (uint64_t seed = 0; seed < 20; seed++) {
    sbnn_kmeans r;
    sbnn_error e = {0};
    sbnn_kmeans_options o = {.clusters = 7, .restarts = 1, .max_iterations = 1, .seed = seed, .threads = -1};
    cr_assert_eq(sbnn_kmeans_fit(rows, 120, 2, &o, &r, &e), SBNN_OK);
    double inertia = 0;
    for (size_t i = 0; i < 120; i++)
      inertia += distance(rows + 2 * i, r.centers + 2 * (size_t)r.labels[i], 2);
    cr_expect_float_eq(r.inertia, inertia, 1e-9 * inertia);
    for (size_t j = 0; j < 7; j++) cr_expect_gt(r.sizes[j], 0);
    sbnn_kmeans_free(&r);
  }
  free(rows);
}

Test(sbnn_kmeans, more_restarts_are_never_worse) {
  float *rows = blobs(300, 4, 6, 10);
  double before = INFINITY;
  for (size_t restarts = 1; restarts <= 64; restarts *= 4) {
    sbnn_kmeans r;
    sbnn_error e = {0};
    sbnn_kmeans_fit(rows, 300, 4, &(sbnn_kmeans_options){.clusters = 10, .restarts = restarts}, &r, &e);
    cr_expect_leq(r.inertia, before);
    before = r.inertia;
    sbnn_kmeans_free(&r);
  }
  free(rows);
}

Test(sbnn_kmeans, duplicates_and_faults) {
  float rows[12] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};
  sbnn_kmeans r;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_kmeans_fit(rows, 12, 1, &(sbnn_kmeans_options){.clusters = 3, .restarts = 4}, &r, &e),
               SBNN_OK);
  cr_expect(r.inertia == 0 && r.sizes[0] == 4 && r.sizes[1] == 4 && r.sizes[2] == 4);
  sbnn_kmeans_free(&r);
  cr_expect_eq(sbnn_kmeans_fit(rows, 12, 1, &(sbnn_kmeans_options){.clusters = 4, .restarts = 4}, &r, &e),
               SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "12 cells|fewer than 4 distinct|--clusters");
  cr_expect_null(r.labels);
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_kmeans_fit(rows, 12, 1, &(sbnn_kmeans_options){0}, &r, &e), SBNN_BAD_INPUT);
  check_sentence(&e, SBNN_BAD_INPUT, "12 cells|20 clusters");
}

/* scikit-learn 1.9's KMeans(20, n_init=1000, random_state=0) reaches 6922.38 on these numbers. */
Test(sbnn_kmeans, m1_is_as_good_as_scikit_learn) {
  sbnn_dataset_options o = {.x_path = shared_path("data/m1/gene_counts.csv"),
                            .y_path = shared_path("data/m1/ephys_values.csv")};
  sbnn_dataset d;
  sbnn_preparation p;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  size_t *rows = malloc(d.n_cells * sizeof *rows);
  for (size_t i = 0; i < d.n_cells; i++) rows[i] = i;
  float *y = malloc(d.n_cells * 16 * sizeof *y);
  cr_assert_eq(sbnn_prepare_fit(&d, (sbnn_rows){rows, d.n_cells}, &(sbnn_prepare_options){0}, &p, &e),
               SBNN_OK);
  cr_assert_eq(sbnn_prepare_apply(&p, &d, (sbnn_rows){rows, d.n_cells}, NULL, y, &e), SBNN_OK);
  sbnn_kmeans r;
  cr_assert_eq(
      sbnn_kmeans_fit(y, d.n_cells, 16, &(sbnn_kmeans_options){.restarts = 200, .threads = 2}, &r, &e),
      SBNN_OK);
  cr_expect_leq(r.inertia, 6922.38);
  for (size_t j = 0; j < r.k; j++) cr_expect_geq(r.sizes[j], 10);
  check_fixed_point(y, &r);
  sbnn_kmeans_free(&r);
  free(y);
  free(rows);
  sbnn_preparation_free(&p);
  sbnn_dataset_free(&d);
}

/* ---- synthetic data ---- */

/* R2 of a gene's log counts by its best linear direction in the latent plane. */
static double latent_r2(const sbnn_dataset *d, const double *z, size_t gene) {
  double n = (double)d->n_cells, m[3] = {0}, c[6] = {0}; /* zz: 0 1 2, zy: 3 4, yy: 5 */
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < d->n_cells; i++) {
      double v[3] = {z[2 * i], z[2 * i + 1], log2((double)sbnn_counts_at(&d->counts, i, gene) + 1)};
      if (pass == 0) {
        for (int k = 0; k < 3; k++) m[k] += v[k] / n;
        continue;
      }
      for (int k = 0; k < 3; k++) v[k] -= m[k];
      c[0] += v[0] * v[0], c[1] += v[0] * v[1], c[2] += v[1] * v[1];
      c[3] += v[0] * v[2], c[4] += v[1] * v[2], c[5] += v[2] * v[2];
    }
  double det = c[0] * c[2] - c[1] * c[1];
  double a = (c[2] * c[3] - c[1] * c[4]) / det, b = (c[0] * c[4] - c[1] * c[3]) / det;
  return (a * c[3] + b * c[4]) / c[5];
}

Test(sbnn_synthetic, planted_genes_and_only_they_know_the_latent) {
  sbnn_dataset d;
  sbnn_synthetic_truth t;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_synthetic(0, NULL, &d, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(d.n_cells == 600 && d.n_genes == 300 && d.n_responses == 12 && d.n_labels == 6 &&
            t.n_planted == 25);
  cr_expect_str_eq(d.label_colors[0], "#E69F00");
  double mean[2] = {0};
  for (size_t g = 0, next = 0; g < d.n_genes; g++) {
    bool planted = next < t.n_planted && t.planted[next] == g;
    double r2 = latent_r2(&d, t.latent, g);
    cr_expect(planted ? r2 > 0.4 : r2 < 0.06, "gene %zu: %g", g, r2);
    cr_expect_eq(strncmp(d.gene_names[g], "Marker", 6) == 0, planted);
    for (size_t i = 0; i < d.n_cells; i++) mean[planted] += (double)sbnn_counts_at(&d.counts, i, g);
    next += planted;
  }
  double ratio = mean[1] / 25 / (mean[0] / 275);
  cr_expect(ratio > 0.7 && ratio < 1.4, "planted over other mean count: %g", ratio);
  sbnn_synthetic_truth_free(&t);
  sbnn_dataset_free(&d);
}

Test(sbnn_synthetic, seeds_repeat_and_differ) {
  const sbnn_synthetic_options o = {.n_cells = 40, .n_genes = 30, .n_planted = 5, .n_responses = 3};
  sbnn_dataset a, b, c;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_synthetic(7, &o, &a, NULL, &e), SBNN_OK);
  cr_assert_eq(sbnn_synthetic(7, &o, &b, NULL, &e), SBNN_OK);
  cr_assert_eq(sbnn_synthetic(8, &o, &c, NULL, &e), SBNN_OK);
  cr_expect(same_counts(&a.counts, &b.counts));
  cr_expect(memcmp(a.responses, b.responses, 40 * 3 * sizeof *a.responses) == 0);
  cr_expect(!same_counts(&a.counts, &c.counts));
  sbnn_dataset_free(&a);
  sbnn_dataset_free(&b);
  sbnn_dataset_free(&c);
  cr_expect_eq(sbnn_synthetic(0, &(sbnn_synthetic_options){.n_genes = 5, .n_planted = 6}, &a, NULL, &e),
               SBNN_USAGE);
  check_sentence(&e, SBNN_USAGE, "5 genes|6 planted|impossible");
}

Test(sbnn_synthetic, written_tables_read_back_to_the_bit) {
  const sbnn_synthetic_options o = {.n_cells = 40, .n_genes = 30, .n_planted = 5, .n_responses = 3};
  sbnn_dataset a, b;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_synthetic(7, &o, &a, NULL, &e), SBNN_OK, "%s", e.text);
  free(a.gene_names[0]);
  a.gene_names[0] = sbnn_strdup("a \"gene\", with all\nof it");
  cr_assert_eq(sbnn_synthetic_write(root, &a, &e), SBNN_OK, "%s", e.text);
  sbnn_dataset_options from = {
      .x_path = at("counts.csv"), .y_path = at("responses.csv"), .labels_path = at("labels.tsv")};
  cr_assert_eq(sbnn_dataset_read(&from, &b, &e), SBNN_OK, "%s", e.text);
  cr_expect(same_counts(&a.counts, &b.counts));
  cr_expect(memcmp(a.responses, b.responses, 40 * 3 * sizeof *a.responses) == 0);
  cr_expect(memcmp(a.labels, b.labels, 40 * sizeof *a.labels) == 0);
  cr_expect(memcmp(a.cell_colors, b.cell_colors, 40 * sizeof *a.cell_colors) == 0);
  cr_expect_str_eq(b.gene_names[0], a.gene_names[0]);
  cr_expect_str_eq(b.label_column, "family");
  cr_expect_str_eq(b.label_names[5], "Family F");
  sbnn_dataset_free(&b);
  cr_expect_eq(sbnn_synthetic_write("/nonexistent/dir", &a, &e), SBNN_FAILED);
  check_sentence(&e, SBNN_FAILED, "/nonexistent/dir/counts.csv|cannot be written");
  sbnn_dataset_free(&a);
}
