/* annotation.c - see annotation.h: the list, and its way into the file. */
#include "annotate/annotation.h"

#include "data/h5_copy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

sbnn_annotated *sbnn_annotation_add(sbnn_annotation *a, sbnn_annotates what, const char *key, size_t n,
                                    size_t width) {
  a->list = sbnn_realloc(a->list, a->n + 1, sizeof *a->list);
  sbnn_annotated *one = &a->list[a->n++];
  *one = (sbnn_annotated){
      .what = what, .key = sbnn_strdup(key), .width = width, .value = sbnn_alloc(n * width, sizeof(float))};
  return one;
}

void sbnn_annotation_free(sbnn_annotation *a) {
  for (size_t i = 0; i < a->n; i++) {
    free(a->list[i].key);
    free(a->list[i].value);
    sbnn_strings_free(&a->list[i].ids);
    sbnn_strings_free(&a->list[i].columns);
  }
  free(a->list);
  sbnn_additions_free(&a->uns);
  free(a->gene_names);
  free(a->gene_prefix);
  *a = (sbnn_annotation){0};
}

/* ---- rows of the file ---- */

/* By place in the file the place among the ids; SBNN_ABSENT: not there. Genes told apart by -1, -2 are told apart
 * in the file's names too. */
typedef struct rows {
  size_t n, *from;
  size_t found;
  const char *twice; /* a name that stands in the file twice; borrowed from the ids */
} rows;

static rows find_rows(const sbnn_strings *file, const sbnn_strings *ids) {
  rows r = {.n = file->n, .from = sbnn_alloc(file->n, sizeof *r.from)};
  unsigned char *seen = sbnn_alloc(ids->n, 1);
  sbnn_index x;
  sbnn_index_build(&x, ids->items, ids->n, NULL, NULL);
  for (size_t i = 0; i < r.n; i++) {
    const size_t k = r.from[i] = *file->items[i] ? sbnn_index_find(&x, file->items[i]) : SBNN_ABSENT;
    if (k == SBNN_ABSENT) continue;
    if (seen[k]++) r.twice = ids->items[k];
    r.found++;
  }
  sbnn_index_free(&x);
  free(seen);
  return r;
}

/* Genes that var does not name so but raw/var does: the rows of var with the same entry in the index, unless
 * that stands in var or in raw/var twice. */
static void find_in_raw(const sbnn_h5_object *o, const sbnn_strings *ids, rows *r) {
  sbnn_index wanted, raw;
  size_t *times = sbnn_alloc(o->raws.n, sizeof *times);
  sbnn_index_build(&wanted, ids->items, ids->n, NULL, NULL);
  sbnn_index_build(&raw, o->raws.items, o->raws.n, NULL, NULL);
  for (size_t k = 0; k < o->raws.n; k++) times[sbnn_index_find(&raw, o->raws.items[k])]++;
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < r->n; i++) {
      const size_t k = sbnn_index_find(&raw, o->ids.items[i]);
      if (k == SBNN_ABSENT || r->from[i] != SBNN_ABSENT) continue;
      if (pass == 0) times[k] += 1u << 16;
      else if (times[k] == 1 + (1u << 16) && *o->raw_genes.items[k]) {
        r->from[i] = sbnn_index_find(&wanted, o->raw_genes.items[k]);
        r->found += r->from[i] != SBNN_ABSENT;
      }
    }
  sbnn_index_free(&wanted);
  sbnn_index_free(&raw);
  free(times);
}

static rows rows_of(const sbnn_h5_object *o, const sbnn_annotated *one, bool whole) {
  if (one->what == SBNN_OF_CELLS || one->what == SBNN_CLASS_OF_CELL)
    return find_rows(whole ? &o->all_cells : &o->cells, &one->ids);
  rows r = find_rows(&o->genes, &one->ids);
  if (r.found < one->ids.n && o->raws.n) find_in_raw(o, &one->ids, &r);
  return r;
}

