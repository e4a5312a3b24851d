/* table_text.c - tables in CSV and TSV (readers.h): a header, rows of an id and cells, unique ids. Numbers
 * and text share everything but the function that reads the cells of a row. */
#include "data/ids.h"
#include "data/readers.h"
#include "data/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 1 << 24 }; /* more is a file without line ends, not a table */

typedef struct grid grid;
struct grid {
  sbnn_text text;
  sbnn_strings header, row_ids;
  size_t *row_lines; /* line of each row, for messages */
  size_t n_cols;     /* 0 until the first row has been counted */
  /* Reads the cells of a row into the sink: at most max, then only counts; *count is what the row has. */
  int (*read_cells)(grid *g, size_t max, size_t *count);
  const sbnn_table_options *options; /* of numbers; NULL for text */
  sbnn_table table;                  /* sink of numbers: their rows only */
  double *row;                       /* the row being read */
  size_t row_room;
  sbnn_strings cells; /* sink of text */
  char *corner;       /* name of the first column; NULL: none */
  /* Between semicolons a number may have a decimal comma. */
  size_t n_commas, n_points, n_thousands; /* numbers with either, and those that may be thousands: 1,234 */
  char comma[32], point[32];              /* the first of each */
};

/* ---- cells ---- */

static bool is_missing(const char *s) {
  static const char *const names[] = {"", "NA", "N/A", "NaN", "null", "None"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcasecmp(s, names[i]) == 0) return true;
  return false;
}

/* The name of column `cell` (from 0) of the cells. In the first row it is not known yet whether the header
 * has a corner: most have. */
static const char *column_name(const grid *g, size_t cell) {
  size_t i = g->n_cols == g->header.n ? cell : cell + 1;
  return i < g->header.n ? g->header.items[i] : "?";
}

static int number_error(grid *g, const sbnn_field *f, size_t cell) {
  char shown[64], name[64];
  sbnn_text_show(f->text, shown);
  sbnn_text_show(column_name(g, cell), name);
  const char *mend =
      is_missing(f->text)
          ? "a missing value, which counts cannot have; fill it in, or remove its row or column"
      : strchr(f->text, ',')
          ? "not a number; write numbers like 12, 0.5 or 1e-3, with a point and without commas"
      : isalpha((unsigned char)*f->text) ? "not a number; write numbers like 12, 0.5 or 1e-3, and leave out "
                                           "columns of text (types go to --labels)"
                                         : "not a number; write numbers like 12, 0.5 or 1e-3";
  return sbnn_fail(g->text.error, SBNN_BAD_INPUT, "%s, line %zu, column %zu (%s): '%s' is %s", g->text.path,
                   f->line, f->column, name, shown, mend);
}

/* One to three digits and exactly three behind the comma, as in 1,234. */
static bool may_be_thousands(const char *text) {
  size_t before = strspn(text += *text == '-', "0123456789");
  return *text != '0' && before >= 1 && before <= 3 && strspn(text + before + 1, "0123456789") == 3 &&
         !text[before + 4];
}

/* Reads 1,5 as 1.5. */
static bool read_comma(grid *g, sbnn_field *f, double *value) {
  char *comma = strchr(f->text, ',');
  if (g->text.separator != ';' || !comma || strpbrk(comma + 1, ",.") ||
      memchr(f->text, '.', (size_t)(comma - f->text)))
    return false;
  const bool thousands = may_be_thousands(f->text);
  char shown[sizeof g->comma];
  snprintf(shown, sizeof shown, "%s", f->text);
  *comma = '.';
  bool good = sbnn_text_parse(&g->text, f, value);
  *comma = ',';
  if (!good) return false;
  if (g->n_commas++ == 0) memcpy(g->comma, shown, sizeof shown);
  g->n_thousands += thousands;
  return true;
}

static void note_point(grid *g, const sbnn_field *f) {
  if (g->text.separator != ';' || !strchr(f->text, '.')) return;
  if (g->n_points++ == 0) snprintf(g->point, sizeof g->point, "%s", f->text);
}

/* Which mark is which must be certain. */
static int check_marks(const grid *g, sbnn_error *e) {
  if (g->n_commas && g->n_points)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: some numbers have a comma, such as '%s', some a point, such as '%s', so the "
                     "decimal mark is unclear; write all of them with a point",
                     g->text.path, g->comma, g->point);
  if (g->n_commas && g->n_thousands == g->n_commas)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s: every comma is followed by three digits, such as '%s', so it may be a decimal mark "
                     "or separate thousands; write the numbers with a point, or without commas",
                     g->text.path, g->comma);
  return SBNN_OK;
}

static char *semicolon_note(const grid *g) {
  if (g->text.separator != ';') return NULL;
  if (!g->n_commas) return sbnn_format("%s: its fields are separated by semicolons", g->text.path);
  return sbnn_format("%s: fields are separated by semicolons, and numbers have decimal commas ('%s')",
                     g->text.path, g->comma);
}

