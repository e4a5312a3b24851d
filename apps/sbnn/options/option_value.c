/* option_value.c - see option_value.h. */
#include "options/option_value.h"

#include "options/suggest.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- from text ---- */

/* Digits with an optional sign, nothing else: strtol alone would take " 7" and "7x". */
static bool read_whole(const char *text, size_t length, double lowest, double highest, int *value) {
  if (length == 0 || length > 18 || strspn(text, "+-0123456789") < length) return false;
  char *end;
  long long v = strtoll(text, &end, 10);
  if (end != text + length || (double)v < lowest || (double)v > highest) return false;
  *value = (int)v;
  return true;
}

/* Decimal and finite: strtod alone would take "nan", "0x1p3" and leading blanks. */
static bool read_real(const char *text, const sbnn_option *row, double *value) {
  size_t length = strlen(text);
  if (length == 0 || strspn(text, "+-.0123456789eE") < length) return false;
  char *end;
  double v = strtod(text, &end);
  bool above = row->kind == SBNN_OPTION_POSITIVE ? v > 0 : v >= row->lowest;
  if (*end || !isfinite(v) || !above || v > row->highest) return false;
  *value = v;
  return true;
}

/* An enum without negative values: what the rows of choices have. */
typedef enum choice { FIRST_CHOICE } choice;

/* The position of `text` among "one|two|three", into a field that is an enum. */
static bool read_choice(const char *text, const char *words, void *field) {
  size_t length = strlen(text);
  for (int i = 0;; i++) {
    size_t n = strcspn(words, "|");
    if (n == length && memcmp(words, text, n) == 0) {
      memcpy(field, &(choice){(choice)i}, sizeof(choice));
      return true;
    }
    if (!words[n]) return false;
    words += n + 1;
  }
}

static bool read_widths(const char *text, const sbnn_option *row, sbnn_options *o) {
  int widths[SBNN_MAX_HIDDEN] = {0}, n = 0;
  for (bool more = true; more; n++) {
    size_t length = strcspn(text, ",");
    if (n == SBNN_MAX_HIDDEN || !read_whole(text, length, row->lowest, row->highest, &widths[n]))
      return false;
    more = text[length] == ',';
    text += length + more;
  }
  memcpy(o->hidden, widths, sizeof widths);
  o->n_hidden = n;
  return true;
}

/* On the command line a flag has no value (NULL); elsewhere it is true or false. */
static bool read_flag(const char *text, bool *value) {
  *value = !text || strcmp(text, "true") == 0 || strcmp(text, "yes") == 0 || strcmp(text, "1") == 0;
  return *value || strcmp(text, "false") == 0 || strcmp(text, "no") == 0 || strcmp(text, "0") == 0;
}

bool sbnn_option_set(sbnn_options *o, const sbnn_option *row, const char *text) {
  void *field = sbnn_option_field(o, row);
  switch (row->kind) {
  case SBNN_OPTION_TEXT: *(const char **)field = text; return text && *text;
  case SBNN_OPTION_FLAG: return read_flag(text, field);
  case SBNN_OPTION_WHOLE: return read_whole(text, strlen(text), row->lowest, row->highest, field);
  case SBNN_OPTION_REAL:
  case SBNN_OPTION_POSITIVE: return read_real(text, row, field);
  case SBNN_OPTION_AUTO:
    if (strcmp(text, "auto") != 0) return read_real(text, row, field);
    *(double *)field = -1;
    return true;
  case SBNN_OPTION_CHOICE: return read_choice(text, row->value, field);
  case SBNN_OPTION_RULE: *(const char **)field = text; return sbnn_y_rule_valid(text);
  case SBNN_OPTION_WIDTHS: return read_widths(text, row, o);
  case SBNN_OPTION_COUNTS: return sbnn_whole_list_read(text, (int)row->lowest, (int)row->highest, field);
  case SBNN_OPTION_NUMBERS: return sbnn_numbers_read(text, field);
  }
  return false;
}

/* ---- what it takes ---- */

static void describe_text(const char *value, char text[SBNN_OPTION_NEEDS]) {
  const char *what = strcmp(value, "FILE") == 0  ? "a file"
                     : strcmp(value, "DIR") == 0 ? "a folder"
                                                 : "a name";
  snprintf(text, SBNN_OPTION_NEEDS, "%s", what);
}

/* "strict or paper"; "auto, rows or columns" */
static void describe_choice(const char *words, char text[SBNN_OPTION_NEEDS]) {
  size_t used = 0;
  for (const char *p = words; *p && used + 5 < SBNN_OPTION_NEEDS; p++) {
    const char *joint = strchr(p + 1, '|') ? ", " : " or ";
    used += (size_t)snprintf(text + used, SBNN_OPTION_NEEDS - used, *p == '|' ? "%s" : "%.1s",
                             *p == '|' ? joint : p);
  }
}

