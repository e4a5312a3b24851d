/* text.c - the tokenizer (text.h). A NUL after the last byte read stops every scan, so the inner loops test
 * no bounds; a NUL anywhere else means that the file is not text. */
#include "data/text.h"

#include "data/readers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  BUFFER_BYTES = 1 << 16,
  MOST_BYTES = 1 << 27 /* of one field or header line: names of five million cells */
};

/* ---- buffer ---- */

/* Gets more bytes behind the unread ones, which may move: pointers into the buffer become invalid. */
static int fill(sbnn_text *t) {
  size_t unread = (size_t)(t->end - t->at);
  if (unread + 1 >= t->capacity) { /* one field or header line fills it all */
    size_t offset = (size_t)(t->at - t->buffer);
    if (t->capacity >= MOST_BYTES)
      return sbnn_fail(t->error, SBNN_BAD_INPUT,
                       "%s, line %zu: a field or a line of names of more than %d MB: this is not a table of "
                       "cells; save it again with line ends",
                       t->path, t->line, MOST_BYTES >> 20);
    t->capacity *= 2;
    t->buffer = sbnn_realloc(t->buffer, t->capacity, 1);
    t->at = t->buffer + offset;
  }
  memmove(t->buffer, t->at, unread);
  t->at = t->buffer;
  size_t got = 0;
  int code = sbnn_source_read(t->source, t->at + unread, t->capacity - unread - 1, &got, t->error);
  t->end = t->at + unread + got;
  *t->end = '\0';
  t->source_end = code == SBNN_OK && got == 0;
  return code;
}

/* Called at a NUL at `offset`: true if a byte other than NUL is there after filling; false at the end of the
 * file or on an error, which is *code. */
static bool refill(sbnn_text *t, size_t offset, int *code) {
  *code = SBNN_OK;
  if (t->at + offset == t->end && !t->source_end) *code = fill(t);
  if (*code != SBNN_OK || t->at + offset == t->end) return false;
  if (t->at[offset]) return true;
  *code =
      sbnn_fail(t->error, SBNN_BAD_INPUT,
                "%s, line %zu: a NUL byte: this is not a text file; save the table as CSV or TSV in UTF-8",
                t->path, t->line);
  return false;
}

/* The byte at `offset` from the reading position; 0 at the end of the file. */
static int peek(sbnn_text *t, size_t offset, char *byte) {
  int code = SBNN_OK;
  while ((size_t)(t->end - t->at) <= offset && !t->source_end && code == SBNN_OK) code = fill(t);
  *byte = (size_t)(t->end - t->at) > offset ? t->at[offset] : '\0';
  return code;
}

/* ---- opening ---- */

static const struct {
  const char *bytes;
  size_t n;
  const char *what, *way; /* way NULL: save it as text */
} foreign[] = {
    {"PK\003\004", 4, "a ZIP archive or an Excel workbook", NULL},
    {"\xd0\xcf\x11\xe0", 4, "an old Excel workbook", NULL},
    {"\x89HDF", 4, "an HDF5 file",
     "HDF5 files are read as counts, responses and labels, but not when the whole file is compressed (gunzip "
     "it)"},
    {"PAR1", 4, "a Parquet file",
     "in Python, pandas.read_parquet(FILE).to_csv('table.csv.gz') writes what is read"},
    {"ARROW1", 6, "an Arrow (Feather) file",
     "in Python, pandas.read_feather(FILE).to_csv('table.csv.gz') writes what is read"},
    {"BZh", 3, "compressed with bzip2", NULL},
    {"\xfd\x37zXZ", 5, "compressed with xz", NULL},
    {"\x28\xb5\x2f\xfd", 4, "compressed with zstd", NULL},
    {"X\n\0\0\0", 5, "an R object (RDS)", NULL},
    {"RDX", 3, "an R workspace (RData)", NULL},
    {"\xff\xfe", 2, "in UTF-16", NULL},
    {"\xfe\xff", 2, "in UTF-16", NULL},
};

/* A format that is read elsewhere: labels are text. */
static const char *other_format(const sbnn_text *t) {
  for (const sbnn_file_format *const *f = sbnn_formats; *f; f++) {
    size_t n = (*f)->what ? strlen((*f)->magic) : 0;
    if (n && (size_t)(t->end - t->at) >= n && memcmp(t->at, (*f)->magic, n) == 0) return (*f)->what;
  }
  return NULL;
}

