/* counts.c - see counts.h. */
#include "data/counts.h"

#include "sbnn.h"

#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

static void make_room(sbnn_counts *c, size_t n_values) {
  if (c->n_rows + 1 > c->row_room || !c->start) {
    c->row_room = c->row_room ? 2 * c->row_room : 64;
    c->start = sbnn_realloc(c->start, c->row_room + 1, sizeof *c->start);
    if (c->n_rows == 0) c->start[0] = 0;
  }
  size_t needed = c->start[c->n_rows] + n_values;
  if (needed <= c->room) return;
  c->room = needed + c->room / 2;
  c->column = sbnn_realloc(c->column, c->room, sizeof *c->column);
  c->value = sbnn_realloc(c->value, c->room, sizeof *c->value);
}

/* Written without a branch on the value, which would be guessed wrong at every other count. */
void sbnn_counts_add_row(sbnn_counts *c, const double *row) {
  make_room(c, c->n_cols);
  size_t at = c->start[c->n_rows];
  for (size_t j = 0; j < c->n_cols; j++) {
    float v = (float)row[j];
    c->column[at] = (uint32_t)j;
    c->value[at] = v;
    at += v != 0;
  }
  c->start[++c->n_rows] = at;
}

sbnn_counts sbnn_counts_from_dense(const float *values, size_t n_rows, size_t n_cols) {
  sbnn_counts c = {.n_cols = n_cols};
  double *row = sbnn_alloc(n_cols, sizeof *row);
  for (size_t i = 0; i < n_rows; i++) {
    for (size_t j = 0; j < n_cols; j++) row[j] = (double)values[i * n_cols + j];
    sbnn_counts_add_row(&c, row);
  }
  free(row);
  return c;
}

static sbnn_counts sized(size_t n_rows, size_t n_cols, size_t n) {
  return (sbnn_counts){.n_rows = n_rows,
                       .n_cols = n_cols,
                       .start = sbnn_alloc(n_rows + 1, sizeof(size_t)),
                       .column = sbnn_alloc(n, sizeof(uint32_t)),
                       .value = sbnn_alloc(n, sizeof(float)),
                       .row_room = n_rows,
                       .room = n};
}

/* start[i + 1] holds the number of values of row i; makes it the row's first place, the cursor of the scatter
 * that follows, after which it is where the row ends. */
static void to_cursors(sbnn_counts *c) {
  size_t at = 0;
  for (size_t i = 0; i < c->n_rows; i++) {
    size_t n = c->start[i + 1];
    c->start[i + 1] = at;
    at += n;
  }
}

static void scatter(sbnn_counts *c, size_t row, size_t column, float value) {
  size_t at = c->start[row + 1]++;
  c->column[at] = (uint32_t)column;
  c->value[at] = value;
}

/* Sorts by column, then by row (each a stable counting sort), so that columns ascend within rows. */
sbnn_counts sbnn_counts_from_places(size_t n_rows, size_t n_cols, const uint32_t *row, const uint32_t *column,
                                    const float *value, size_t n) {
  sbnn_counts by_column = sized(n_cols, n_rows, n);
  size_t *all = sbnn_alloc(n_rows, sizeof *all);
  for (size_t i = 0; i < n_rows; i++) all[i] = i;
  for (size_t k = 0; k < n; k++) by_column.start[column[k] + 1]++;
  to_cursors(&by_column);
  for (size_t k = 0; k < n; k++) scatter(&by_column, column[k], row[k], value[k]);
  sbnn_counts c = sbnn_counts_columns(&by_column, all, n_rows);
  sbnn_counts_free(&by_column);
  free(all);
  return c;
}

bool sbnn_counts_repeated(const sbnn_counts *c, size_t *row, size_t *column) {
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t k = c->start[i] + 1; k < c->start[i + 1]; k++)
      if (c->column[k] == c->column[k - 1]) {
        *row = i;
        *column = c->column[k];
        return true;
      }
  return false;
}

/* ---- selecting ---- */

sbnn_counts sbnn_counts_rows(const sbnn_counts *c, const size_t *rows, size_t n) {
  size_t total = 0;
  for (size_t i = 0; i < n; i++) total += c->start[rows[i] + 1] - c->start[rows[i]];
  sbnn_counts out = sized(n, c->n_cols, total);
  for (size_t i = 0, at = 0; i < n; i++) {
    size_t from = c->start[rows[i]], size = c->start[rows[i] + 1] - from;
    if (size) {
      memcpy(out.column + at, c->column + from, size * sizeof *out.column);
      memcpy(out.value + at, c->value + from, size * sizeof *out.value);
    }
    out.start[i + 1] = at += size;
  }
  return out;
}

sbnn_counts sbnn_counts_columns(const sbnn_counts *c, const size_t *columns, size_t n) {
  size_t total = 0, *count = sbnn_alloc(c->n_cols, sizeof *count),
         *place = sbnn_alloc(c->n_cols, sizeof *place);
  const size_t n_values = c->n_rows ? c->start[c->n_rows] : 0;
  for (size_t k = 0; k < n_values; k++) count[c->column[k]]++;
  for (size_t i = 0; i < n; i++) total += count[columns[i]], place[columns[i]] = i + 1; /* 0: not wanted */
  sbnn_counts out = sized(n, c->n_rows, total);
  for (size_t i = 0; i < n; i++) out.start[i + 1] = count[columns[i]];
  to_cursors(&out);
  for (size_t row = 0; row < c->n_rows; row++)
    for (size_t k = c->start[row]; k < c->start[row + 1]; k++) {
      size_t to = place[c->column[k]];
      if (to) scatter(&out, to - 1, row, c->value[k]);
    }
  free(count);
  free(place);
  return out;
}

/* ---- reading ---- */

float sbnn_counts_at(const sbnn_counts *c, size_t row, size_t column) {
  size_t low = c->start[row], high = c->start[row + 1];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (c->column[middle] < column) low = middle + 1;
    else high = middle;
  }
  return low < c->start[row + 1] && c->column[low] == column ? c->value[low] : 0;
}

void sbnn_counts_gather(const sbnn_counts *c, size_t row, const size_t *columns, size_t n, double *out) {
  size_t k = c->start[row];
  const size_t end = c->start[row + 1];
  for (size_t j = 0; j < n; j++) {
    while (k < end && c->column[k] < columns[j]) k++;
    out[j] = k < end && c->column[k] == columns[j] ? (double)c->value[k] : 0;
  }
}

void sbnn_counts_row(const sbnn_counts *c, size_t row, float *out) {
  memset(out, 0, c->n_cols * sizeof *out);
  for (size_t k = c->start[row]; k < c->start[row + 1]; k++) out[c->column[k]] = c->value[k];
}

size_t sbnn_counts_bytes(const sbnn_counts *c) {
  return (c->n_rows ? c->start[c->n_rows] : 0) * (sizeof *c->column + sizeof *c->value) +
         (c->n_rows + 1) * sizeof *c->start;
}

void sbnn_counts_free(sbnn_counts *c) {
  if (!c->borrowed) {
    free(c->start);
    free(c->column);
    free(c->value);
  }
  *c = (sbnn_counts){0};
}
