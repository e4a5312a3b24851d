/* verdict_folders.c - what several folders of results say together: their own findings, and the linear model
 * beside the networks, fold by fold (verdict.h). */
#include "output/folder.h"
#include "verdict/verdict.h"
#include "verdict/verdict_limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- tables by column ---- */

/* R2 of a fold: of networks by model, of linear fits by setting (rank and penalty), whose folds stand one
 * after the other in the table. */
typedef struct fold_score {
  const char *model;
  size_t setting;
  double rank, genes, fold, r2;
} fold_score;

typedef struct scores {
  sbnn_tsv table; /* what models borrow from */
  size_t n;
  fold_score *list;
} scores;

static void free_scores(scores *s) {
  sbnn_tsv_free(&s->table);
  free(s->list);
  *s = (scores){0};
}

/* The numbers of a row, by the names of their columns. */
static int numbers_of(const sbnn_tsv *t, size_t row, const char *const *name, double *const *to, size_t n,
                      sbnn_error *e) {
  size_t column;
  int code = SBNN_OK;
  for (size_t i = 0; i < n && code == SBNN_OK; i++) {
    code = sbnn_tsv_column(t, name[i], &column, e);
    if (code == SBNN_OK) code = sbnn_tsv_number(t, row, column, to[i], e);
  }
  return code;
}

static int read_linear(const char *folder, scores *s, sbnn_error *e) {
  static const char *const name[] = {"rank", "genes", "fold", "r2_test_relaxed"};
  int code = sbnn_folder_table_if_there(folder, "srrr_folds.tsv", &s->table, e);
  s->list = sbnn_alloc(s->table.n_rows, sizeof *s->list);
  for (size_t i = 0; i < s->table.n_rows && code == SBNN_OK; i++) {
    fold_score *f = &s->list[s->n++];
    code = numbers_of(&s->table, i, name, (double *const[]){&f->rank, &f->genes, &f->fold, &f->r2}, 4, e);
    if (i > 0) f->setting = f[-1].setting + (f->fold <= f[-1].fold);
  }
  return code;
}

/* The final, pooled R2 of unseen cells. */
static int read_networks(const char *folder, scores *s, sbnn_error *e) {
  static const char *const name[] = {"fold", "r2"}, *const words[] = {"stage", "split", "target", "model"},
                           *const wanted[] = {"finetuned", "test", "all"};
  size_t column[4];
  int code = sbnn_folder_table_if_there(folder, "metrics.tsv", &s->table, e);
  for (size_t i = 0; i < 4 && code == SBNN_OK && s->table.n_cols; i++)
    code = sbnn_tsv_column(&s->table, words[i], &column[i], e);
  s->list = sbnn_alloc(s->table.n_rows, sizeof *s->list);
  for (size_t i = 0; i < s->table.n_rows && code == SBNN_OK; i++) {
    bool is = true;
    for (size_t k = 0; k < 3; k++) is &= strcmp(sbnn_tsv_text(&s->table, i, column[k]), wanted[k]) == 0;
    if (!is) continue;
    fold_score *f = &s->list[s->n++];
    f->model = sbnn_tsv_text(&s->table, i, column[3]);
    code = numbers_of(&s->table, i, name, (double *const[]){&f->fold, &f->r2}, 2, e);
  }
  return code;
}

/* How many genes a model of cv keeps, mean over folds; NaN if that is not known. */
static int genes_kept(const char *folder, const char *model, double folds, double *kept, sbnn_error *e) {
  sbnn_tsv t;
  size_t column = 0, n = 0;
  int code = sbnn_folder_table_if_there(folder, "genes.tsv", &t, e);
  if (code == SBNN_OK && t.n_cols) code = sbnn_tsv_column(&t, "model", &column, e);
  for (size_t i = 0; i < t.n_rows && code == SBNN_OK; i++)
    n += strcmp(sbnn_tsv_text(&t, i, column), model) == 0;
  *kept = n ? (double)n / folds : NAN;
  sbnn_tsv_free(&t);
  return code;
}

/* ---- the comparison ---- */

/* The linear fits of one setting, on the folds of a network. */
typedef struct compared {
  double rank;
  double genes, linear, network, ahead, error; /* means; the linear model's lead and its standard error */
  size_t n;
} compared;

