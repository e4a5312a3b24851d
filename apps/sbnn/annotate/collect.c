/* collect.c - an annotation from the tables of a folder of results (annotation.h). */
#include "annotate/annotation.h"

#include "output/folder.h"
#include "tables/run_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Results of one command; all of them borrowed. */
typedef struct folder {
  sbnn_annotation *a;
  const char *path;
  const char *prefix; /* "sbnn", "srrr" */
  const char *suffix; /* behind every key: "_denoise" where both recipes are there, else "" */
  sbnn_error *error;
} folder;

/* ---- tables ---- */

/* Columns first, first + 1, ... of each cell as numbers. */
static int take_columns(const folder *f, const sbnn_tsv *t, size_t first, size_t n, const char *key,
                        bool named) {
  char *whole = sbnn_format("%s%s", key, f->suffix);
  sbnn_annotated *one = sbnn_annotation_add(f->a, SBNN_OF_CELLS, whole, t->n_rows, n);
  int code = SBNN_OK;
  for (size_t i = 0; i < t->n_rows && code == SBNN_OK; i++) {
    sbnn_strings_add(&one->ids, sbnn_tsv_text(t, i, 0));
    for (size_t j = 0; j < n && code == SBNN_OK; j++) {
      double v = NAN;
      code = sbnn_tsv_number(t, i, first + j, &v, f->error);
      one->value[i * n + j] = (float)v;
    }
  }
  for (size_t j = 0; j < n && named; j++) sbnn_strings_add(&one->columns, t->head[first + j]);
  free(whole);
  return code;
}

