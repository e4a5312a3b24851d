/* dataset_hints.c - what is possible but seldom meant, for the terminal (dataset_join.h). */
#include "data/dataset_join.h"
#include "data/text.h"
#include "utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void sbnn_dataset_hint(sbnn_dataset *d, char *text) {
  char *all = d->hint ? sbnn_format("%s\n%s", d->hint, text) : sbnn_strdup(text);
  free(d->hint);
  free(text);
  d->hint = all;
}

static void hint_swap(sbnn_dataset *d) {
  enum { MANY = 50 };
  if (d->n_responses > d->n_genes && d->n_responses >= MANY)
    sbnn_dataset_hint(d, sbnn_format("There are %zu responses but only %zu gene%s. Are the tables swapped? "
                                     "--x takes the counts of the genes, --y the responses",
                                     d->n_responses, d->n_genes, d->n_genes == 1 ? "" : "s"));
}

/* Counts of reads or molecules are whole numbers, unless they were estimated. */
static void hint_fractions(sbnn_dataset *d) {
  enum { ENOUGH = 1000000 };
  const sbnn_counts *c = &d->counts;
  size_t n = c->start[d->n_cells] < ENOUGH ? c->start[d->n_cells] : ENOUGH, broken = 0, at = 0, cell = 0;
  for (size_t k = 0; k < n; k++)
    if (c->value[k] != floorf(c->value[k]) && broken++ == 0) at = k;
  if (100 * broken <= n) return;
  while (c->start[cell + 1] <= at) cell++;
  sbnn_dataset_hint(d,
                    sbnn_format("Many counts are not whole numbers, such as %g of gene '%s' in cell '%s': "
                                "are they estimates? If they are normalised already, use --x-transform none",
                                (double)c->value[at], sbnn_shown(d->gene_names[c->column[at]]),
                                sbnn_shown(d->cell_names[cell])));
}

static bool is_month(const char *text) {
  static const char months[] = "jan feb mar apr may jun jul aug sep oct nov dec ";
  const char *m = months;
  while (*m && strncasecmp(m, text, 3) != 0) m += 4;
  return *m && strlen(text) == 3;
}

/* "1-Mar", "02-Sep" or "Mar-01": what a spreadsheet makes of MARCH1 and SEPT2. */
static bool is_date(const char *name) {
  char month[4];
  unsigned day;
  int n = 0;
  if (sscanf(name, "%2u-%3[A-Za-z]%n", &day, month, &n) == 2) return !name[n] && is_month(month);
  return sscanf(name, "%3[A-Za-z]-%2u%n", month, &day, &n) == 2 && !name[n] && is_month(month);
}

static void hint_dates(sbnn_dataset *d) {
  size_t n = 0, first = 0;
  for (size_t g = d->n_genes; g-- > 0;)
    if (is_date(d->gene_names[g])) first = g, n++;
  if (n)
    sbnn_dataset_hint(d, sbnn_format("%zu gene%s named like a date, such as '%s': a spreadsheet turns names "
                                     "like MARCH1 and SEPT2 into dates. Use the names of the original table",
                                     n, n == 1 ? " is" : "s are", sbnn_shown(d->gene_names[first])));
}

/* Pictures and reports show UTF-8 only. */
static void hint_encoding(sbnn_dataset *d) {
  bool found = false;
  for (size_t r = 0; r < d->n_responses && !found; r++) {
    char *shown = sbnn_utf8(d->response_names[r]);
    found = strcmp(shown, d->response_names[r]) != 0;
    if (found)
      sbnn_dataset_hint(d, sbnn_format("The name of the response '%.60s' has characters that are not UTF-8 "
                                       "(shown as ?). Save the table as CSV UTF-8",
                                       shown));
    free(shown);
  }
}

static void hint_labels(sbnn_dataset *d) {
  enum { MANY = 30 };
  if (d->n_labels > MANY && 2 * d->n_labels > d->n_cells)
    sbnn_dataset_hint(d, sbnn_format("The labels '%s' have %zu different values for %zu cells: is this a "
                                     "column of cell types? Use --label-column to choose another column",
                                     sbnn_shown(d->label_column), d->n_labels, d->n_cells));
}

void sbnn_dataset_hints(sbnn_dataset *d, const sbnn_dataset_options *o) {
  hint_swap(d);
  if (o->x_transform == SBNN_X_COUNTS) hint_fractions(d);
  sbnn_dataset_hint_kinds(d, o);
  hint_dates(d);
  hint_encoding(d);
  hint_labels(d);
}
