/* table_mtx.c - Matrix Market, coordinate format, with its lists of features and cells (name_lists.h); a folder is
 * a 10x folder and holds matrix.mtx. One of table.c's readers (readers.h). */
#include "data/name_lists.h"
#include "data/readers.h"
#include "data/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DENSE_LIMIT = 1 << 28 }; /* numbers; a table of responses has thousands */

typedef struct matrix {
  sbnn_text text;
  sbnn_name_lists axes;
  bool pattern, sparse;
  size_t n_rows, n_cols, n; /* as the file says; n: entries */
  /* What was read, as rows of cells: the places for counts, the table and what of it is set for values. */
  size_t n_places, room;
  uint32_t *row, *column;
  float *value;
  double *values;
  bool *set;
} matrix;

/* ---- which file ---- */

static bool is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool claims(const char *path) {
  return is_folder(path) || sbnn_looks_like(path, ".mtx", "%%MatrixMarket");
}

/* The matrix of a 10x folder, release with free; a file is its own. NULL and an error if there is none. */
static char *matrix_path(const char *path, sbnn_error *e) {
  static const char *const names[] = {"matrix.mtx", "matrix.mtx.gz"};
  if (!is_folder(path)) return sbnn_strdup(path);
  size_t room = strlen(path) + 16;
  char *file = sbnn_alloc(room, 1);
  for (int i = 0; i < 2; i++) {
    snprintf(file, room, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", names[i]);
    if (access(file, F_OK) == 0) return file;
  }
  free(file);
  sbnn_fail(e, SBNN_BAD_INPUT,
            "%s: the folder holds no matrix.mtx and no matrix.mtx.gz; give a 10x folder such as "
            "filtered_feature_bc_matrix, or a file",
            path);
  return NULL;
}

/* ---- header ---- */

static int refuse(matrix *m, size_t line, const char *what) {
  return sbnn_fail(m->text.error, SBNN_BAD_INPUT, "%s, line %zu: %s", m->text.path, line, what);
}

static int read_banner(matrix *m) {
  sbnn_field f;
  char object[16] = "", format[16] = "", field[16] = "", symmetry[24] = "", extra[2] = "";
  int code = sbnn_text_line(&m->text, &f);
  if (code != SBNN_OK) return code;
  static const char start[] = "%%MatrixMarket ";
  if (strncasecmp(f.text, start, sizeof start - 1) != 0)
    return refuse(m, f.line,
                  "the file does not begin as a Matrix Market file does, with '%%MatrixMarket matrix "
                  "coordinate integer general'; write it again");
  int n =
      sscanf(f.text + sizeof start - 1, "%15s %15s %15s %23s %1s", object, format, field, symmetry, extra);
  if (n != 4 || strcasecmp(object, "matrix") != 0)
    return refuse(m, f.line,
                  "after %%MatrixMarket there must be four words, as in 'matrix coordinate integer general'");
  if (strcasecmp(format, "coordinate") != 0)
    return refuse(m, f.line,
                  "only the format 'coordinate' of Matrix Market is read; write the matrix as a sparse one");
  m->pattern = strcasecmp(field, "pattern") == 0;
  if (!m->pattern && strcasecmp(field, "integer") != 0 && strcasecmp(field, "real") != 0)
    return refuse(m, f.line,
                  "only Matrix Market files of integer, real and pattern are read; write counts as integer");
  if (strcasecmp(symmetry, "general") != 0)
    return refuse(m, f.line,
                  "only 'general' Matrix Market files are read, no symmetric ones; write out all entries");
  return SBNN_OK;
}

/* A whole number and the blanks before it. */
static bool read_whole(const char **s, size_t *value) {
  const char *p = *s;
  while (*p == ' ' || *p == '\t') p++;
  const char *start = p;
  size_t v = 0;
  unsigned digit;
  while ((digit = (unsigned)(*p - '0')) < 10) v = v * 10 + digit, p++;
  *s = p;
  *value = v;
  return p > start && p - start < 19;
}

static bool only_blanks(const char *s) { return s[strspn(s, " \t")] == '\0'; }

/* Passes comments and blank lines. *more: a line was read. */
static int next_line(matrix *m, sbnn_field *f, bool *more) {
  int code = sbnn_text_row(&m->text, more);
  while (code == SBNN_OK && *more) {
    code = sbnn_text_line(&m->text, f);
    if (code != SBNN_OK || (*f->text != '%' && !only_blanks(f->text))) break;
    code = sbnn_text_row(&m->text, more);
  }
  return code;
}

static int read_size(matrix *m) {
  sbnn_field f;
  bool more;
  int code = next_line(m, &f, &more);
  if (code != SBNN_OK) return code;
  if (!more) return refuse(m, m->text.line, "the file ends before the line of its size; write it again");
  const char *s = f.text;
  if (!read_whole(&s, &m->n_rows) || !read_whole(&s, &m->n_cols) || !read_whole(&s, &m->n) || !only_blanks(s))
    return refuse(m, f.line, "this line must have three whole numbers: rows, columns and entries");
  if (m->n_rows == 0 || m->n_cols == 0 || m->n_rows > UINT32_MAX || m->n_cols > UINT32_MAX ||
      m->n > m->n_rows * m->n_cols)
    return refuse(m, f.line,
                  "a matrix cannot have this many rows, columns and entries; write the file again");
  return SBNN_OK;
}

/* ---- entries ---- */

static int entry_error(matrix *m, const sbnn_field *f, int column, const char *what) {
  char shown[64];
  return sbnn_fail(m->text.error, SBNN_BAD_INPUT, "%s, line %zu, column %d: '%s' %s", m->text.path, f->line,
                   column, sbnn_text_show(f->text, shown), what);
}

static int index_error(matrix *m, const sbnn_field *f, int column, size_t limit) {
  char what[128];
  snprintf(what, sizeof what, "has no whole number from 1 to %zu there, the number of a %s", limit,
           column == 1 ? "row" : "column");
  return entry_error(m, f, column, what);
}

/* Integers, which most are, without strtod. */
static bool read_value(matrix *m, const char *s, double *value) {
  size_t whole;
  const char *p = s;
  if (read_whole(&p, &whole) && p - s < 16 && only_blanks(p)) {
    *value = (double)whole;
    return true;
  }
  s += strspn(s, " \t");
  char text[64];
  size_t n = strlen(s);
  while (n && (s[n - 1] == ' ' || s[n - 1] == '\t')) n--;
  if (n == 0 || n >= sizeof text) return false;
  memcpy(text, s, n);
  text[n] = '\0';
  return sbnn_text_parse(&m->text, &(sbnn_field){.text = text, .length = n}, value);
}

static void keep_place(matrix *m, size_t cell, size_t feature, double value) {
  if (m->n_places == m->room) {
    m->room = m->room ? 2 * m->room : 1 << 12;
    m->row = sbnn_realloc(m->row, m->room, sizeof *m->row);
    m->column = sbnn_realloc(m->column, m->room, sizeof *m->column);
    m->value = sbnn_realloc(m->value, m->room, sizeof *m->value);
  }
  m->row[m->n_places] = (uint32_t)cell;
  m->column[m->n_places] = (uint32_t)feature;
  m->value[m->n_places++] = (float)value;
}

static int keep(matrix *m, const sbnn_field *f, size_t i, size_t j, double value) {
  const bool first = m->axes.features_first;
  size_t feature = m->axes.features.place[(first ? i : j) - 1], cell = (first ? j : i) - 1;
  if (feature == SBNN_ABSENT) return SBNN_OK;
  if (m->sparse) {
    if ((float)value != 0) keep_place(m, cell, feature, value);
    return SBNN_OK;
  }
  size_t at = cell * m->axes.features.n_kept + feature;
  if (m->set[at]) return entry_error(m, f, 1, "gives a place a second value; give each place once");
  m->set[at] = true;
  m->values[at] = value;
  return SBNN_OK;
}

static int read_entry(matrix *m, const sbnn_field *f) {
  const char *s = f->text;
  size_t i, j;
  double value = 1;
  if (!read_whole(&s, &i) || i < 1 || i > m->n_rows) return index_error(m, f, 1, m->n_rows);
  if ((*s != ' ' && *s != '\t') || !read_whole(&s, &j) || j < 1 || j > m->n_cols)
    return index_error(m, f, 2, m->n_cols);
  if (m->pattern && !only_blanks(s))
    return entry_error(m, f, 3, "has a value in a file of the kind 'pattern'");
  if (!m->pattern && ((*s != ' ' && *s != '\t') || !read_value(m, s, &value)))
    return entry_error(m, f, 3, "has no number there; write numbers like 12, 0.5 or 1e-3");
  return keep(m, f, i, j, value);
}

static int read_entries(matrix *m) {
  sbnn_field f;
  bool more;
  size_t n = 0;
  int code;
  while ((code = next_line(m, &f, &more)) == SBNN_OK && more) {
    if (++n > m->n)
      return sbnn_fail(m->text.error, SBNN_BAD_INPUT,
                       "%s, line %zu: more entries than the %zu that the file announces; write it again",
                       m->text.path, f.line, m->n);
    if ((code = read_entry(m, &f)) != SBNN_OK) break;
  }
  if (code == SBNN_OK && n < m->n)
    return sbnn_fail(m->text.error, SBNN_BAD_INPUT,
                     "%s: the file ends after %zu of the %zu entries it announces; copy or download it again",
                     m->text.path, n, m->n);
  return code;
}

/* ---- the table ---- */

static int make_counts(matrix *m, sbnn_table *t) {
  size_t cell, feature;
  t->counts = sbnn_counts_from_places(t->n_rows, t->n_cols, m->row, m->column, m->value, m->n_places);
  if (!sbnn_counts_repeated(&t->counts, &cell, &feature)) return SBNN_OK;
  return sbnn_fail(m->text.error, SBNN_BAD_INPUT,
                   "%s: the place of gene '%.60s' and cell '%.60s' has two values; give each place once",
                   m->text.path, m->axes.features.ids[feature], m->axes.cells.ids[cell]);
}

static int prepare_sink(matrix *m) {
  size_t n = m->axes.cells.n * m->axes.features.n_kept; /* each below 2^32 */
  if (m->sparse) return SBNN_OK;
  if (n > DENSE_LIMIT)
    return sbnn_fail(m->text.error, SBNN_BAD_INPUT,
                     "%s: a table of %zu x %zu is too large for responses; give a smaller one", m->text.path,
                     m->axes.cells.n, m->axes.features.n_kept);
  m->values = sbnn_alloc(n, sizeof *m->values);
  m->set = sbnn_alloc(n, sizeof *m->set);
  return SBNN_OK;
}

static int read_matrix(matrix *m, const char *path, const sbnn_table_options *o, sbnn_table *t,
                       sbnn_error *e) {
  int code = sbnn_text_open_any(&m->text, path, e);
  if (code == SBNN_OK && *m->text.at != '%') code = sbnn_text_check_kind(&m->text);
  if (code == SBNN_OK) code = read_banner(m);
  if (code == SBNN_OK) code = read_size(m);
  if (code == SBNN_OK) code = sbnn_name_lists_read(path, ".mtx", o, &m->axes, e);
  if (code == SBNN_OK)
    code = sbnn_name_lists_match(&m->axes,
                                 &(sbnn_unnamed_matrix){.path = path,
                                                        .n_rows = m->n_rows,
                                                        .n_cols = m->n_cols,
                                                        .genes_in = o->genes_in,
                                                        .convention = SBNN_GENES_IN_ROWS},
                                 e);
  if (code == SBNN_OK) code = prepare_sink(m);
  if (code == SBNN_OK) code = read_entries(m);
  if (code != SBNN_OK) return code;
  t->n_rows = m->axes.cells.n_kept;
  t->n_cols = m->axes.features.n_kept;
  if (m->sparse && (code = make_counts(m, t)) != SBNN_OK) return code;
  t->values = m->values;
  m->values = NULL;
  sbnn_name_lists_name(&m->axes, path, sbnn_source_hash(m->text.source), t);
  return SBNN_OK;
}

static int read_table(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  char *file = matrix_path(path, e);
  if (!file) return SBNN_BAD_INPUT;
  matrix m = {.sparse = options->sparse};
  int code = read_matrix(&m, file, options, t, e);
  sbnn_text_close(&m.text);
  sbnn_name_lists_free(&m.axes);
  free(m.row);
  free(m.column);
  free(m.value);
  free(m.values);
  free(m.set);
  free(file);
  return code;
}

const sbnn_file_format sbnn_format_mtx = {.shown = "Matrix Market (.mtx with its lists), a 10x folder",
                                          .magic = "%%MatrixMarket",
                                          .what = "a Matrix Market file",
                                          .claims = claims,
                                          .read = read_table};