/* ---- additions ---- */

static char *path_to(const char *root, const char *folder, const char *key) {
  return *root ? sbnn_format("%s/%s/%s", root, folder, key) : sbnn_format("%s/%s", folder, key);
}

static void fill_numbers(const sbnn_annotated *one, const rows *r, sbnn_addition *to) {
  const size_t w = one->width;
  const float none = one->what == SBNN_PART_OF_GENES ? 0 : NAN;
  to->n = r->n;
  to->width = w;
  to->number = sbnn_alloc(r->n * w, sizeof *to->number);
  for (size_t i = 0; i < r->n; i++)
    for (size_t j = 0; j < w; j++)
      to->number[i * w + j] = r->from[i] == SBNN_ABSENT ? none : one->value[r->from[i] * w + j];
}

/* Categories are "1", "2", ... up to the highest. */
static void fill_classes(const sbnn_annotated *one, const rows *r, sbnn_addition *to) {
  int highest = 0;
  for (size_t i = 0; i < one->ids.n; i++)
    if (one->value[i] > (float)highest) highest = (int)one->value[i];
  to->n = r->n;
  to->code = sbnn_alloc(r->n, sizeof *to->code);
  for (size_t i = 0; i < r->n; i++)
    to->code[i] = r->from[i] == SBNN_ABSENT ? -1 : (int)one->value[r->from[i]] - 1;
  for (int k = 1; k <= highest; k++) {
    char text[16];
    snprintf(text, sizeof text, "%d", k);
    sbnn_strings_add(&to->texts, text);
  }
}

static void fill_flags(const rows *r, sbnn_addition *to) {
  to->n = r->n;
  to->code = sbnn_alloc(r->n, sizeof *to->code);
  for (size_t i = 0; i < r->n; i++) to->code[i] = r->from[i] != SBNN_ABSENT;
}

static void add_names(const sbnn_annotated *one, const char *root, sbnn_additions *to) {
  char *key = sbnn_format("%s_names", one->key);
  sbnn_addition *names = sbnn_additions_add(to, SBNN_ADD_TEXTS, path_to(root, "uns", key));
  for (size_t j = 0; j < one->columns.n; j++) sbnn_strings_add(&names->texts, one->columns.items[j]);
  free(key);
}

static void add_one(const sbnn_annotated *one, const char *root, const rows *r, sbnn_additions *to) {
  static const sbnn_addition_kind kinds[] = {
      [SBNN_OF_CELLS] = SBNN_ADD_MATRIX,     [SBNN_CLASS_OF_CELL] = SBNN_ADD_CODES,
      [SBNN_OF_GENES] = SBNN_ADD_NUMBERS,    [SBNN_PART_OF_GENES] = SBNN_ADD_NUMBERS,
      [SBNN_FLAG_OF_GENES] = SBNN_ADD_FLAGS,
  };
  static const char *const folders[] = {"obsm", "obs", "var", "var", "var"};
  sbnn_addition *added =
      sbnn_additions_add(to, kinds[one->what], path_to(root, folders[one->what], one->key));
  added->column = one->what != SBNN_OF_CELLS;
  if (one->what == SBNN_CLASS_OF_CELL) fill_classes(one, r, added);
  else if (one->what == SBNN_FLAG_OF_GENES) fill_flags(r, added);
  else fill_numbers(one, r, added);
  if (one->columns.n) add_names(one, root, to);
}

/* ---- the file ---- */

/* The most names that the file lacks of one column, and how many that has: said once. */
typedef struct target {
  const char *in;
  bool quiet;
  size_t missing[2], named[2]; /* genes, cells */
} target;

