/* test_sbnn_prep.c - data files: the same results as from the tables, and damaged ones are answered by one
 * sentence. */
#include "test_sbnn_cli.h"

#include "data/data_file.h"
#include "nn/nn.h"

#include <math.h>

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
  cr_expect(r.code == 0 && strstr(r.err, "2 values are missing in 2 of 60 cells, of the response 'r1' (2)"),
            "%s", r.err);
  refuse("cv" FAST " --data data --out out", 3, "data|'r1'|'c2'|(2 missing values|--missing drop-responses");
  expect_same("cv" FAST " --folds 3 --missing drop-cells", cv_files);
  expect_same("cv" FAST " --folds 3 --missing drop-responses", cv_files);
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --missing drop-cells --labels l.tsv --out tables");
  run_well("train" FAST " --epochs-autoencoder 3 --missing drop-cells --data data --out prepared");
  cr_expect(cli_same(at("tables/labels.tsv"), at("prepared/labels.tsv")));
  cr_expect(cli_same(at("tables/latent.tsv"), at("prepared/latent.tsv")));
}

/* Cells, genes and responses chosen by name are chosen when the file is read. */
Test(sbnn_prep, chosen_by_name) {
  run_well(PREP);
  put_file(at("list.txt"), "c1\nc2\nc3\nc5\nc8\nc13\nc21\nc34\nc4\nc6\nc7\nc9\nc10\nc11\nc12\nc40\nc41\n");
  expect_same("cv" FAST " --folds 2 --clusters 2 --cells list.txt --drop-responses r1", cv_files);
  expect_same("cv" FAST " --folds 2 --gene-prefix g", cv_files);
}

/* Numbers that are no counts stay so. */
Test(sbnn_prep, numbers_that_are_no_counts) {
  cli_write(at("x.csv"), &(cli_table){.edits = {{1, 1, "-2.5"}}});
  refuse("prep" TABLES " --out d", 3, "is -2.5|--x-transform none");
  run_well("prep" TABLES " --out data --quiet --x-transform none");
  refuse("cv" FAST " --data data --out out", 3, "data was made with --x-transform none|here too");
  expect_same("cv" FAST " --folds 3 --x-transform none", cv_files);
}

/* ---- what is refused ---- */

Test(sbnn_prep, options) {
  run_well(PREP);
  refuse("cv --data data --x x.csv --out out", 2, "--data|--x|exclude each other");
  refuse("train --data data --y y.csv --out out", 2, "--data|--y|exclude each other");
  refuse("srrr --data data --x-genes-in rows --out out", 2, "--data|--x-genes-in|exclude each other");
  refuse("prep --x x.csv --out d", 2, "--y FILE");
  put_file(at("tables.conf"), "x = x.csv\ny = y.csv\nx-genes-in = columns\n");
  put_file(at("data.conf"), "data = data\n");
  put_file(at("both.conf"), "data = data\nx = x.csv\n");
  refuse("cv --config both.conf --out out", 2,
         "--data (both.conf, line 1) and --x (both.conf, line 2) exclude");
  expect_same("srrr --folds 2 --lambdas 0.5 --variable-genes 0 --config tables.conf",
              (const char *const[]){"srrr.tsv", NULL});
  expect_same("srrr --folds 2 --lambdas 0.5 --variable-genes 0 --config data.conf",
              (const char *const[]){"srrr.tsv", NULL});
  refuse(PREP, 1, "data exists|--force");
  refuse("prep" TABLES " --out nowhere/data", 1, "nowhere/data could not be written|No such file");
  run_well(PREP " --force");
}

/* ---- files that are damaged, or by others ---- */

