/* test_sbnn_formats.c - the files of ../shared/data/formats, by many writers: names and places of what is read
 * equal those that anndata, mudata and h5py report (tests/acceptance/formats.tsv, made by formats.py). */
#include "test_sbnn_data.h"

#include "data/dataset.h"
#include "data/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

TestSuite(sbnn_formats, .timeout = 300);

#if NABLA_HDF5

/* Each name ended by a line end. */
static uint64_t hash_names(uint64_t hash, char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++) {
    for (const char *c = names[i]; *c; c++) hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    hash = (hash ^ '\n') * UINT64_C(0x100000001b3);
  }
  return hash;
}

static double weigh(const sbnn_counts *c) {
  double sum = 0;
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t k = c->start[i]; k < c->start[i + 1]; k++)
      sum += (double)c->value[k] * (double)(1 + i % 1009) * (double)(1 + c->column[k] % 1013);
  return sum;
}

static void check_counts(const char *path, char *const *field) {
  const sbnn_table_options how = {
      .sparse = true, .allow_duplicates = true, .feature_type = "Gene Expression"};
  sbnn_error e = {0};
  sbnn_table t;
  cr_assert_eq(sbnn_table_read(path, &how, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect_str_eq(t.taken, field[3], "%s", path);
  cr_expect_eq(t.n_rows, (size_t)atol(field[4]), "%s: %zu cells", path, t.n_rows);
  cr_expect_eq(t.n_cols, (size_t)atol(field[5]), "%s: %zu genes", path, t.n_cols);
  const double weighted = strtod(field[7], NULL), got = weigh(&t.counts);
  cr_expect(fabs(got - weighted) <= 1e-12 * fabs(weighted), "%s: %.17g, not %s", path, got, field[7]);
  uint64_t names = hash_names(UINT64_C(0xcbf29ce484222325), t.row_ids, t.n_rows);
  names = hash_names(names, t.col_ids, t.n_cols);
  cr_expect_eq(names, strtoull(field[8], NULL, 16), "%s: other names", path);
  sbnn_table_free(&t);
}

static void check_responses(const char *path, char *const *field) {
  const sbnn_table_options how = {
      .allow_missing = true, .allow_duplicates = true, .responses = true, .feature_type = "Antibody Capture"};
  sbnn_error e = {0};
  sbnn_table t;
  double sum = 0;
  cr_assert_eq(sbnn_table_read(path, &how, &t, &e), SBNN_OK, "%s", e.text);
  for (size_t i = 0; i < t.n_rows * t.n_cols; i++) sum += t.values[i];
  cr_expect_eq(t.n_cols, (size_t)atol(field[9]), "%s: %zu responses", path, t.n_cols);
  const double expected = strtod(field[10], NULL);
  cr_expect(fabs(sum - expected) <= 1e-8 * fabs(expected), "%s: %.17g, not %s", path, sum, field[10]);
  sbnn_table_free(&t);
}

Test(sbnn_formats, names_and_places) {
  const char *folder = shared_path("data/formats");
  FILE *f = fopen(NABLA_SOURCE_DIR "/tests/acceptance/formats.tsv", "r");
  char line[1024], path[2048];
  size_t n = 0;
  cr_assert(f != NULL);
  while (fgets(line, sizeof line, f)) {
    char *field[11], *rest = line;
    line[strcspn(line, "\n")] = '\0';
    for (int i = 0; i < 11; i++) cr_assert((field[i] = strsep(&rest, "\t")) != NULL);
    if (strcmp(field[2], "read") != 0) continue;
    snprintf(path, sizeof path, "%s/%s", folder, field[0]);
    check_counts(path, field);
    if (strcmp(field[9], "-") != 0) check_responses(path, field);
    n++;
  }
  fclose(f);
  cr_expect_geq(n, 37);
}

/* A column by name, with the colours of uns; the other ways to name a part. */
Test(sbnn_formats, parts) {
  char path[2048];
  sbnn_error e = {0};
  sbnn_labels l;
  sbnn_table t;
  snprintf(path, sizeof path, "%s:obs/type", shared_path("data/formats/made/m1_patchseq.h5ad"));
  cr_assert_eq(sbnn_labels_read(path, &l, &e), SBNN_OK, "%s", e.text);
  cr_expect(l.n_rows == 1213 && l.n_cols == 2);
  cr_expect_str_eq(l.col_ids[1], "type_color");
  cr_expect(l.text[1][0] == '#' && strlen(l.text[1]) == 7, "%s", l.text[1]);
  sbnn_labels_free(&l);
  snprintf(path, sizeof path, "%s:layers/dense_counts", shared_path("data/formats/anndataR_example.h5ad"));
  const sbnn_table_options how = {.sparse = true};
  cr_assert_eq(sbnn_table_read(path, &how, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(t.n_rows == 50 && t.n_cols == 100);
  sbnn_table_free(&t);
  snprintf(path, sizeof path, "%s:obs/*Int*", shared_path("data/formats/anndataR_example.h5ad"));
  const sbnn_table_options responses = {.responses = true, .allow_missing = true};
  cr_assert_eq(sbnn_table_read(path, &responses, &t, &e), SBNN_OK, "%s", e.text);
  cr_expect(t.n_rows == 50 && t.n_cols == 2);
  cr_expect_str_eq(t.col_ids[1], "IntNA");
  size_t missing = 0;
  for (size_t i = 0; i < 50; i++) missing += isnan(t.values[2 * i + 1]) != 0;
  cr_expect_gt(missing, 0);
  sbnn_table_free(&t);
}

/* Cells by a label of the file, or of a table. */
Test(sbnn_formats, cells_by_label) {
  char cells[2048];
  const char *path = shared_path("data/formats/made/variants/csr.h5ad");
  sbnn_dataset_options o = {.x_path = path, .y_path = path, .cells_path = cells};
  sbnn_error e = {0};
  sbnn_dataset d;
  sbnn_labels l;
  size_t n = 0;
  snprintf(cells, sizeof cells, "%s:obs/cell_type", path);
  cr_assert_eq(sbnn_labels_read(cells, &l, &e), SBNN_OK, "%s", e.text);
  for (size_t i = 0; i < l.n_rows; i++) n += strcmp(l.text[i * l.n_cols], l.text[0]) == 0;
  cr_assert(n > 10 && n < 290);
  snprintf(cells, sizeof cells, "%s:obs/cell_type=%s", path, l.text[0]);
  cr_assert_eq(sbnn_dataset_read(&o, &d, &e), SBNN_OK, "%s", e.text);
  cr_expect_eq(d.n_cells, n);
  sbnn_dataset_free(&d);
  snprintf(cells, sizeof cells, "%s:obs/cell_type=nobody", path);
  cr_expect_eq(sbnn_dataset_read(&o, &d, &e), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "no cell has 'nobody' in the column 'obs/cell_type'"), "%s", e.text);
  sbnn_labels_free(&l);
}

#else

Test(sbnn_formats, names_and_places) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
