/* csv.c - see csv.h. */
#include "tensor/files/csv.h"
#include "tensor/files/read.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct table {
  const tn_alloc *alloc;
  const char *path;
  char *message;
  tn_csv_options options;
  locale_t c_locale;
  double *number; /* row by row */
  size_t n, room, columns, rows, line;
} table;

static tn_status wrong(const table *t, size_t column, const char *field, const char *what) {
  if (t->message)
    snprintf(t->message, TN_FILE_MESSAGE, "%.250s, line %zu, column %zu: '%.60s' %s", t->path, t->line,
             column, field, what);
  return TN_EFORMAT;
}

static tn_status no_memory(const table *t) {
  if (t->message) snprintf(t->message, TN_FILE_MESSAGE, "%.300s: out of memory", t->path);
  return TN_ENOMEM;
}

/* Strips blanks around the field and ends it with a NUL. */
static char *trimmed(char *field, char *end) {
  while (end > field && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t')) end--;
  *end = '\0';
  return field + strspn(field, " \t");
}

static bool parse(const table *t, const char *field, double *value) {
  char *end;
  if (t->options.missing && (!*field || !strcasecmp(field, "na") || !strcasecmp(field, "nan")))
    return *value = NAN, true;
  const char *digits = field + strspn(field, "+-");
  if (!*field || strpbrk(field, "xX(") || !strncasecmp(digits, "nan", 3))
    return false; /* strtod accepts these too */
  *value = strtod_l(field, &end, t->c_locale);
  return !*end;
}

static tn_status add_number(table *t, size_t column, const char *field) {
  double value;
  if (!parse(t, field, &value)) return wrong(t, column, field, "is no number");
  if (t->n == t->room && tn_grow(t->alloc, &t->number, &t->room, t->n + 1, sizeof *t->number) != TN_OK)
    return no_memory(t);
  t->number[t->n++] = value;
  return TN_OK;
}

/* The end of the field that begins at p. */
static char *field_end(const table *t, char *p) {
  char *end = t->options.separator == ' ' ? p + strcspn(p, " \t") : strchr(p, t->options.separator);
  return end ? end : p + strlen(p);
}

static tn_status read_row(table *t, char *line) {
  size_t columns = 0;
  for (char *p = line, *end; p; p = end) {
    if (t->options.separator == ' ') p += strspn(p, " \t\r");
    if (t->options.separator == ' ' && !*p && columns) break;
    end = field_end(t, p);
    char *next = *end ? end + 1 : NULL;
    tn_status status = add_number(t, ++columns, trimmed(p, end));
    if (status != TN_OK) return status;
    end = next;
  }
  if (t->rows == 0) t->columns = columns;
  if (columns != t->columns) {
    char had[24];
    snprintf(had, sizeof had, "%zu", t->columns);
    return wrong(t, columns, had, "is the number of columns of the rows before, not of this one");
  }
  t->rows++;
  return TN_OK;
}

static char separator_of(const char *line) {
  const char *first = strpbrk(line, "\t,;");
  return first ? *first : ' ';
}

static tn_status read_rows(table *t, char *text) {
  bool header = t->options.header;
  for (char *line = text, *next; line; line = next) {
    next = strchr(line, '\n');
    if (next) *next++ = '\0';
    t->line++;
    if (*line == '#' || !line[strspn(line, " \t\r")]) continue;
    if (!t->options.separator) t->options.separator = separator_of(line);
    tn_status status = header ? TN_OK : read_row(t, line);
    header = false;
    if (status != TN_OK) return status;
  }
  return t->rows ? TN_OK : wrong(t, 1, "", "is all there is: no row of numbers");
}

tn_status tn_csv_read(const tn_alloc *alloc, const char *path, const tn_csv_options *options, tn_array *out,
                      char *message) {
  table t = {
      .alloc = alloc, .path = path, .message = message, .options = options ? *options : (tn_csv_options){0}};
  char *text = NULL;
  size_t n;
  if (!out) return TN_EINVAL;
  *out = (tn_array){0};
  tn_status status = tn_file_read(alloc, path, 0, &text, &n, message);
  if (status != TN_OK) return status;
  t.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!t.c_locale) status = no_memory(&t);
  else if (memchr(text, '\0', n)) status = wrong(&t, 1, "", "is a binary file");
  else status = read_rows(&t, text);
  if (status == TN_OK)
    status = tn_array_new(alloc, TN_F64, 2, (int64_t[]){(int64_t)t.rows, (int64_t)t.columns}, out);
  if (status == TN_OK) memcpy(out->view.data, t.number, t.n * sizeof *t.number);
  if (t.c_locale) freelocale(t.c_locale);
  tn_free(alloc, t.number);
  tn_free(alloc, text);
  return status;
}
