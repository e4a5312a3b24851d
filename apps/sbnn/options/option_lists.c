/* option_lists.c - see option_lists.h. */
#include "options/option_lists.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 12 };

/* A plain decimal above 0 that ends at one of `ends`; *rest is what follows it. */
static bool read_positive(const char *text, const char *ends, double *value, const char **rest) {
  char number[40], *end;
  size_t length = strcspn(text, ends);
  if (length == 0 || length >= sizeof number || strspn(text, "+-.0123456789eE") < length) return false;
  snprintf(number, sizeof number, "%.*s", (int)length, text);
  *value = strtod(number, &end);
  *rest = text + length;
  return !*end && *value > 0 && isfinite(*value);
}

static double rounded(double value) {
  char text[40];
  snprintf(text, sizeof text, "%.*g", DIGITS, value);
  return strtod(text, NULL);
}

bool sbnn_whole_list_read(const char *text, int lowest, int highest, sbnn_whole_list *list) {
  sbnn_whole_list read = {0};
  for (bool more = true; more;) {
    double value;
    if (read.n == SBNN_MAX_LIST || !read_positive(text, ",", &value, &text)) return false;
    if (value != floor(value) || value < lowest || value > highest) return false;
    read.value[read.n++] = (int)value;
    more = *text == ',';
    text += more;
  }
  *list = read;
  return true;
}

static bool read_range(const char *text, sbnn_numbers *list) {
  double first, last, step;
  if (!read_positive(text, ":", &first, &text) || *text++ != ':') return false;
  if (!read_positive(text, ":", &last, &text) || *text++ != ':') return false;
  if (!read_positive(text, "", &step, &text) || last < first) return false;
  double n = floor((last - first) / step + 1e-9) + 1;
  if (n > SBNN_MAX_LIST) return false;
  list->n = (int)n;
  for (int i = 0; i < list->n; i++) list->value[i] = rounded(first + i * step);
  return true;
}

bool sbnn_numbers_read(const char *text, sbnn_numbers *list) {
  sbnn_numbers read = {0};
  bool range = strchr(text, ':');
  if (range && !read_range(text, &read)) return false;
  for (bool more = !range; more;) {
    double value;
    if (read.n == SBNN_MAX_LIST || !read_positive(text, ",", &value, &text)) return false;
    read.value[read.n++] = rounded(value);
    more = *text == ',';
    text += more;
  }
  *list = read;
  return true;
}

void sbnn_whole_list_text(const sbnn_whole_list *list, char text[SBNN_LIST_TEXT]) {
  size_t used = 0;
  text[0] = 0;
  for (int i = 0; i < list->n; i++)
    used += (size_t)snprintf(text + used, SBNN_LIST_TEXT - used, "%s%d", i ? "," : "", list->value[i]);
}

void sbnn_numbers_text(const sbnn_numbers *list, char text[SBNN_LIST_TEXT]) {
  size_t used = 0;
  text[0] = 0;
  for (int i = 0; i < list->n; i++)
    used +=
        (size_t)snprintf(text + used, SBNN_LIST_TEXT - used, "%s%.*g", i ? "," : "", DIGITS, list->value[i]);
}