int sbnn_text_check_kind(sbnn_text *t) {
  size_t n = (size_t)(t->end - t->at);
  const char *what = other_format(t);
  if (what)
    return sbnn_fail(
        t->error, SBNN_BAD_INPUT,
        "%s: this is %s, which is not read here; save the table as CSV or TSV in UTF-8, plain or .gz",
        t->path, what);
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
    if (n >= foreign[i].n && memcmp(t->at, foreign[i].bytes, foreign[i].n) == 0)
      return sbnn_fail(
          t->error, SBNN_BAD_INPUT, "%s: this is %s, which is not read here; %s", t->path, foreign[i].what,
          foreign[i].way ? foreign[i].way : "save the table as CSV or TSV in UTF-8, plain or .gz");
  return SBNN_OK;
}

int sbnn_text_open_any(sbnn_text *t, const char *path, sbnn_error *e) {
  *t = (sbnn_text){.path = path, .error = e, .line = 1, .column = 1, .separator = ','};
  t->source = sbnn_source_open(path, e);
  if (!t->source) return e ? e->code : SBNN_BAD_INPUT;
  t->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!t->c_locale) return sbnn_fail(e, SBNN_FAILED, "%s: no memory to read it; close other programs", path);
  t->capacity = BUFFER_BYTES;
  t->buffer = sbnn_alloc(t->capacity, 1);
  t->at = t->end = t->buffer;
  char byte;
  int code = peek(t, 16, &byte); /* enough for the byte-order mark and the longest magic number */
  if (code != SBNN_OK) return code;
  if (t->end - t->at >= 3 && memcmp(t->at, "\xef\xbb\xbf", 3) == 0) t->at += 3;
  if (t->at == t->end)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: the file is empty; write it again or check the path", path);
  return SBNN_OK;
}

int sbnn_text_open(sbnn_text *t, const char *path, sbnn_error *e) {
  int code = sbnn_text_open_any(t, path, e);
  return code == SBNN_OK ? sbnn_text_check_kind(t) : code;
}

void sbnn_text_close(sbnn_text *t) {
  sbnn_source_close(t->source);
  free(t->buffer);
  if (t->c_locale) freelocale(t->c_locale);
  *t = (sbnn_text){0};
}

/* ---- lines ---- */

static int skip_line_end(sbnn_text *t) {
  char first, second = '\0';
  int code = peek(t, 0, &first);
  if (code == SBNN_OK && first == '\r') code = peek(t, 1, &second);
  if (code != SBNN_OK || (first != '\n' && first != '\r')) return code;
  t->at += first == '\r' && second == '\n' ? 2 : 1;
  t->line++;
  t->column = 1;
  return SBNN_OK;
}

int sbnn_text_row(sbnn_text *t, bool *more) {
  char byte;
  *more = false;
  for (;;) {
    int code = peek(t, 0, &byte);
    if (code != SBNN_OK) return code;
    if (byte != '\n' && byte != '\r') break;
    if ((code = skip_line_end(t)) != SBNN_OK) return code;
  }
  *more = t->at != t->end;
  return SBNN_OK;
}

/* Passes the rest of the line, its end included. */
static int skip_line(sbnn_text *t) {
  int code;
  do {
    t->at += strcspn(t->at, "\r\n");
    if (*t->at) return skip_line_end(t);
  } while (refill(t, 0, &code));
  return code;
}

int sbnn_text_skip_comments(sbnn_text *t) {
  bool more;
  int code = sbnn_text_row(t, &more);
  while (code == SBNN_OK && more && *t->at == '#') {
    code = skip_line(t);
    if (code == SBNN_OK) code = sbnn_text_row(t, &more);
  }
  return code;
}

/* What stands outside quotes in the line that begins at `end`, which becomes the place of its end. */
typedef struct marks {
  size_t tabs, commas, semicolons, end;
} marks;

