/* dataset_missing.c - responses that are missing (dataset_join.h). */
#include "data/dataset_join.h"
#include "data/dataset_labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED = 20, TEXT_ROOM = 900 };

/* What is missing: numbers of values in all, by cell and by response. */
typedef struct gaps {
  size_t n, n_cells, n_responses;
  size_t first_cell, first_response;
  size_t *of_cell, *of_response;
} gaps;

static void count_gaps(const sbnn_dataset *d, gaps *g) {
  *g = (gaps){.of_cell = sbnn_alloc(d->n_cells, sizeof *g->of_cell),
              .of_response = sbnn_alloc(d->n_responses, sizeof *g->of_response)};
  for (size_t i = 0; i < d->n_cells; i++)
    for (size_t r = 0; r < d->n_responses; r++) {
      if (!isnan(d->responses[i * d->n_responses + r])) continue;
      if (g->n++ == 0) g->first_cell = i, g->first_response = r;
      g->n_cells += g->of_cell[i]++ == 0;
      g->n_responses += g->of_response[r]++ == 0;
    }
}

/* "'r1' (3), 'r7' (1)" or "'c1', 'c2' and 5 others", in text[TEXT_ROOM]. */
static const char *list_gaps(char *const *name, const size_t *count, size_t n, size_t with, bool counted,
                             char *text) {
  size_t used = 0, shown = 0;
  text[0] = '\0';
  for (size_t i = 0; i < n; i++) {
    if (!count[i]) continue;
    if (shown == LISTED || used + 120 > TEXT_ROOM) break;
    used += (size_t)snprintf(text + used, TEXT_ROOM - used, "%s'%.40s'", shown ? ", " : "", name[i]);
    if (counted) used += (size_t)snprintf(text + used, TEXT_ROOM - used, " (%zu)", count[i]);
    shown++;
  }
  if (shown < with)
    snprintf(text + used, TEXT_ROOM - used, " and %zu other%s", with - shown, with - shown == 1 ? "" : "s");
  return text;
}

static const char *list_responses(const sbnn_dataset *d, const gaps *g, bool counted, char *text) {
  return list_gaps(d->response_names, g->of_response, d->n_responses, g->n_responses, counted, text);
}

static const char *list_cells(const sbnn_dataset *d, const gaps *g, char *text) {
  return list_gaps(d->cell_names, g->of_cell, d->n_cells, g->n_cells, false, text);
}

/* "FILE, line L, column C (NAME)"; where there are no lines, "FILE". */
static void place_of_first(const char *path, const sbnn_join *j, const gaps *g, char *text, size_t room) {
  const size_t *lines = j ? j->y->row_lines : NULL;
  if (!lines) {
    snprintf(text, room, "%s", path);
    return;
  }
  size_t cell = j->cells[g->first_cell].y, response = g->first_response;
  size_t row = j->y_cells_in_rows ? cell : response, column = j->y_cells_in_rows ? response : cell;
  snprintf(text, room, "%s, line %zu, column %zu (%.60s)", path, lines[row], column + 2,
           j->y->col_ids[column]);
}

static int refuse(const sbnn_dataset *d, const char *path, const sbnn_join *j, const gaps *g, sbnn_error *e) {
  char place[600], list[TEXT_ROOM];
  place_of_first(path, j, g, place, sizeof place);
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: the response '%.60s' of cell '%.60s' is missing (%zu missing value%s, in %zu of %zu cells); "
      "fill them in, or leave out these cells (--missing drop-cells) or the responses with gaps "
      "(--missing drop-responses): %.300s",
      place, d->response_names[g->first_response], d->cell_names[g->first_cell], g->n, g->n == 1 ? "" : "s",
      g->n_cells, d->n_cells, list_responses(d, g, true, list));
}

/* left_out: "3 of 60 cells are"; taken over. */
static void note(sbnn_dataset *d, const char *path, const gaps *g, char *left_out, const char *list) {
  char responses[TEXT_ROOM], text[3 * TEXT_ROOM];
  list_responses(d, g, true, responses);
  snprintf(text, sizeof text, "%s: %zu value%s missing, of the response%s %s: %s left out: %s", path, g->n,
           g->n == 1 ? " is" : "s are", g->n_responses == 1 ? "" : "s", responses, left_out, list);
  sbnn_dataset_note(d, text);
  free(left_out);
}