static int check_found(const sbnn_annotation *a, const sbnn_annotated *one, const rows *r, target *t,
                       sbnn_error *e) {
  const bool cells = one->what == SBNN_OF_CELLS || one->what == SBNN_CLASS_OF_CELL;
  const char *what = cells ? "cells" : "genes";
  if (r->twice)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s: two %s are named '%.60s'; make names unique, in Python with a.%s_names_make_unique()", t->in,
        what, r->twice, cells ? "obs" : "var");
  if (one->ids.n > 0 && r->found == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s has none of the %zu %s of %s, such as '%.60s': give the file that the results were "
                     "made from, or one with the same names",
                     t->in, one->ids.n, what, a->source, one->ids.items[0]);
  if (one->ids.n - r->found > t->missing[cells]) {
    t->missing[cells] = one->ids.n - r->found;
    t->named[cells] = one->ids.n;
  }
  return SBNN_OK;
}

static void say_missing(const sbnn_annotation *a, const target *t) {
  static const char *const what[] = {"genes", "cells"};
  for (int k = 1; k >= 0; k--)
    if (t->missing[k] && !t->quiet)
      fprintf(stderr, "%zu of %zu %s of %s are not in %s\n", t->missing[k], t->named[k], what[k], a->source,
              t->in);
}

static int place(const sbnn_annotation *a, const sbnn_h5_object *o, target *t, sbnn_additions *to,
                 sbnn_error *e) {
  int code = SBNN_OK;
  for (size_t i = 0; i < a->n && code == SBNN_OK; i++) {
    const sbnn_annotated *one = &a->list[i];
    rows r = rows_of(o, one, false);
    code = check_found(a, one, &r, t, e);
    if (code == SBNN_OK) add_one(one, o->root, &r, to);
    free(r.from);
    if (code != SBNN_OK || !*o->root || one->what >= SBNN_OF_GENES) continue;
    r = rows_of(o, one, true);
    add_one(one, "", &r, to);
    free(r.from);
  }
  return code;
}

/* Names without the prefix that the genes of the results lack; others are no genes of theirs. */
static void strip_prefix(sbnn_strings *names, const char *prefix) {
  for (size_t i = 0; i < names->n && prefix; i++) {
    const char *rest = sbnn_without_prefix(names->items[i], prefix);
    char *own = sbnn_strdup(rest ? rest : "");
    free(names->items[i]);
    names->items[i] = own;
  }
}

static void take_uns(const sbnn_annotation *a, sbnn_additions *to) {
  for (size_t i = 0; i < a->uns.n; i++) {
    const sbnn_addition *from = &a->uns.list[i];
    sbnn_addition *one = sbnn_additions_add(to, from->kind, sbnn_format("uns/%s", from->path));
    one->value = from->value;
    for (size_t k = 0; k < from->texts.n; k++) sbnn_strings_add(&one->texts, from->texts.items[k]);
  }
}

int sbnn_annotation_write(const sbnn_annotation *a, const char *in, const char *out, bool quiet,
                          sbnn_error *e) {
  sbnn_h5_object o;
  sbnn_additions all = {0};
  int code = sbnn_h5_object_read(in, a->gene_names, &o, e);
  if (code != SBNN_OK) return code;
  strip_prefix(&o.genes, a->gene_prefix);
  strip_prefix(&o.raw_genes, a->gene_prefix);
  target t = {.in = in, .quiet = quiet};
  code = place(a, &o, &t, &all, e);
  if (code == SBNN_OK) {
    say_missing(a, &t);
    take_uns(a, &all);
    code = sbnn_h5_copy(in, out, &all, e);
  }
  if (code == SBNN_OK && !quiet) fprintf(stderr, "The file with the results in it is %s\n", out);
  sbnn_additions_free(&all);
  sbnn_h5_object_free(&o);
  return code;
}

int sbnn_annotation_check(const char *in, const char *gene_names, sbnn_error *e) {
  sbnn_h5_object o;
  int code = sbnn_h5_object_read(in, gene_names, &o, e);
  if (code == SBNN_OK) sbnn_h5_object_free(&o);
  return code;
}
