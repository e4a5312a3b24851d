/* test_sbnn_run.h - running the tool's commands inside a test, on small synthetic tables. */
#ifndef TEST_SBNN_RUN_H
#define TEST_SBNN_RUN_H

#include "commands/commands.h"
#include "data/synthetic.h"
#include "test_sbnn_results.h"

/* A few epochs of everything, which takes a second. */
#define QUICK_CV                                                                                             \
  " --quiet --hidden 32,16 --genes 8 --kmeans-restarts 3 --clusters 4 --cluster-min 3 --batch 16"            \
  " --epochs-pretrain 3 --epochs-frozen 3 --epochs-unfrozen 3 --epochs-no-pretrain 4 --epochs-finetune 3"
#define QUICK QUICK_CV " --epochs-autoencoder 3"

static sbnn_dataset tables; /* what the files hold */

/* Genes in rows if `transposed`. `gene` and `cell` list what is written, in that order. */
static inline void write_counts(const char *path, const size_t *gene, size_t n_genes, const size_t *cell,
                                size_t n_cells, bool transposed) {
  FILE *f = fopen(path, "w");
  cr_assert(f != NULL);
  size_t rows = transposed ? n_genes : n_cells, columns = transposed ? n_cells : n_genes;
  fputs("id", f);
  for (size_t j = 0; j < columns; j++)
    fprintf(f, "\t%s", transposed ? tables.cell_names[cell[j]] : tables.gene_names[gene[j]]);
  fputc('\n', f);
  for (size_t i = 0; i < rows; i++) {
    fputs(transposed ? tables.gene_names[gene[i]] : tables.cell_names[cell[i]], f);
    for (size_t j = 0; j < columns; j++) {
      size_t g = transposed ? gene[i] : gene[j], c = transposed ? cell[j] : cell[i];
      fprintf(f, "\t%g", (double)sbnn_counts_at(&tables.counts, c, g));
    }
    fputc('\n', f);
  }
  cr_assert_eq(fclose(f), 0);
}

static inline void write_responses(const char *path) {
  FILE *f = fopen(path, "w");
  cr_assert(f != NULL);
  fputs("cell", f);
  for (size_t r = 0; r < tables.n_responses; r++) fprintf(f, "\t%s", tables.response_names[r]);
  for (size_t i = 0; i < tables.n_cells; i++) {
    fprintf(f, "\n%s", tables.cell_names[i]);
    for (size_t r = 0; r < tables.n_responses; r++)
      fprintf(f, "\t%.17g", tables.responses[i * tables.n_responses + r]);
  }
  fputc('\n', f);
  cr_assert_eq(fclose(f), 0);
}

static inline void write_labels(const char *path) {
  FILE *f = fopen(path, "w");
  cr_assert(f != NULL);
  fputs("cell\ttype\n", f);
  for (size_t i = 0; i < tables.n_cells; i++)
    fprintf(f, "%s\t%s\n", tables.cell_names[i], tables.label_names[tables.labels[i]]);
  cr_assert_eq(fclose(f), 0);
}

/* 0, 1, ... n - 1 */
static inline size_t *in_order(size_t n) {
  size_t *list = calloc(n, sizeof *list);
  for (size_t i = 0; i < n; i++) list[i] = i;
  return list;
}

/* The first `cells` cells of the synthetic data set as x.tsv, y.tsv and labels.tsv. */
static inline void make_tables(size_t cells) {
  sbnn_synthetic_truth truth;
  sbnn_error e = {0};
  make_root();
  cr_assert_eq(sbnn_synthetic(3, NULL, &tables, &truth, &e), SBNN_OK, "%s", e.text);
  sbnn_synthetic_truth_free(&truth);
  size_t *gene = in_order(tables.n_genes), *cell = in_order(tables.n_cells), all = tables.n_cells;
  tables.n_cells = cells;
  write_counts(at("x.tsv"), gene, tables.n_genes, cell, cells, false);
  write_responses(at("y.tsv"));
  write_labels(at("labels.tsv"));
  tables.n_cells = all;
  free(gene);
  free(cell);
}

static inline void remove_tables(void) {
  sbnn_dataset_free(&tables);
  remove_root();
}

/* Runs "train --x ROOT/x.tsv ..."; words that begin with '@' are names in the root. Returns the exit code. */
static inline int run(sbnn_error *e, const char *line) {
  char copy[2048], path[64][256], *argv[64] = {(char *)"sbnn"};
  int argc = 1;
  sbnn_options o;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
    snprintf(path[argc], sizeof path[argc], "%s%s%s", *word == '@' ? root : "", *word == '@' ? "/" : "",
             word + (*word == '@'));
    argv[argc] = path[argc];
    argc++;
  }
  *e = (sbnn_error){0};
  int code = sbnn_options_parse(argc, argv, &o, e);
  return code == SBNN_OK ? o.command->run(&o, e) : code;
}

static inline void runs(const char *line) {
  sbnn_error e;
  cr_assert_eq(run(&e, line), SBNN_OK, "%s: %s", line, e.text);
}

/* One sentence with the code and both parts. */
static inline void refuses(const char *line, int code, const char *part, const char *other) {
  sbnn_error e;
  cr_expect_eq(run(&e, line), code, "%s: %s", line, e.text);
  cr_expect(strchr(e.text, '\n') == NULL && strstr(e.text, part) && strstr(e.text, other),
            "'%s' or '%s' is not in: %s", part, other, e.text);
}

#endif