/* Three cells of two genes and one response, as another program may write them; one tensor is replaced. */
static int read_with(const nn_tensor *instead, const char *kind, sbnn_error *e) {
  static const double responses[] = {1, 2, NAN};
  static const uint64_t start[] = {0, 1, 3, 3};
  static const uint32_t column[] = {1, 0, 1};
  static const float value[] = {2, 3, 4};
  static const int32_t labels[] = {0, 1, 0};
  static const char colors[24] = "#1f77b4";
  nn_tensor list[] = {{.name = "responses", .dtype = "F64", .rank = 2, .shape = {3, 1}, .data = responses},
                      {.name = "counts/start", .dtype = "U64", .rank = 1, .shape = {4}, .data = start},
                      {.name = "counts/column", .dtype = "U32", .rank = 1, .shape = {3}, .data = column},
                      {.name = "counts/value", .dtype = "F32", .rank = 1, .shape = {3}, .data = value},
                      {.name = "label_of_cell", .dtype = "I32", .rank = 1, .shape = {3}, .data = labels},
                      {.name = "color_of_cell", .dtype = "U8", .rank = 2, .shape = {3, 8}, .data = colors},
                      {.name = "cell_names", .dtype = "U8", .rank = 1, .shape = {6}, .data = "a\0b\0c"},
                      {.name = "gene_names", .dtype = "U8", .rank = 1, .shape = {6}, .data = "g1\0g2"},
                      {.name = "response_names", .dtype = "U8", .rank = 1, .shape = {2}, .data = "r"},
                      {.name = "label_names", .dtype = "U8", .rank = 1, .shape = {4}, .data = "x\0y"}};
  const size_t n = sizeof list / sizeof *list;
  const char *const about[][2] = {{"kind", kind ? kind : "sbnn data"}, {"schema", "1"}};
  char message[256];
  for (size_t i = 0; i < n && instead; i++)
    if (strcmp(list[i].name, instead->name) == 0) list[i] = *instead;
  cr_assert_eq(nn_tensor_file_write(at("made"), list, n, about, 2, message), TN_OK, "%s", message);
  sbnn_dataset d;
  sbnn_dataset_options o = {.data_path = at("made"), .missing = SBNN_MISSING_KEEP};
  int code = sbnn_dataset_read(&o, &d, e);
  if (code == SBNN_OK) {
    cr_expect(d.n_cells == 3 && d.n_genes == 2 && d.n_responses == 1 && d.n_labels == 2);
    cr_expect_eq(sbnn_counts_at(&d.counts, 1, 0), 3);
    cr_expect(isnan(d.responses[2]) && strcmp(d.label_names[d.labels[1]], "y") == 0);
    sbnn_dataset_free(&d);
  } else {
    cr_expect(!d.cell_names && !d.mapping && !d.counts.start, "all zero after a failure");
  }
  return code;
}

Test(sbnn_prep, files_by_others) {
  sbnn_error e = {0};
  cr_expect_eq(read_with(NULL, NULL, &e), SBNN_OK, "%s", e.text);
  const struct {
    nn_tensor instead;
    const char *says;
  } bad[] = {
#define T(name_, dtype_, says_, type, n_, ...)                                                               \
  {{.name = name_, .dtype = dtype_, .rank = 1, .shape = {n_}, .data = (const type[]){__VA_ARGS__}}, says_}
      T("counts/start", "U64", "has 3 entries, not 4", uint64_t, 3, 0, 1, 3),
      T("counts/start", "I64", "is no U64 of 1 dimension", int64_t, 4, 0, 1, 3, 3),
      T("counts/start", "U64", "does not run from 0", uint64_t, 4, 1, 1, 3, 3),
      T("counts/start", "U64", "does not run from 0", uint64_t, 4, 0, 1, 3, 4),
      T("counts/start", "U64", "does not ascend", uint64_t, 4, 0, 3, 1, 3),
      T("counts/start", "U64", "does not ascend", uint64_t, 4, 0, UINT64_MAX, 1, 3),
      T("counts/column", "U32", "a gene that does not exist", uint32_t, 3, 1, 0, 2),
      T("counts/column", "U32", "does not ascend within a cell", uint32_t, 3, 1, 1, 0),
      T("counts/column", "U32", "does not ascend within a cell", uint32_t, 3, 0, 1, 1),
      T("counts/column", "U32", "'counts/value' has 3 entries, not 2", uint32_t, 2, 1, 0),
      T("counts/value", "F32", "a count of 0", float, 3, 2, 0, 4),
      T("counts/value", "F32", "gene 'g2' in cell 'a' is -1", float, 3, -1, 3, 4),
      T("counts/value", "F32", "gene 'g1' in cell 'b' is nan", float, 3, 2, NAN, 4),
      T("responses", "F64", "is no F64 of 2 dimensions", double, 3, 1, 2, 3),
      T("label_of_cell", "I32", "a label that does not exist", int32_t, 3, 0, 2, 0),
      T("label_of_cell", "I32", "a label that does not exist", int32_t, 3, 0, -1, 0),
      T("label_of_cell", "I32", "has 2 entries, not 3", int32_t, 2, 0, 0),
      T("color_of_cell", "U8", "is no U8 of 2 dimensions", uint8_t, 3, 0, 0, 0),
      T("cell_names", "U8", "has 'a' twice", char, 6, 'a', 0, 'b', 0, 'a', 0),
      T("cell_names", "U8", "does not end with a zero byte", char, 5, 'a', 0, 'b', 0, 'c'),
      T("cell_names", "U8", "'counts/start' has 4 entries, not 3", char, 4, 'a', 0, 'b', 0),
      T("gene_names", "U8", "has '' twice", char, 2, 0, 0),
      T("gene_names", "U8", "'counts/column' has a gene that does not exist", char, 2, 'g', 0),
      T("response_names", "U8", "'responses' has 1 entries, not 2", char, 4, 'r', 0, 's', 0),
      T("label_names", "U8", "a label that does not exist", char, 2, 'x', 0),
  };
  static const char green[24] = "#zzzzzz";
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    e = (sbnn_error){0};
    cr_expect_eq(read_with(&bad[i].instead, NULL, &e), SBNN_BAD_INPUT, "%s", bad[i].says);
    cr_expect(strstr(e.text, bad[i].says) && strstr(e.text, at("made")), "%s is not in: %s", bad[i].says,
              e.text);
  }
  e = (sbnn_error){0};
  cr_expect_eq(
      read_with(
          &(nn_tensor){.name = "color_of_cell", .dtype = "U8", .rank = 2, .shape = {3, 8}, .data = green},
          NULL, &e),
      SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "not a colour"), "%s", e.text);
  e = (sbnn_error){0};
  cr_expect_eq(read_with(NULL, "a model", &e), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "no data file"), "%s", e.text);
}

