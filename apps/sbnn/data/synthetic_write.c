/* synthetic_write.c - a data set as the text tables that dataset.h reads (synthetic.h). Each file is written
 * whole or not at all, so that a full disk leaves no half table. */
#include "data/synthetic.h"
#include "tensor/tensor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Quoted where the text would be taken for structure. */
static void put_field(FILE *f, const char *s, char separator) {
  if (*s && *s != '#' && !strpbrk(s, "\"\r\n") && !strchr(s, separator)) {
    fputs(s, f);
    return;
  }
  putc('"', f);
  for (; *s; s++) {
    if (*s == '"') putc('"', f);
    putc(*s, f);
  }
  putc('"', f);
}

static void put_header(FILE *f, const char *corner, char *const *names, size_t n) {
  fputs(corner, f);
  for (size_t i = 0; i < n; i++) {
    putc(',', f);
    put_field(f, names[i], ',');
  }
  putc('\n', f);
}

/* %.9g and %.17g give floats and doubles back to the bit. */
static void put_counts(FILE *f, const sbnn_dataset *d) {
  put_header(f, "gene", d->cell_names, d->n_cells);
  for (size_t g = 0; g < d->n_genes; g++) {
    put_field(f, d->gene_names[g], ',');
    for (size_t i = 0; i < d->n_cells; i++) fprintf(f, ",%.9g", (double)sbnn_counts_at(&d->counts, i, g));
    putc('\n', f);
  }
}

static void put_responses(FILE *f, const sbnn_dataset *d) {
  put_header(f, "cell", d->response_names, d->n_responses);
  for (size_t i = 0; i < d->n_cells; i++) {
    put_field(f, d->cell_names[i], ',');
    for (size_t r = 0; r < d->n_responses; r++) fprintf(f, ",%.17g", d->responses[i * d->n_responses + r]);
    putc('\n', f);
  }
}

static void put_labels(FILE *f, const sbnn_dataset *d) {
  fprintf(f, "cell\t%s%s\n", d->label_column, d->cell_colors ? "\tcolor" : "");
  for (size_t i = 0; i < d->n_cells; i++) {
    put_field(f, d->cell_names[i], '\t');
    putc('\t', f);
    put_field(f, d->label_names[d->labels[i]], '\t');
    if (d->cell_colors) fprintf(f, "\t%s", d->cell_colors[i]);
    putc('\n', f);
  }
}

static int write_table(const char *dir, const char *name, void (*put)(FILE *, const sbnn_dataset *),
                       const sbnn_dataset *d, sbnn_error *e) {
  char *path = sbnn_path_in(dir, name);
  tn_atomic_file f;
  tn_status status = tn_atomic_open(&f, path);
  if (status == TN_OK) {
    put(f.stream, d);
    status = tn_atomic_close(&f, true);
  }
  int code = SBNN_OK;
  if (status != TN_OK)
    code = sbnn_fail(e, SBNN_FAILED, "%s: cannot be written (%s); check the directory and the free space",
                     path, strerror(f.error));
  free(path);
  return code;
}

int sbnn_synthetic_write(const char *dir, const sbnn_dataset *d, sbnn_error *e) {
  int code = write_table(dir, "counts.csv", put_counts, d, e);
  if (code == SBNN_OK) code = write_table(dir, "responses.csv", put_responses, d, e);
  if (code == SBNN_OK && d->labels) code = write_table(dir, "labels.tsv", put_labels, d, e);
  return code;
}
