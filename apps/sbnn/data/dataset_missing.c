/* dataset_missing.c - responses that are missing (dataset_join.h). */
#include "data/dataset_join.h"

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

static void count_gaps(const sbnn_join *j, gaps *g) {
  *g = (gaps){.of_cell = sbnn_alloc(j->n_cells, sizeof *g->of_cell),
              .of_response = sbnn_alloc(j->n_responses, sizeof *g->of_response)};
  for (size_t i = 0; i < j->n_cells; i++)
    for (size_t r = 0; r < j->n_responses; r++) {
      if (!isnan(sbnn_join_value(j, i, r))) continue;
      if (g->n++ == 0) g->first_cell = i, g->first_response = r;
      g->n_cells += g->of_cell[i]++ == 0;
      g->n_responses += g->of_response[r]++ == 0;
    }
}

/* "'r1' (3), 'r7' (1)" or "'c1', 'c2' and 5 others", in text[TEXT_ROOM]. */
static const char *list_gaps(const sbnn_join *j, const size_t *count, size_t n, size_t with,
                             const char *(*name)(const sbnn_join *, size_t), bool counted, char *text) {
  size_t used = 0, shown = 0;
  text[0] = '\0';
  for (size_t i = 0; i < n; i++) {
    if (!count[i]) continue;
    if (shown == LISTED || used + 120 > TEXT_ROOM) break;
    used += (size_t)snprintf(text + used, TEXT_ROOM - used, "%s'%.40s'", shown ? ", " : "", name(j, i));
    if (counted) used += (size_t)snprintf(text + used, TEXT_ROOM - used, " (%zu)", count[i]);
    shown++;
  }
  if (shown < with) snprintf(text + used, TEXT_ROOM - used, " and %zu others", with - shown);
  return text;
}

/* "FILE, line L, column C (NAME)"; where there are no lines, "FILE". */
static void place_of_first(const sbnn_join *j, const gaps *g, char *text, size_t room) {
  size_t cell = j->cells[g->first_cell].y, response = j->responses[g->first_response];
  size_t row = j->y_cells_in_rows ? cell : response, column = j->y_cells_in_rows ? response : cell;
  if (j->y->row_lines)
    snprintf(text, room, "%s, line %zu, column %zu (%.60s)", j->y->path, j->y->row_lines[row], column + 2,
             j->y->col_ids[column]);
  else snprintf(text, room, "%s", j->y->path);
}

static int refuse(const sbnn_join *j, const gaps *g, sbnn_error *e) {
  char place[600], list[TEXT_ROOM];
  place_of_first(j, g, place, sizeof place);
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s: the response '%.60s' of cell '%.60s' is missing, one of %zu missing values in %zu of %zu cells; "
      "fill them in, or leave out these cells (--missing drop-cells) or the responses with gaps "
      "(--missing drop-responses): %.300s",
      place, sbnn_join_response(j, g->first_response), sbnn_join_cell(j, g->first_cell), g->n, g->n_cells,
      j->n_cells,
      list_gaps(j, g->of_response, j->n_responses, g->n_responses, sbnn_join_response, true, list));
}

static void note(sbnn_join *j, const gaps *g, const char *what, size_t left_out, size_t of,
                 const char *list) {
  char responses[TEXT_ROOM], text[3 * TEXT_ROOM];
  list_gaps(j, g->of_response, j->n_responses, g->n_responses, sbnn_join_response, true, responses);
  snprintf(text, sizeof text,
           "%s: %zu values are missing, of the responses %s: %zu of %zu %s are left out: %s", j->y->path,
           g->n, responses, left_out, of, what, list);
  sbnn_strings_add(&j->notes, text);
}

static int drop_cells(sbnn_join *j, const gaps *g, sbnn_error *e) {
  char list[TEXT_ROOM];
  size_t n = 0;
  list_gaps(j, g->of_cell, j->n_cells, g->n_cells, sbnn_join_cell, false, list);
  note(j, g, "cells", g->n_cells, j->n_cells, list);
  if (g->n_cells == j->n_cells)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: all %zu cells have missing responses, so --missing drop-cells leaves none; use "
                     "--missing drop-responses or fill them in",
                     j->y->path, j->n_cells);
  for (size_t i = 0; i < j->n_cells; i++)
    if (!g->of_cell[i]) j->cells[n++] = j->cells[i];
  j->n_cells = n;
  return SBNN_OK;
}

static int drop_responses(sbnn_join *j, const gaps *g, sbnn_error *e) {
  char list[TEXT_ROOM];
  size_t n = 0;
  list_gaps(j, g->of_response, j->n_responses, g->n_responses, sbnn_join_response, false, list);
  note(j, g, "responses", g->n_responses, j->n_responses, list);
  if (g->n_responses == j->n_responses)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: all %zu responses have missing values, so --missing drop-responses leaves none; use "
        "--missing drop-cells or fill them in",
        j->y->path, j->n_responses);
  for (size_t r = 0; r < j->n_responses; r++)
    if (!g->of_response[r]) j->responses[n++] = j->responses[r];
  j->n_responses = n;
  return SBNN_OK;
}

int sbnn_join_missing(sbnn_join *j, sbnn_missing policy, sbnn_error *e) {
  gaps g;
  count_gaps(j, &g);
  int code = SBNN_OK;
  if (g.n > 0) {
    if (policy == SBNN_MISSING_DROP_CELLS) code = drop_cells(j, &g, e);
    else if (policy == SBNN_MISSING_DROP_RESPONSES) code = drop_responses(j, &g, e);
    else code = refuse(j, &g, e);
  }
  free(g.of_cell);
  free(g.of_response);
  return code;
}
