/* test_sbnn_predict.c - `sbnn predict` gives what `sbnn train` wrote, whatever the order of genes and cells.
 */
#include "test_sbnn_run.h"

#include "hash.h"
#include "training/model_file.h"

enum { CELLS = 301 };

static void prepare(void) {
  make_tables(CELLS);
  runs("train --x @x.tsv --y @y.tsv --out @d --y-transform none --variable-genes 60" QUICK);
}
TestSuite(sbnn_predict, .init = prepare, .fini = remove_tables);

/* The line of a cell, without the cell; NULL: there is none. Lives until the next call with this `slot`. */
static const char *row_of(const char *text, const char *cell, int slot) {
  static char rows[3][4096];
  char start[64];
  snprintf(start, sizeof start, "\n%s\t", cell);
  const char *at_row = strstr(text, start);
  if (!at_row) return NULL;
  at_row += strlen(start);
  snprintf(rows[slot], sizeof rows[slot], "%.*s", (int)strcspn(at_row, "\n"), at_row);
  return rows[slot];
}

/* Each row of the prediction is latent.tsv's and predictions.tsv's, letter by letter. */
static void expect_as_trained(const char *path, const size_t *cell, size_t n) {
  char *latent = text_of(at("d/latent.tsv")), *responses = text_of(at("d/predictions.tsv")),
       *mine = text_of(path);
  for (size_t i = 0; i < n; i++) {
    char want[8192];
    const char *name = tables.cell_names[cell[i]], *z = row_of(latent, name, 0),
               *y = row_of(responses, name, 1);
    const char *have = row_of(mine, name, 2);
    cr_assert(z && y && have, "%s", name);
    snprintf(want, sizeof want, "%s\t%s", z, y);
    cr_expect_str_eq(have, want);
  }
  cr_expect_eq(strncmp(mine, "cell\tz1\tz2\t", 11), 0);
  free(latent);
  free(responses);
  free(mine);
}

static void shuffle(size_t *list, size_t n, unsigned seed) {
  for (size_t i = n; i > 1; i--) {
    seed = seed * 1103515245u + 12345u;
    size_t j = (seed >> 8) % i, old = list[i - 1];
    list[i - 1] = list[j];
    list[j] = old;
  }
}

Test(sbnn_predict, training_cells_in_any_order) {
  size_t *gene = in_order(tables.n_genes), *cell = in_order(CELLS);
  runs("predict --model @d --x @x.tsv --out @new.tsv --quiet");
  expect_as_trained(at("new.tsv"), cell, CELLS);
  shuffle(gene, tables.n_genes, 1);
  shuffle(cell, CELLS, 2);
  const size_t sizes[] = {1, 2, 7, 255, 256, 257, CELLS};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    write_counts(at("other.tsv"), gene, tables.n_genes, cell, sizes[i], i % 2);
    runs("predict --model @d --x @other.tsv --out @new.tsv --quiet --force");
    expect_as_trained(at("new.tsv"), cell, sizes[i]);
  }
  free(gene);
  free(cell);
}

/* Extra genes are passed over: the model is of 60 of the genes, so a model of those alone must read them so.
 */