/* For the terminal only: whoever reads the file later decides anew, and is told then. */
static void hint_kept(sbnn_dataset *d, const char *path, const gaps *g) {
  char responses[TEXT_ROOM];
  sbnn_dataset_hint(
      d, sbnn_format("%s: %zu value%s missing in %zu of %zu cells, of the response%s %s: when you use the "
                     "file, --missing drop-cells or drop-responses chooses what to leave out",
                     path, g->n, g->n == 1 ? " is" : "s are", g->n_cells, d->n_cells,
                     g->n_responses == 1 ? "" : "s", list_responses(d, g, true, responses)));
}

/* Labels again, of fewer cells: which there are, their order and their colours depend on the cells. */
static void keep_labels(sbnn_dataset *d, const size_t *cells, size_t n) {
  const char **label = sbnn_alloc(n, sizeof *label);
  char **names = sbnn_copy_strings(d->label_names, d->n_labels);
  const size_t n_names = d->n_labels;
  for (size_t i = 0; i < n; i++) {
    label[i] = names[d->labels[cells[i]]];
    if (d->cell_colors) memmove(d->cell_colors[i], d->cell_colors[cells[i]], sizeof *d->cell_colors);
  }
  d->n_cells = n;
  sbnn_dataset_index_labels(d, label);
  sbnn_free_strings(names, n_names);
  free(label);
}

void sbnn_dataset_keep_cells(sbnn_dataset *d, const size_t *cells, size_t n) {
  const size_t q = d->n_responses;
  sbnn_counts counts = sbnn_counts_rows(&d->counts, cells, n);
  sbnn_counts_free(&d->counts);
  d->counts = counts;
  for (size_t i = 0, next = 0; i < d->n_cells; i++) {
    if (next == n || cells[next] != i) {
      free(d->cell_names[i]);
      continue;
    }
    d->cell_names[next] = d->cell_names[i];
    if (q) memmove(d->responses + next * q, d->responses + i * q, q * sizeof *d->responses);
    next++;
  }
  if (d->labels) keep_labels(d, cells, n);
  d->n_cells = n;
}

static int drop_cells(sbnn_dataset *d, const char *path, const gaps *g, sbnn_error *e) {
  char list[TEXT_ROOM];
  size_t n = 0;
  if (g->n_cells == d->n_cells)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: all %zu cells have missing responses, so --missing drop-cells leaves none; use "
                     "--missing drop-responses or fill them in",
                     path, d->n_cells);
  note(d, path, g,
       sbnn_format("%zu of %zu %s", g->n_cells, d->n_cells, g->n_cells == 1 ? "cells is" : "cells are"),
       list_cells(d, g, list));
  size_t *cells = sbnn_alloc(d->n_cells, sizeof *cells);
  for (size_t i = 0; i < d->n_cells; i++)
    if (!g->of_cell[i]) cells[n++] = i;
  sbnn_dataset_keep_cells(d, cells, n);
  free(cells);
  return SBNN_OK;
}

void sbnn_dataset_drop_responses(sbnn_dataset *d, const size_t *drop) {
  const size_t q = d->n_responses;
  for (size_t i = 0, next = 0; i < d->n_cells; i++)
    for (size_t r = 0; r < q; r++)
      if (!drop[r]) d->responses[next++] = d->responses[i * q + r];
  d->n_responses = 0;
  for (size_t r = 0; r < q; r++)
    if (drop[r]) free(d->response_names[r]);
    else d->response_names[d->n_responses++] = d->response_names[r];
}

static int drop_responses(sbnn_dataset *d, const char *path, const gaps *g, sbnn_error *e) {
  char list[TEXT_ROOM];
  const size_t q = d->n_responses;
  if (g->n_responses == q)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: all %zu responses have missing values, so --missing drop-responses leaves none; use "
        "--missing drop-cells or fill them in",
        path, q);
  note(
      d, path, g,
      sbnn_format("%zu of %zu %s", g->n_responses, q, g->n_responses == 1 ? "responses is" : "responses are"),
      list_responses(d, g, false, list));
  sbnn_dataset_drop_responses(d, g->of_response);
  return SBNN_OK;
}

int sbnn_dataset_missing(sbnn_dataset *d, sbnn_missing policy, const char *path, const sbnn_join *join,
                         sbnn_error *e) {
  gaps g;
  count_gaps(d, &g);
  int code = SBNN_OK;
  if (g.n > 0) switch (policy) {
    case SBNN_MISSING_ERROR: code = refuse(d, path, join, &g, e); break;
    case SBNN_MISSING_DROP_CELLS_ANY:
    case SBNN_MISSING_DROP_CELLS: code = drop_cells(d, path, &g, e); break;
    case SBNN_MISSING_DROP_RESPONSES: code = drop_responses(d, path, &g, e); break;
    case SBNN_MISSING_KEEP: hint_kept(d, path, &g); break;
    }
  free(g.of_cell);
  free(g.of_response);
  return code;
}