static int read_number(grid *g, size_t cell, double *value, bool *last) {
  sbnn_field f;
  int code = sbnn_text_field(&g->text, &f);
  if (code != SBNN_OK) return code;
  *last = f.last;
  if (sbnn_text_parse(&g->text, &f, value)) {
    note_point(g, &f);
    return SBNN_OK;
  }
  if (read_comma(g, &f, value)) return SBNN_OK;
  *value = strtod("nan", NULL);
  return g->options->allow_missing && is_missing(f.text) ? SBNN_OK : number_error(g, &f, cell);
}

static int count_rest(grid *g, bool last, size_t *count) {
  sbnn_field f;
  int code = SBNN_OK;
  for (; !last && code == SBNN_OK; last = f.last) {
    code = sbnn_text_field(&g->text, &f);
    if (code != SBNN_OK) return code;
    if (++*count > MAX_COLUMNS) break;
  }
  return code;
}

static int read_numbers(grid *g, size_t max, size_t *count) {
  if (g->row_room < max) {
    g->row_room = max;
    g->row = sbnn_realloc(g->row, max, sizeof *g->row);
  }
  bool last = false;
  int code = SBNN_OK;
  for (*count = 0; !last && *count < max && code == SBNN_OK;) {
    if (g->text.separator != ';') /* there numbers are looked at one by one */
      *count += sbnn_text_numbers(&g->text, g->row + *count, max - *count, &last);
    if (last || *count == max) break;
    code = read_number(g, *count, g->row + *count, &last);
    ++*count;
  }
  return code == SBNN_OK ? count_rest(g, last, count) : code;
}

static int read_strings(grid *g, size_t max, size_t *count) {
  sbnn_field f = {0};
  for (*count = 0; !f.last && *count < max; ++*count) {
    int code = sbnn_text_field(&g->text, &f);
    if (code != SBNN_OK) return code;
    sbnn_strings_add(&g->cells, f.text);
  }
  return count_rest(g, f.last, count);
}

/* ---- header and rows ---- */

static int read_header(grid *g) {
  bool more;
  int code = sbnn_text_skip_comments(&g->text);
  if (code == SBNN_OK) code = sbnn_text_find_separator(&g->text);
  if (code == SBNN_OK) code = sbnn_text_row(&g->text, &more);
  if (code != SBNN_OK) return code;
  size_t line = g->text.line;
  if (!more)
    return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                     "%s: the file holds no table, only blank lines or comments; write it again",
                     g->text.path);
  for (sbnn_field f = {0}; !f.last;) {
    if ((code = sbnn_text_field(&g->text, &f)) != SBNN_OK) return code;
    if ((code = sbnn_text_check_name(&g->text, &f)) != SBNN_OK) return code;
    sbnn_strings_add(&g->header, f.text);
    if (g->header.n > MAX_COLUMNS)
      return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                       "%s, line %zu: too many columns (more than %d); check the file's line ends",
                       g->text.path, line, MAX_COLUMNS);
  }
  if (g->header.n > 1) return SBNN_OK;
  return sbnn_fail(
      g->text.error, SBNN_BAD_INPUT,
      "%s, line %zu: the header has a single column; separate ids and values with commas, tabs or semicolons",
      g->text.path, line);
}

static int ragged(grid *g, size_t line, size_t expected, size_t found) {
  return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                   "%s, line %zu: expected %zu fields like the header, found %zu; make all rows equally long",
                   g->text.path, line, expected, found);
}

/* The first row decides: as many fields as the header (which has a corner), or one more (as R writes it). */
static int check_length(grid *g, size_t line, size_t count) {
  if (g->n_cols == 0 && (count == g->header.n || count + 1 == g->header.n)) g->n_cols = count;
  if (count > 0 && count == g->n_cols) return SBNN_OK;
  return ragged(g, line, (g->n_cols ? g->n_cols : g->header.n - 1) + 1, count + 1);
}

static int read_row(grid *g) {
  sbnn_field id;
  int code = sbnn_text_field(&g->text, &id);
  if (code == SBNN_OK) code = sbnn_text_check_name(&g->text, &id);
  if (code != SBNN_OK) return code;
  if (*id.text == '\0' && !id.last)
    return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                     "%s, line %zu: the row has no name in its first column; give it a unique one",
                     g->text.path, id.line);
  size_t row = g->row_ids.n, count = 0;
  sbnn_strings_add(&g->row_ids, id.text);
  if ((row & (row - 1)) == 0) /* 0 and the powers of two: room for twice as many */
    g->row_lines = sbnn_realloc(g->row_lines, row ? 2 * row : 1, sizeof *g->row_lines);
  g->row_lines[row] = id.line;
  if (!id.last) code = g->read_cells(g, g->n_cols ? g->n_cols : g->header.n, &count);
  if (code == SBNN_OK) code = check_length(g, id.line, count);
  if (code == SBNN_OK && g->options) {
    g->table.n_cols = g->n_cols;
    sbnn_table_add_row(&g->table, g->options->sparse, g->row);
  }
  return code;
}