/* "X_sbnn" */
static int take_map(const folder *f) {
  sbnn_tsv t;
  if (!sbnn_folder_has(f->path, "latent.tsv")) return SBNN_OK;
  int code = sbnn_folder_table(f->path, "latent.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  char *key = sbnn_format("X_%s", f->prefix);
  code = take_columns(f, &t, 1, t.n_cols - 1, key, false);
  free(key);
  sbnn_tsv_free(&t);
  return code;
}

static int take_folds(const folder *f, const sbnn_tsv *t) {
  char *key = sbnn_format("%s_fold%s", f->prefix, f->suffix);
  sbnn_annotated *one = sbnn_annotation_add(f->a, SBNN_CLASS_OF_CELL, key, t->n_rows, 1);
  int code = SBNN_OK;
  for (size_t i = 0; i < t->n_rows && code == SBNN_OK; i++) {
    double v = NAN;
    sbnn_strings_add(&one->ids, sbnn_tsv_text(t, i, 0));
    code = sbnn_tsv_number(t, i, 1, &v, f->error);
    if (code == SBNN_OK && !(v >= 1 && v <= 1e6))
      code = sbnn_fail(f->error, SBNN_BAD_INPUT, "%s, line %zu: '%s' is not a fold", t->path, i + 2,
                       sbnn_tsv_text(t, i, 1));
    one->value[i] = (float)v;
  }
  free(key);
  return code;
}

/* "sbnn_prediction", and of cv the folds beside it. */
static int take_predictions(const folder *f) {
  sbnn_tsv t;
  if (!sbnn_folder_has(f->path, "predictions.tsv")) return SBNN_OK;
  int code = sbnn_folder_table(f->path, "predictions.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  const size_t first = t.n_cols > 1 && strcmp(t.head[1], "fold") == 0 ? 2 : 1;
  char *key = sbnn_format("%s_prediction", f->prefix);
  code = take_columns(f, &t, first, t.n_cols - first, key, true);
  if (code == SBNN_OK && first == 2) code = take_folds(f, &t);
  free(key);
  sbnn_tsv_free(&t);
  return code;
}

/* Each view of tsne.tsv: "genes_1", "genes_2" are X_tsne_genes. */
static int take_tsne(const folder *f) {
  sbnn_tsv t;
  int code = sbnn_folder_table(f->path, "tsne.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  for (size_t j = 1; j + 1 < t.n_cols && code == SBNN_OK; j += 2) {
    const char *end = strrchr(t.head[j], '_');
    char *key = sbnn_format("X_tsne_%.*s", (int)(end ? end - t.head[j] : 0), t.head[j]);
    code = take_columns(f, &t, j, 2, key, false);
    free(key);
  }
  sbnn_tsv_free(&t);
  return code;
}

/* ---- genes ---- */

/* One network's: selected and rank. */
static int take_genes(const folder *f) {
  sbnn_tsv t;
  size_t gene, rank;
  if (!sbnn_folder_has(f->path, "genes.tsv")) return SBNN_OK;
  int code = sbnn_folder_table(f->path, "genes.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  code = sbnn_tsv_column(&t, "gene", &gene, f->error);
  if (code == SBNN_OK) code = sbnn_tsv_column(&t, "rank", &rank, f->error);
  char *selected = sbnn_format("%s_selected%s", f->prefix, f->suffix),
       *ranked = sbnn_format("%s_rank%s", f->prefix, f->suffix);
  for (int k = 0; k < 2 && code == SBNN_OK; k++) {
    sbnn_annotated *one =
        sbnn_annotation_add(f->a, k ? SBNN_OF_GENES : SBNN_FLAG_OF_GENES, k ? ranked : selected, t.n_rows, 1);
    for (size_t i = 0; i < t.n_rows && code == SBNN_OK; i++) {
      double v = 1;
      sbnn_strings_add(&one->ids, sbnn_tsv_text(&t, i, gene));
      code = sbnn_tsv_number(&t, i, rank, &v, f->error);
      one->value[i] = (float)v;
    }
  }
  free(selected);
  free(ranked);
  sbnn_tsv_free(&t);
  return code;
}

/* How often a gene was chosen; `value` belongs to the rows of t. */
static void add_frequency(const folder *f, const sbnn_tsv *t, size_t gene, const double *value) {
  char *key = sbnn_format("%s_frequency%s", f->prefix, f->suffix);
  sbnn_annotated *one = sbnn_annotation_add(f->a, SBNN_PART_OF_GENES, key, t->n_rows, 1);
  for (size_t i = 0; i < t->n_rows; i++) {
    if (isnan(value[i])) continue;
    one->value[one->ids.n] = (float)value[i];
    sbnn_strings_add(&one->ids, sbnn_tsv_text(t, i, gene));
  }
  free(key);
}

static int take_stability(const folder *f) {
  sbnn_tsv t;
  size_t gene, frequency;
  int code = sbnn_folder_table(f->path, "stability.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  double *value = sbnn_alloc(t.n_rows, sizeof *value);
  code = sbnn_tsv_column(&t, "gene", &gene, f->error);
  if (code == SBNN_OK) code = sbnn_tsv_column(&t, "frequency", &frequency, f->error);
  for (size_t i = 0; i < t.n_rows && code == SBNN_OK; i++)
    code = sbnn_tsv_number(&t, i, frequency, &value[i], f->error);
  if (code == SBNN_OK) add_frequency(f, &t, gene, value);
  free(value);
  sbnn_tsv_free(&t);
  return code;
}

/* The part of the first model's folds that kept the gene, in the row where it is met first; NaN elsewhere. Genes
 * that half of the folds kept are selected. */
static void count_folds(const folder *f, const sbnn_tsv *t, const size_t column[3]) {
  sbnn_strings names = {0};
  double *value = sbnn_alloc(t->n_rows, sizeof *value), folds = 0;
  const char *last = "";
  size_t n = 0;
  while (n < t->n_rows && strcmp(sbnn_tsv_text(t, n, column[0]), sbnn_tsv_text(t, 0, column[0])) == 0) n++;
  for (size_t i = 0; i < t->n_rows; i++) sbnn_strings_add(&names, sbnn_tsv_text(t, i, column[2]));
  sbnn_index x;
  sbnn_index_build(&x, names.items, n, NULL, NULL);
  for (size_t i = 0; i < t->n_rows; i++)
    value[i] = i < n && sbnn_index_find(&x, names.items[i]) == i ? 0 : NAN;
  for (size_t i = 0; i < n; i++) {
    value[sbnn_index_find(&x, names.items[i])]++;
    if (strcmp(last, sbnn_tsv_text(t, i, column[1])) != 0) folds++;
    last = sbnn_tsv_text(t, i, column[1]);
  }
  for (size_t i = 0; i < n; i++) value[i] /= folds;
  add_frequency(f, t, column[2], value);
  char *key = sbnn_format("%s_selected%s", f->prefix, f->suffix);
  sbnn_annotated *one = sbnn_annotation_add(f->a, SBNN_FLAG_OF_GENES, key, t->n_rows, 1);
  for (size_t i = 0; i < n; i++)
    if (value[i] >= 0.5) sbnn_strings_add(&one->ids, names.items[i]);
  free(key);
  sbnn_index_free(&x);
  sbnn_strings_free(&names);
  free(value);
}

static int take_fold_genes(const folder *f) {
  static const char *const names[] = {"model", "fold", "gene"};
  sbnn_tsv t;
  size_t column[3];
  if (!sbnn_folder_has(f->path, "genes.tsv")) return SBNN_OK;
  int code = sbnn_folder_table(f->path, "genes.tsv", &t, f->error);
  if (code != SBNN_OK) return code;
  for (int k = 0; k < 3 && code == SBNN_OK; k++) code = sbnn_tsv_column(&t, names[k], &column[k], f->error);
  if (code == SBNN_OK && t.n_rows > 0) count_folds(f, &t, column);
  sbnn_tsv_free(&t);
  return code;
}

/* ---- how it was made ---- */

static void add_scores(sbnn_additions *uns, const char *at, const sbnn_run_facts *facts) {
  static const char *const splits[] = {"train", "test"};
  sbnn_additions_add(uns, SBNN_ADD_GROUP, sbnn_format("%s/scores", at));
  for (size_t i = 0; i < facts->n_scores; i++) {
    const sbnn_run_score *s = &facts->scores[i];
    char *model = sbnn_addition_key(s->model);
    sbnn_additions_add(uns, SBNN_ADD_GROUP, sbnn_format("%s/scores/%s", at, model));
    sbnn_additions_value(uns, SBNN_ADD_WHOLE, sbnn_format("%s/scores/%s/folds", at, model), (double)s->folds);
    for (int k = 0; k < 2; k++) {
      if (isnan(s->mean[k])) continue;
      sbnn_additions_value(uns, SBNN_ADD_NUMBER, sbnn_format("%s/scores/%s/%s_r2", at, model, splits[k]),
                           s->mean[k]);
      sbnn_additions_value(uns, SBNN_ADD_NUMBER, sbnn_format("%s/scores/%s/%s_r2_sd", at, model, splits[k]),
                           s->sd[k]);
    }
    free(model);
  }
}

static void add_facts(sbnn_additions *uns, const char *at, const sbnn_run_facts *facts) {
  sbnn_additions_add(uns, SBNN_ADD_GROUP, sbnn_strdup(at));
  sbnn_additions_text(uns, sbnn_format("%s/command", at), facts->command);
  sbnn_additions_text(uns, sbnn_format("%s/version", at), facts->version ? facts->version : "");
  if (!isnan(facts->seed)) sbnn_additions_value(uns, SBNN_ADD_WHOLE, sbnn_format("%s/seed", at), facts->seed);
  sbnn_additions_add(uns, SBNN_ADD_GROUP, sbnn_format("%s/options", at));
  for (size_t i = 0; i < facts->n_options; i++) {
    const sbnn_run_option *o = &facts->options[i];
    char *key = sbnn_addition_key(o->name), *path = sbnn_format("%s/options/%s", at, key);
    if (o->kind == 's') sbnn_additions_text(uns, path, o->text);
    else
      sbnn_additions_value(uns,
                           o->kind == 'b'   ? SBNN_ADD_FLAG
                           : o->kind == 'w' ? SBNN_ADD_WHOLE
                                            : SBNN_ADD_NUMBER,
                           path, o->number);
    free(key);
  }
  add_scores(uns, at, facts);
}

/* How the genes have their names; all steps of a run have them so. */
static void take_naming(sbnn_annotation *a, const sbnn_run_facts *facts) {
  const char *names = sbnn_run_facts_text(facts, "gene-names"),
             *prefix = sbnn_run_facts_text(facts, "gene-prefix");
  if (names && !a->gene_names) a->gene_names = sbnn_strdup(names);
  if (prefix && !a->gene_prefix) a->gene_prefix = sbnn_strdup(prefix);
}

/* ---- folders ---- */

/* `predicted`: the out-of-fold predictions of cv are there, so that those of train are not taken. */
static int take_folder(sbnn_annotation *a, const char *path, const char *suffix, const char *at,
                       bool predicted, sbnn_error *e) {
  sbnn_run_facts facts;
  int code = sbnn_run_facts_read(path, &facts, e);
  if (code != SBNN_OK) return code;
  const char *command = facts.command;
  const bool train = strcmp(command, "train") == 0, srrr = strcmp(command, "srrr") == 0;
  const folder f = {a, path, srrr ? "srrr" : "sbnn", suffix, e};
  if (train || srrr) {
    code = take_map(&f);
    if (code == SBNN_OK && !predicted) code = take_predictions(&f);
    if (code == SBNN_OK) code = take_genes(&f);
  } else if (strcmp(command, "cv") == 0) {
    code = take_predictions(&f);
    if (code == SBNN_OK && !predicted) code = take_fold_genes(&f);
  } else if (strcmp(command, "stability") == 0) code = take_stability(&f);
  else if (strcmp(command, "tsne") == 0) code = take_tsne(&f);
  else
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s holds results of 'sbnn %s', which has no results for single cells and genes; give a "
                     "folder of train, cv, srrr, stability, tsne or run",
                     path, command);
  if (code == SBNN_OK) {
    take_naming(a, &facts);
    add_facts(&a->uns, at, &facts);
  }
  sbnn_run_facts_free(&facts);
  return code;
}

/* In what `run` left: by recipe, or of both. */
static const struct {
  const char *step;
  bool recipe, predicted;
} steps[] = {{"cv", true, true}, {"train", true, true}, {"srrr", false, false}, {"stability", true, false}};

static bool holds(const char *results, const char *step, const char *recipe) {
  char *name = *recipe ? sbnn_format("%s-%s", step, recipe) : sbnn_strdup(step),
       *path = sbnn_path_in(results, name);
  bool is = sbnn_folder_has(path, "run.json");
  free(name);
  free(path);
  return is;
}

static int take_step(sbnn_annotation *a, const char *results, size_t k, const char *recipe, bool both,
                     sbnn_error *e) {
  if (!holds(results, steps[k].step, recipe)) return SBNN_OK;
  char *name = *recipe ? sbnn_format("%s-%s", steps[k].step, recipe) : sbnn_strdup(steps[k].step),
       *path = sbnn_path_in(results, name), *at = sbnn_format("sbnn/%s", name);
  /* Beside a training cv gives predictions and folds, beside a cv the training gives no predictions. */
  const bool other = strcmp(steps[k].step, "cv") == 0
                         ? holds(results, "train", recipe) || holds(results, "stability", recipe)
                         : steps[k].predicted && holds(results, "cv", recipe);
  int code = take_folder(a, path, both && strcmp(recipe, "denoise") == 0 ? "_denoise" : "", at, other, e);
  free(name);
  free(path);
  free(at);
  return code;
}

static int take_run(sbnn_annotation *a, const char *results, bool *any, sbnn_error *e) {
  static const char *const recipes[] = {"paper", "denoise"};
  bool there[2] = {false, false}, single = holds(results, "srrr", "");
  for (int r = 0; r < 2; r++)
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
      if (steps[k].recipe) there[r] |= holds(results, steps[k].step, recipes[r]);
  *any = there[0] || there[1] || single;
  if (!*any) return SBNN_OK;
  sbnn_additions_add(&a->uns, SBNN_ADD_GROUP, sbnn_strdup("sbnn"));
  int code = SBNN_OK;
  for (size_t k = 0; k < sizeof steps / sizeof *steps && code == SBNN_OK; k++)
    for (int r = 0; r < (steps[k].recipe ? 2 : 1) && code == SBNN_OK; r++)
      code = take_step(a, results, k, steps[k].recipe ? recipes[r] : "", there[0] && there[1], e);
  return code;
}

int sbnn_annotation_collect(sbnn_annotation *a, const char *results, sbnn_error *e) {
  bool any = false;
  a->source = results;
  if (sbnn_folder_has(results, "run.json")) return take_folder(a, results, "", "sbnn", false, e);
  int code = take_run(a, results, &any, e);
  if (code == SBNN_OK && !any)
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s holds no results: neither run.json nor the folders of 'sbnn run'; check the path",
                     results);
  return code;
}