void sbnn_option_needs(const sbnn_option *row, char text[SBNN_OPTION_NEEDS]) {
  switch (row->kind) {
  case SBNN_OPTION_TEXT: describe_text(row->value, text); break;
  case SBNN_OPTION_FLAG: snprintf(text, SBNN_OPTION_NEEDS, "true or false"); break;
  case SBNN_OPTION_WHOLE:
    snprintf(text, SBNN_OPTION_NEEDS, "a whole number from %.0f to %.0f", row->lowest, row->highest);
    break;
  case SBNN_OPTION_REAL:
    if (isinf(row->highest)) snprintf(text, SBNN_OPTION_NEEDS, "a number of at least %g", row->lowest);
    else snprintf(text, SBNN_OPTION_NEEDS, "a number from %g to %g", row->lowest, row->highest);
    break;
  case SBNN_OPTION_POSITIVE: snprintf(text, SBNN_OPTION_NEEDS, "a number above 0"); break;
  case SBNN_OPTION_AUTO:
    snprintf(text, SBNN_OPTION_NEEDS, "a number of at least %g, or auto", row->lowest);
    break;
  case SBNN_OPTION_CHOICE: describe_choice(row->value, text); break;
  case SBNN_OPTION_RULE:
    snprintf(text, SBNN_OPTION_NEEDS,
             "none, log1p, clr or zscore, or these by pattern as in 'log1p:CD*,none'");
    break;
  case SBNN_OPTION_WIDTHS:
    snprintf(text, SBNN_OPTION_NEEDS,
             "1 to %d whole numbers from %.0f to %.0f, separated by commas, as in %s", SBNN_MAX_HIDDEN,
             row->lowest, row->highest, row->initial);
    break;
  case SBNN_OPTION_COUNTS:
    snprintf(text, SBNN_OPTION_NEEDS,
             "1 to %d whole numbers from %.0f to %.0f, separated by commas, as in 2,16", SBNN_MAX_LIST,
             row->lowest, row->highest);
    break;
  case SBNN_OPTION_NUMBERS:
    snprintf(text, SBNN_OPTION_NEEDS,
             "1 to %d numbers above 0, separated by commas, or FIRST:LAST:STEP, as in 0.1:1.5:0.1",
             SBNN_MAX_LIST);
    break;
  }
}

/* ---- back to text ---- */

/* The shortest decimal that reads back as the same double. */
static void real_text(double value, char text[SBNN_LIST_TEXT]) {
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, SBNN_LIST_TEXT, "%.*g", digits, value);
    if (strtod(text, NULL) == value) return;
  }
}

static void choice_text(const char *words, const void *field, char text[SBNN_LIST_TEXT]) {
  choice chosen;
  memcpy(&chosen, field, sizeof chosen);
  for (unsigned i = 0; i < chosen; i++) words += strcspn(words, "|") + 1;
  snprintf(text, SBNN_LIST_TEXT, "%.*s", (int)strcspn(words, "|"), words);
}

static void widths_text(const sbnn_options *o, char text[SBNN_LIST_TEXT]) {
  size_t used = 0;
  for (int i = 0; i < o->n_hidden; i++)
    used += (size_t)snprintf(text + used, SBNN_LIST_TEXT - used, "%s%d", i ? "," : "", o->hidden[i]);
}

const char *sbnn_option_text(const sbnn_options *o, const sbnn_option *row, char text[SBNN_LIST_TEXT]) {
  const void *field = sbnn_option_field((sbnn_options *)(uintptr_t)o, row);
  switch (row->kind) {
  case SBNN_OPTION_TEXT:
  case SBNN_OPTION_RULE: return *(const char *const *)field;
  case SBNN_OPTION_FLAG: return *(const bool *)field ? "true" : "false";
  case SBNN_OPTION_WHOLE: snprintf(text, SBNN_LIST_TEXT, "%d", *(const int *)field); break;
  case SBNN_OPTION_REAL:
  case SBNN_OPTION_POSITIVE: real_text(*(const double *)field, text); break;
  case SBNN_OPTION_AUTO:
    if (*(const double *)field < 0) return "auto";
    real_text(*(const double *)field, text);
    break;
  case SBNN_OPTION_CHOICE: choice_text(row->value, field, text); break;
  case SBNN_OPTION_WIDTHS: widths_text(o, text); break;
  case SBNN_OPTION_COUNTS: sbnn_whole_list_text(field, text); return *text ? text : NULL;
  case SBNN_OPTION_NUMBERS: sbnn_numbers_text(field, text); break;
  }
  return text;
}

char sbnn_option_json(const sbnn_option *row) {
  switch (row->kind) {
  case SBNN_OPTION_FLAG: return 'b';
  case SBNN_OPTION_WHOLE:
  case SBNN_OPTION_REAL:
  case SBNN_OPTION_AUTO:
  case SBNN_OPTION_POSITIVE: return 'n';
  case SBNN_OPTION_TEXT:
  case SBNN_OPTION_CHOICE:
  case SBNN_OPTION_RULE:
  case SBNN_OPTION_WIDTHS:
  case SBNN_OPTION_COUNTS:
  case SBNN_OPTION_NUMBERS: break;
  }
  return 's';
}

void sbnn_option_suggest(const sbnn_option *row, const char *typed, char *text, size_t room) {
  static const char rules[] = "none|log1p|clr|zscore";
  enum { MOST = 16, LONGEST = 200 };
  const bool rule = row->kind == SBNN_OPTION_RULE && !strpbrk(typed, ":,");
  char words[LONGEST], lower[LONGEST], *rest = words;
  const char *names[MOST];
  size_t n = 0, i = 0;
  text[0] = 0;
  if (row->kind != SBNN_OPTION_CHOICE && !rule) return;
  snprintf(words, sizeof words, "%s", rule ? rules : row->value);
  while (rest && n < MOST) names[n++] = strsep(&rest, "|");
  for (; typed[i] && i + 1 < sizeof lower; i++) lower[i] = (char)tolower((unsigned char)typed[i]);
  lower[i] = 0;
  snprintf(text, room, ": ");
  sbnn_suggest(lower, names, n, "", text + 2, room - 2);
  if (!text[2]) text[0] = 0;
}