static int read_rows(grid *g) {
  bool more = true;
  int code = SBNN_OK;
  while (code == SBNN_OK) {
    code = sbnn_text_row(&g->text, &more);
    if (code != SBNN_OK || !more) break;
    code = read_row(g);
  }
  if (code != SBNN_OK || g->row_ids.n > 0) return code;
  return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                   "%s: the table has a header but no rows; write the file again or check its line ends",
                   g->text.path);
}

/* ---- ids ---- */

static int check_columns(grid *g) {
  for (size_t i = 0; i < g->header.n; i++)
    if (*g->header.items[i] == '\0')
      return sbnn_fail(g->text.error, SBNN_BAD_INPUT,
                       "%s: column %zu has no name in the header; give it a unique one", g->text.path, i + 2);
  return SBNN_OK;
}

/* Sentences on the first columns and the first rows of one name; NULL if all differ. */
static char *column_fault(const grid *g) {
  size_t first, second;
  char shown[64];
  sbnn_index x;
  sbnn_index_build(&x, g->header.items, g->header.n, &first, &second);
  sbnn_index_free(&x);
  if (first == SBNN_ABSENT) return NULL;
  return sbnn_format("%s: two columns are named '%s', columns %zu and %zu; make the names unique",
                     g->text.path, sbnn_text_show(g->header.items[first], shown), first + 2, second + 2);
}

static char *row_fault(const grid *g) {
  size_t first, second;
  char shown[64];
  sbnn_index x;
  sbnn_index_build(&x, g->row_ids.items, g->row_ids.n, &first, &second);
  sbnn_index_free(&x);
  if (first == SBNN_ABSENT) return NULL;
  return sbnn_format("%s: two rows are named '%s', on lines %zu and %zu; make the names unique", g->text.path,
                     sbnn_text_show(g->row_ids.items[first], shown), g->row_lines[first],
                     g->row_lines[second]);
}

static void take_corner(grid *g) {
  sbnn_strings *header = &g->header;
  g->corner = header->items[0];
  memmove(header->items, header->items + 1, --header->n * sizeof *header->items);
}

/* ---- the two kinds ---- */

static int read_grid(grid *g, const char *path, sbnn_error *e) {
  int code = sbnn_text_open(&g->text, path, e);
  if (code == SBNN_OK) code = read_header(g);
  if (code == SBNN_OK) code = read_rows(g);
  if (code == SBNN_OK && g->n_cols < g->header.n) take_corner(g);
  return code == SBNN_OK ? check_columns(g) : code;
}

static void free_grid(grid *g) {
  sbnn_text_close(&g->text);
  sbnn_strings_free(&g->header);
  sbnn_strings_free(&g->row_ids);
  sbnn_strings_free(&g->cells);
  sbnn_table_free(&g->table);
  free(g->row_lines);
  free(g->row);
  free(g->corner);
}

static int read_table(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  grid g = {.read_cells = read_numbers, .options = options};
  int code = read_grid(&g, path, e);
  if (code == SBNN_OK) code = check_marks(&g, e);
  if (code == SBNN_OK) {
    *t = g.table; /* n_rows, n_cols, values, counts */
    g.table = (sbnn_table){0};
    t->path = sbnn_strdup(path);
    t->hash = sbnn_source_hash(g.text.source);
    t->note = semicolon_note(&g);
    t->col_fault = column_fault(&g);
    t->row_fault = row_fault(&g);
    t->row_lines = g.row_lines;
    g.row_lines = NULL;
    t->row_ids = sbnn_strings_take(&g.row_ids);
    t->col_ids = sbnn_strings_take(&g.header);
  }
  free_grid(&g);
  return code;
}

static int check_unique(const grid *g, sbnn_error *e) {
  char *columns = column_fault(g);
  int code = columns ? sbnn_fail(e, SBNN_BAD_INPUT, "%s", columns) : SBNN_OK;
  free(columns);
  return code;
}

int sbnn_labels_read_text(const char *path, sbnn_labels *l, sbnn_error *e) {
  grid g = {.read_cells = read_strings};
  int code = read_grid(&g, path, e);
  if (code == SBNN_OK) code = check_unique(&g, e);
  if (code == SBNN_OK) {
    *l = (sbnn_labels){.path = sbnn_strdup(path),
                       .n_rows = g.row_ids.n,
                       .n_cols = g.n_cols,
                       .corner = g.corner,
                       .row_fault = row_fault(&g),
                       .hash = sbnn_source_hash(g.text.source)};
    g.corner = NULL;
    l->row_ids = sbnn_strings_take(&g.row_ids);
    l->col_ids = sbnn_strings_take(&g.header);
    l->text = sbnn_strings_take(&g.cells);
  }
  free_grid(&g);
  return code;
}

static bool claims_anything(const char *path) { return path != NULL; }

const sbnn_file_format sbnn_format_text = {.claims = claims_anything, .read = read_table};