Test(sbnn_predict, only_the_genes_of_the_model_count) {
  sbnn_model_file m;
  sbnn_error e = {0};
  cr_assert_eq(sbnn_model_file_read(at("d"), &m, &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(m.n_genes, 60);
  cr_assert_eq(m.n_kept, 8);
  size_t gene[60], *cell = in_order(CELLS), n = 0;
  double share = 0;
  for (size_t g = 0; g < tables.n_genes; g++)
    for (size_t j = 0; j < m.n_genes; j++)
      if (strcmp(tables.gene_names[g], m.gene_names[j]) == 0) gene[n++] = g;
  for (size_t j = 0; j < m.n_genes; j++) share += m.gene_share[j];
  cr_assert_float_eq(share, 1, 1e-12);
  shuffle(gene, n, 3);
  write_counts(at("few.tsv"), gene, n, cell, CELLS, false);
  runs("predict --model @d --x @few.tsv --out @new.tsv --quiet");
  expect_as_trained(at("new.tsv"), cell, CELLS);
  sbnn_model_file_free(&m);
  free(cell);
}

/* Writes the counts without the genes named, one letter in front of the others' being beside the point. */
static void write_without(const char *path, char *const *name, const size_t *at_name, size_t n) {
  size_t *gene = in_order(tables.n_genes), *cell = in_order(CELLS), kept = 0;
  for (size_t g = 0; g < tables.n_genes; g++) {
    bool dropped = false;
    for (size_t i = 0; i < n; i++) dropped |= strcmp(tables.gene_names[g], name[at_name[i]]) == 0;
    if (!dropped) gene[kept++] = g;
  }
  write_counts(path, gene, kept, cell, CELLS, false);
  free(gene);
  free(cell);
}

Test(sbnn_predict, missing_genes) {
  sbnn_model_file m;
  sbnn_error e = {0};
  size_t other = 0;
  cr_assert_eq(sbnn_model_file_read(at("d"), &m, &e), SBNN_OK, "%s", e.text);
  write_without(at("less.tsv"), m.gene_names, m.kept, 2);
  refuses("predict --model @d --x @less.tsv --out @new.tsv --quiet", SBNN_BAD_INPUT, m.gene_names[m.kept[0]],
          m.gene_names[m.kept[1]]);
  cr_assert_not(there(at("new.tsv")));
  for (bool kept = true; kept; other += kept) {
    kept = false;
    for (size_t i = 0; i < m.n_kept; i++) kept |= m.kept[i] == other;
  }
  write_without(at("less.tsv"), m.gene_names, &other, 1);
  FILE *notice = freopen(at("notice"), "w", stderr);
  cr_assert(notice != NULL);
  runs("predict --model @d --x @less.tsv --out @new.tsv --quiet");
  fflush(stderr);
  char *text = text_of(at("notice")), share[64];
  snprintf(share, sizeof share, "  %s %.3g %%\n", m.gene_names[other], 100 * m.gene_share[other]);
  cr_expect(strstr(text, share) && strstr(text, "lacks 1 of the 60 genes that make up the library size"),
            "%s", text);
  free(text);
  sbnn_model_file_free(&m);
}

Test(sbnn_predict, refusals) {
  refuses("predict --model @nowhere --x @x.tsv --out @new.tsv", SBNN_BAD_INPUT, "nowhere/model.json",
          "sbnn train");
  refuses("predict --model @d --x @y.tsv --out @new.tsv", SBNN_BAD_INPUT, "none of the model's genes",
          "y.tsv");
  put_file(at("ids.tsv"), "cell\tENSMUSG00000020122.5\tENSMUSG00000000001\nc\t1\t2\n");
  refuses("predict --model @d --x @ids.tsv --out @new.tsv", SBNN_BAD_INPUT, "none of",
          "Ensembl ids, the model gene names");
  refuses("predict --model @d --x @x.tsv --x-genes-in rows --out @new.tsv", SBNN_BAD_INPUT, "none of",
          "x-genes-in");
  refuses("predict --model @d --x @x.tsv --out @y.tsv", SBNN_FAILED, "y.tsv exists", "--force");
  refuses("predict --model @d --x @x.tsv --out @d", SBNN_FAILED, "is a folder", "file");
  refuses("predict --model @d --x @x.tsv --out @no/new.tsv", SBNN_FAILED, "could not be written",
          "no/new.tsv");
  refuses("predict --model @d --out @new.tsv", SBNN_USAGE, "--x FILE", "predict");
  cr_assert_not(there(at("new.tsv")));
}

/* A damaged model file never gives numbers. */
Test(sbnn_predict, damaged_models) {
  char *json = text_of(at("d/model.json"));
  static const struct {
    const char *from, *to, *part;
  } bad[] = {{"\"schema\": 1", "\"schema\": 2", "version"},
             {"\"bottleneck\": 2", "\"bottleneck\": 0", "bottleneck"},
             {"\"bottleneck\": 2", "\"bottleneck\": 3", "bottleneck/kernel"},
             {"\"bottleneck\": 2", "\"bottleneck\": 90000", "too small for the network"},
             {"\"names\": [", "\"names\": [], \"were\": [", "names"}, /* and numbers that belong to none */
             {"\"fnv1a64\": \"", "\"fnv1a64\": \"0", "damaged"},
             {"\"mean\": [", "\"mean\": [1,", "mean"},
             {"\"none\"", "\"nine\"", "transform"},
             {"\"hidden\": [", "\"hidden\": [\"a\",", "hidden"},
             {"\"hidden\": [", "\"hidden\": [0,", "hidden"},
             {"\"hidden\": [", "\"hidden\": [100001,", "hidden"},
             {"\"hidden\": [", "\"hidden\": [], \"were\": [", "hidden"},
             {"\"hidden\": [", "\"hidden\": 32, \"were\": [", "hidden"},
             {"\"bottleneck\": 2", "\"bottleneck\": 100001", "bottleneck"},
             {"\"names\": [", "\"names\": [\"\",", "names"},
             {"\"names\": [", "\"names\": [3,", "names"},
             {"\"fnv1a64\": \"", "\"hash\": \"", "damaged"},
             {"\"median\": ", "\"median\": -", "median"},
             {"\"library\": {", "\"library\": {,", "line "}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char *place = strstr(json, bad[i].from);
    cr_assert(place != NULL, "%s", bad[i].from);
    FILE *f = fopen(at("d/model.json"), "w");
    fprintf(f, "%.*s%s%s", (int)(place - json), json, bad[i].to, place + strlen(bad[i].from));
    fclose(f);
    refuses("predict --model @d --x @x.tsv --out @new.tsv", SBNN_BAD_INPUT, bad[i].part, "d/model");
  }
  free(json);
  cr_assert_not(there(at("new.tsv")));
}