static int count_marks(sbnn_text *t, marks *m) {
  bool quoted = false;
  int code = SBNN_OK;
  for (;; m->end++) {
    if (t->at[m->end] == '\0' && !refill(t, m->end, &code)) break;
    char c = t->at[m->end];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    m->tabs += c == '\t';
    m->commas += c == ',';
    m->semicolons += c == ';';
  }
  return code;
}

static bool fits(size_t header, size_t row) { return row == header || row == header + 1; }

/* Commas and semicolons both: the first row tells. */
static int commas_or_semicolons(sbnn_text *t, const marks *header) {
  marks row = {.end = header->end};
  int code = SBNN_OK;
  while ((t->at[row.end] != '\0' || refill(t, row.end, &code)) && strchr("\r\n", t->at[row.end])) row.end++;
  if (code == SBNN_OK) code = count_marks(t, &row);
  if (code != SBNN_OK) return code;
  bool commas = fits(header->commas, row.commas), semicolons = fits(header->semicolons, row.semicolons);
  if (commas && semicolons)
    return sbnn_fail(t->error, SBNN_BAD_INPUT,
                     "%s, line %zu: the separator may be the comma or the semicolon; put names that have "
                     "either into quotes, or separate fields with tabs",
                     t->path, t->line);
  t->separator = semicolons ? ';' : ',';
  return SBNN_OK;
}

int sbnn_text_find_separator(sbnn_text *t) {
  marks header = {.end = 0};
  int code = count_marks(t, &header);
  if (code != SBNN_OK) return code;
  if (header.tabs) t->separator = '\t';
  else if (header.semicolons && header.commas) code = commas_or_semicolons(t, &header);
  else if (header.semicolons) t->separator = ';';
  return code;
}

/* ---- fields ---- */

/* Ends the field that occupies at..at+length with its terminator at at+length. */
static int finish_field(sbnn_text *t, size_t length, sbnn_field *f) {
  char stop, next = '\0';
  int code = peek(t, length, &stop);
  if (code == SBNN_OK && stop == '\r') code = peek(t, length + 1, &next);
  if (code != SBNN_OK) return code;
  f->text = t->at;
  f->length = length;
  f->last = stop != t->separator;
  t->at[length] = '\0';
  t->at += length + (t->at + length < t->end) + (stop == '\r' && next == '\n');
  t->column = f->last ? 1 : t->column + 1;
  t->line += f->last;
  return SBNN_OK;
}

static int plain_field(sbnn_text *t, sbnn_field *f) {
  int code = SBNN_OK;
  size_t i = 0;
  for (;; i++) {
    if (t->at[i] == '\0' && !refill(t, i, &code)) break;
    char c = t->at[i];
    if (c == t->separator || c == '\n' || c == '\r') break;
  }
  return code == SBNN_OK ? finish_field(t, i, f) : code;
}

int sbnn_text_line(sbnn_text *t, sbnn_field *f) {
  const char separator = t->separator;
  *f = (sbnn_field){.line = t->line, .column = 1};
  t->separator = '\n'; /* so that only a line's end stops the field */
  int code = plain_field(t, f);
  t->separator = separator;
  if (code != SBNN_OK || f->last) return code; /* by \r, or at the end of the file */
  f->last = true;
  t->column = 1;
  t->line++;
  return SBNN_OK;
}

/* Finds the closing quote: *close is its offset. Doubled quotes stay as they are. */
static int find_quote(sbnn_text *t, size_t *close, size_t *lines) {
  int code = SBNN_OK;
  for (size_t i = 1;; i++) {
    if (t->at[i] == '\0' && !refill(t, i, &code)) {
      if (code != SBNN_OK) return code;
      return sbnn_fail(t->error, SBNN_BAD_INPUT,
                       "%s, line %zu, column %zu: a quote is opened and never closed; close it or remove it",
                       t->path, t->line, t->column);
    }
    *lines += t->at[i] == '\n';
    if (t->at[i] != '"') continue;
    char next;
    if ((code = peek(t, i + 1, &next)) != SBNN_OK) return code;
    *close = i;
    if (next != '"') return SBNN_OK;
    i++;
  }
}