/* Cut short anywhere: refused. A bit flipped anywhere: refused too, but where the header says something that
 * nobody relies on. */
Test(sbnn_prep, cut_and_flipped, .timeout = 60) {
  cli_write(at("x.csv"), &(cli_table){.cells = 6, .columns = 4});
  cli_write(at("y.csv"), &(cli_table){.cells = 6, .columns = 2, .responses = true});
  run_well(PREP);
  static unsigned char bytes[8192];
  FILE *f = fopen(at("data"), "rb");
  size_t n = fread(bytes, 1, sizeof bytes, f), header = 0;
  fclose(f);
  cr_assert(n > 1000 && n < sizeof bytes, "%zu", n);
  for (int i = 0; i < 8; i++) header |= (size_t)bytes[i] << 8 * i;
  sbnn_dataset_options o = {.data_path = at("cut"), .missing = SBNN_MISSING_KEEP};
  for (size_t i = 0; i < 2 * n; i++) {
    size_t length = i < n ? i : n;
    if (i >= n) bytes[i - n] ^= 1u << i % 8;
    f = fopen(o.data_path, "wb");
    cr_assert(fwrite(bytes, 1, length, f) == length && fclose(f) == 0);
    if (i >= n) bytes[i - n] ^= 1u << i % 8;
    sbnn_error e = {0};
    sbnn_dataset d;
    int code = sbnn_dataset_read(&o, &d, &e);
    if (code == SBNN_OK) sbnn_dataset_free(&d);
    cr_expect(code == SBNN_BAD_INPUT || (code == SBNN_OK && i >= n && i - n < 8 + header), "%zu: %d", i,
              code);
    cr_expect(code == SBNN_OK || (*e.text && !strchr(e.text, '\n')), "%zu", i);
  }
}

Test(sbnn_prep, no_data_files) {
  run_well(PREP);
  run_well("train" TABLES FAST " --epochs-autoencoder 3 --out model");
  refuse("cv" FAST " --data absent --out out", 3, "absent|No such file");
  refuse("cv" FAST " --data x.csv --out out", 3, "x.csv is no safetensors file|--data takes what sbnn prep");
  refuse("cv" FAST " --data . --out out", 3, "no safetensors file");
  refuse("train" FAST " --data model/model.safetensors --out out", 3,
         "model.safetensors is a safetensors file, but no data file|sbnn prep");
  refuse("info --data x.csv", 2, "--data|info");
  cr_assert_eq(truncate(at("data"), 3000), 0);
  refuse("cv" FAST " --data data --out out", 3, "data is damaged or truncated");
}

/* ---- told ---- */

Test(sbnn_prep, inspect) {
  run_well(PREP);
  cli_result r = sbnn("inspect data");
  static const char *const parts[] = {"cells            60\n",        "genes            40\n",
                                      "responses        4\n",         "counts from      x.csv\n",
                                      "labels from      l.tsv\n",     "label column     family\n",
                                      "responses        F64, 60 x 4", "counts/start     U64, 61"};
  cr_assert_eq(r.code, 0);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    cr_expect(strstr(r.out, parts[i]), "%s is not in:\n%s", parts[i], r.out);
}

/* A disk that is full, or a file that may not grow: what was there stays. */
Test(sbnn_prep, nothing_is_lost) {
  run_well(PREP);
  char *before = cli_snapshot(root);
  cli_result r = cli_run(NABLA_SBNN_BIN, root, PREP " --force", &(cli_limits){.file_bytes = 4096});
  expect_words("prep", &r, 1, "cannot write data|free space");
  char *after = cli_snapshot(root);
  cr_expect_str_eq(before, after);
  free(before);
  free(after);
}

/* A run begun from tables does not go on from a data file unnoticed, and one begun from a data file does. */
Test(sbnn_prep, resumes) {
  run_well(PREP);
  run_well("cv" FAST " --folds 3 --data data --out out");
  cli_result r = sbnn("cv" FAST " --folds 3 --data data --out out --resume");
  cr_expect_eq(r.code, 0, "%s", r.err);
  refuse("cv" FAST " --folds 3" TABLES " --out out --resume", 1, "another run");
}