/* Nothing where the two have not the same folds. */
static compared compare(const scores *linear, const scores *networks, const char *model,
                        const fold_score *fit) {
  compared c = {.rank = fit->rank};
  double sum = 0, squares = 0;
  size_t fits = 0, folds = 0;
  for (size_t i = 0; i < linear->n; i++) fits += linear->list[i].setting == fit->setting;
  for (size_t k = 0; k < networks->n; k++) {
    const fold_score *n = &networks->list[k];
    if (strcmp(n->model, model) != 0) continue;
    folds++;
    for (size_t i = 0; i < linear->n; i++) {
      const fold_score *l = &linear->list[i];
      if (l->setting != fit->setting || l->fold != n->fold) continue;
      c.genes += l->genes, c.linear += l->r2, c.network += n->r2, c.n++;
      sum += l->r2 - n->r2;
      squares += (l->r2 - n->r2) * (l->r2 - n->r2);
    }
  }
  double n = (double)c.n;
  if (c.n < 2 || c.n != fits || c.n != folds) return (compared){0};
  c.genes /= n, c.linear /= n, c.network /= n, c.ahead = sum / n;
  c.error = sqrt(fmax(squares / n - c.ahead * c.ahead, 0) / (n - 1));
  return c;
}

/* Of each rank the setting with as many genes, of these the best. */
static compared best_fit(const scores *linear, const scores *networks, const char *model, double kept) {
  compared best = {.linear = -INFINITY}, nearest = {0};
  for (size_t i = 0; i < linear->n; i++) {
    const fold_score *fit = &linear->list[i];
    if (i == 0 || fit[-1].setting != fit->setting) {
      bool new_rank = i == 0 || fit[-1].rank != fit->rank;
      compared c = compare(linear, networks, model, fit);
      if (new_rank || fabs(c.genes - kept) < fabs(nearest.genes - kept)) nearest = c;
    }
    bool rank_ends = i + 1 == linear->n || fit[1].rank != fit->rank;
    if (rank_ends && nearest.n && nearest.linear > best.linear) best = nearest;
  }
  return best;
}

static void judge_linear(const char *folder, const char *model, const compared *c, sbnn_verdict *v) {
  double errors = c->error > 0 ? c->ahead / c->error : copysign(INFINITY, c->ahead);
  bool doubt = errors > SBNN_LIMIT_LINEAR;
  sbnn_verdict_add(
      v, &(sbnn_finding){.folder = (char *)folder,
                         .model = (char *)model,
                         .about = (char *)"linear",
                         .doubt = doubt,
                         .seen = c->ahead,
                         .limit = SBNN_LIMIT_LINEAR * c->error,
                         .text = sbnn_format(
                             "Unseen cells: R2 %.3f by the linear model (rank %g, %.3g genes), %.3f by %s%s",
                             c->linear, c->rank, c->genes, c->network, sbnn_model_in_words(model),
                             doubt ? ": the linear model predicts better, so the network's genes and map are "
                                     "not the best for these cells"
                                   : "")});
}

static int compare_folder(const char *path, const char *folder, const scores *linear, sbnn_verdict *v,
                          sbnn_error *e) {
  scores networks = {0};
  int code = read_networks(path, &networks, e);
  for (size_t i = 0; i < networks.n && code == SBNN_OK; i++) {
    const char *model = networks.list[i].model;
    size_t folds = 0, first = i;
    for (size_t k = networks.n; k-- > 0;)
      if (strcmp(networks.list[k].model, model) == 0) folds++, first = k;
    if (first < i) continue; /* done */
    double kept;
    code = genes_kept(path, model, (double)folds, &kept, e);
    if (code != SBNN_OK) break;
    compared c = best_fit(linear, &networks, model, kept);
    if (c.n) judge_linear(folder, model, &c, v);
  }
  free_scores(&networks);
  return code;
}

/* ---- folders ---- */

typedef struct collected {
  scores linear;
  sbnn_verdict *verdict;
} collected;

static int collect_own(const char *path, const char *folder, void *ctx, sbnn_error *e) {
  collected *c = ctx;
  int code = sbnn_read_verdict(path, folder, c->verdict, e);
  return code == SBNN_OK && c->linear.n == 0 ? (free_scores(&c->linear), read_linear(path, &c->linear, e))
                                             : code;
}

static int collect_linear(const char *path, const char *folder, void *ctx, sbnn_error *e) {
  collected *c = ctx;
  return compare_folder(path, folder, &c->linear, c->verdict, e);
}

int sbnn_judge_folders(const char *directory, sbnn_verdict *v, sbnn_error *e) {
  collected c = {.verdict = v};
  int code = sbnn_folder_each(directory, collect_own, &c, e);
  if (code == SBNN_OK && c.linear.n) code = sbnn_folder_each(directory, collect_linear, &c, e);
  free_scores(&c.linear);
  return code;
}
