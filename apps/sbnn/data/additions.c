/* additions.c - see additions.h. */
#include "data/additions.h"

#include <stdlib.h>
#include <string.h>

sbnn_addition *sbnn_additions_add(sbnn_additions *a, sbnn_addition_kind kind, char *path) {
  a->list = sbnn_realloc(a->list, a->n + 1, sizeof *a->list);
  sbnn_addition *one = &a->list[a->n++];
  *one = (sbnn_addition){.kind = kind, .path = path};
  return one;
}

void sbnn_additions_text(sbnn_additions *a, char *path, const char *text) {
  sbnn_strings_add(&sbnn_additions_add(a, SBNN_ADD_TEXT, path)->texts, text);
}

void sbnn_additions_value(sbnn_additions *a, sbnn_addition_kind kind, char *path, double value) {
  sbnn_additions_add(a, kind, path)->value = value;
}

void sbnn_additions_free(sbnn_additions *a) {
  for (size_t i = 0; i < a->n; i++) {
    free(a->list[i].path);
    free(a->list[i].number);
    free(a->list[i].code);
    sbnn_strings_free(&a->list[i].texts);
  }
  free(a->list);
  *a = (sbnn_additions){0};
}

char *sbnn_addition_key(const char *name) {
  if (name[strspn(name, ".")] == '\0') return sbnn_format("_%s", name);
  char *key = sbnn_strdup(name);
  for (char *c = key; *c; c++)
    if (*c == '/') *c = '_';
  return key;
}