static int quoted_field(sbnn_text *t, sbnn_field *f) {
  size_t close = 0, lines = 0;
  char next;
  int code = find_quote(t, &close, &lines);
  if (code == SBNN_OK) code = peek(t, close + 1, &next);
  if (code != SBNN_OK) return code;
  bool file_end = t->at + close + 1 == t->end;
  if (!file_end && next != t->separator && next != '\n' && next != '\r')
    return sbnn_fail(
        t->error, SBNN_BAD_INPUT, "%s, line %zu, column %zu: %s", t->path, t->line, t->column,
        next == ';'
            ? "a semicolon after a closing quote; save the table with commas or tabs between its fields"
            : "text after a closing quote; double the quotes inside a field");
  code = finish_field(t, close + 1, f);
  t->line += lines;
  char *to = f->text;
  for (size_t i = 1; i < close; i++) {
    *to++ = f->text[i];
    i += f->text[i] == '"'; /* the second of a doubled quote */
  }
  *to = '\0';
  f->length = (size_t)(to - f->text);
  return code;
}

int sbnn_text_field(sbnn_text *t, sbnn_field *f) {
  char first;
  int code = peek(t, 0, &first);
  if (code != SBNN_OK) return code;
  *f = (sbnn_field){.line = t->line, .column = t->column};
  return first == '"' ? quoted_field(t, f) : plain_field(t, f);
}

/* ---- numbers ---- */

size_t sbnn_text_numbers(sbnn_text *t, double *out, size_t max, bool *last) {
  static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char separator = t->separator;
  const char *at = t->at;
  size_t n = 0;
  *last = false;
  while (n < max && !*last) {
    const char *p = at;
    bool negative = *p == '-';
    p += negative;
    uint64_t m = 0;
    unsigned digit;
    const char *start = p, *point = NULL;
    while ((digit = (unsigned)(*p - '0')) < 10) m = m * 10 + digit, p++;
    if (*p == '.') {
      point = ++p;
      while ((digit = (unsigned)(*p - '0')) < 10) m = m * 10 + digit, p++;
    }
    if (*p != separator && *p != '\n') break; /* the buffer's end, blanks, an exponent, \r, text */
    size_t decimals = point ? (size_t)(p - point) : 0;
    size_t digits = (size_t)(p - start) - (point != NULL);
    /* Mantissa and power are both exact doubles: one division rounds correctly (Clinger's fast path). */
    if (digits == 0 || digits > 19 || m > (1ull << 53)) break;
    double v = decimals ? (double)m / power[decimals] : (double)m;
    out[n++] = negative ? -v : v;
    *last = *p != separator;
    at = p + 1;
  }
  t->at += at - t->at;
  t->column = *last ? 1 : t->column + n;
  t->line += *last;
  return n;
}

int sbnn_text_check_name(sbnn_text *t, const sbnn_field *f) {
  for (const char *c = f->text; *c; c++)
    if ((unsigned char)*c < ' ' && *c != '\t' && *c != '\n' && *c != '\r')
      return sbnn_fail(
          t->error, SBNN_BAD_INPUT,
          "%s, line %zu, column %zu: the byte 0x%02x in a name: this is not a text table; save it as "
          "CSV or TSV in UTF-8",
          t->path, f->line, f->column, (unsigned)(unsigned char)*c);
  return SBNN_OK;
}

bool sbnn_text_parse(const sbnn_text *t, const sbnn_field *f, double *value) {
  const char *s = f->text;
  while (*s == ' ') s++;
  if (*s == '\0' || strpbrk(s, "xXnN\t\n\v\f\r")) {
    const char *letters = s + (*s == '-' || *s == '+'); /* only the infinities have an n */
    if (strcasecmp(letters, "inf") != 0 && strcasecmp(letters, "infinity") != 0) return false;
  }
  char *end;
  *value = strtod_l(s, &end, t->c_locale);
  while (*end == ' ') end++;
  return end != s && *end == '\0' && end == f->text + f->length;
}

const char *sbnn_text_show(const char *field, char out[64]) {
  size_t n = strlen(field), keep = n > 40 ? 40 : n;
  while (keep < n && keep > 0 && ((unsigned char)field[keep] & 0xc0) == 0x80) keep--; /* no half characters */
  for (size_t i = 0; i < keep; i++) out[i] = iscntrl((unsigned char)field[i]) ? '?' : field[i];
  strcpy(out + keep, keep < n ? "..." : "");
  return out;
}
