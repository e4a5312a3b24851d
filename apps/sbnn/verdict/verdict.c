/* verdict.c - see verdict.h. */
#include "verdict/verdict.h"

#include "data/tails.h"
#include "data/text.h"
#include "verdict/verdict_limits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sbnn_verdict_add(sbnn_verdict *v, const sbnn_finding *f) {
  v->list = sbnn_realloc(v->list, v->n + 1, sizeof *v->list);
  sbnn_finding *own = &v->list[v->n++];
  *own = *f;
  own->folder = sbnn_strdup(f->folder ? f->folder : "");
  own->model = sbnn_strdup(f->model);
  own->about = sbnn_strdup(f->about);
}

void sbnn_verdict_free(sbnn_verdict *v) {
  for (size_t i = 0; i < v->n; i++) {
    free(v->list[i].folder);
    free(v->list[i].model);
    free(v->list[i].about);
    free(v->list[i].text);
  }
  free(v->list);
  *v = (sbnn_verdict){0};
}

bool sbnn_verdict_doubts(const sbnn_verdict *v) {
  bool doubt = false;
  for (size_t i = 0; i < v->n; i++) doubt |= v->list[i].doubt && strcmp(v->list[i].about, "responses") != 0;
  return doubt;
}

/* What was measured, and where doubt begins. */
typedef struct measure {
  double seen, limit;
} measure;

static void add(sbnn_verdict *v, const char *model, const char *about, bool doubt, measure m, char *text) {
  sbnn_verdict_add(v, &(sbnn_finding){.model = (char *)model,
                                      .about = (char *)about,
                                      .doubt = doubt,
                                      .seen = m.seen,
                                      .limit = m.limit,
                                      .text = text});
}

/* ---- train ---- */

/* The first norm against that of rank 26, or of the first gene left out if more were kept: of five genes kept
 * the fifth and the sixth may well be equal. Not where a proximal penalty has left exact zeros. */
static void judge_norms(const sbnn_experiment *x, sbnn_verdict *v) {
  enum { RANK = 25 };
  double *norm = sbnn_alloc(x->n_all, sizeof *norm);
  size_t at = x->n_genes > RANK ? x->n_genes : RANK;
  if (at >= x->n_all) at = x->n_all - 1;
  for (size_t i = 0; i < x->n_all; i++) { /* the largest ones, in order */
    size_t k = i < at + 1 ? i : at + 1;
    for (; k > 0 && norm[k - 1] < x->all_norms[i]; k--)
      if (k <= at) norm[k] = norm[k - 1];
    if (k <= at) norm[k] = x->all_norms[i];
  }
  double first = norm[0], last = norm[at], ratio = first / last;
  free(norm);
  if (!(last > 0)) return;
  bool doubt = ratio < SBNN_LIMIT_NORMS;
  add(v, x->model, "norms", doubt, (measure){ratio, SBNN_LIMIT_NORMS},
      doubt ? sbnn_format("The kept genes hardly stand out from the others: the largest norm is %.3g, and "
                          "the gene of rank %zu still has %.3g, so chance has chosen among them",
                          first, at + 1, last)
            : sbnn_format("The kept genes stand out: the largest norm is %.3g, that of rank %zu is %.3g",
                          first, at + 1, last));
}

static void judge_chance(const sbnn_experiment *x, sbnn_verdict *v) {
  double part = (double)x->n_told / (double)x->n_genes;
  bool doubt = part < SBNN_LIMIT_CHANCE;
  char *text;
  if (x->n_told == 0)
    text = sbnn_format("No gene explains more variance of the responses of these %zu cells than the best "
                       "gene does after the responses are shuffled among the cells",
                       x->n_train);
  else
    text = sbnn_format(
        "%s %zu of %zu genes, added one by one, explain%s more variance of the responses of these %zu cells "
        "than a gene does by chance (with the responses shuffled among the cells)",
        doubt ? "Only" : "The first", x->n_told, x->n_genes, x->n_told == 1 ? "s" : "", x->n_train);
  add(v, x->model, "chance", doubt, (measure){part, SBNN_LIMIT_CHANCE}, text);
}

/* ---- runs against runs ---- */

/* Of k of p genes two runs share `both` on average: 1 if all, 0 as by chance. */
static double agreement(double both, double k, double p) {
  double chance = k * k / p;
  return k > chance ? (both - chance) / (k - chance) : NAN;
}

/* Two runs that might choose the same genes. */
typedef struct pairing {
  const char *about, *what; /* "folds", "Two folds" */
  double shared, kept, candidates, limit;
  const char *consequence; /* of doubt */
} pairing;

static void judge_agreement(sbnn_verdict *v, const char *model, const pairing *p) {
  double index = agreement(p->shared, p->kept, p->candidates);
  if (isnan(index)) return;
  bool doubt = index < p->limit;
  add(v, model, p->about, doubt, (measure){index, p->limit},
      sbnn_format("%s share %.1f of %.3g genes (%.1f by chance)%s%s", p->what, p->shared, p->kept,
                  p->kept * p->kept / p->candidates, doubt ? ": " : "", doubt ? p->consequence : ""));
}

static double mean_genes(const sbnn_experiment *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i].n_genes / (double)n;
  return sum;
}

/* ---- cv ---- */

static void judge_folds(const sbnn_results *r, const sbnn_verdict_options *o, const char *model,
                        sbnn_verdict *v) {
  double both = 0, k = 0;
  size_t folds = 0, pairs = 0;
  for (size_t i = 0; i < r->n; i++) {
    const sbnn_experiment *x = &r->experiments[i];
    if (strcmp(x->model, model) != 0) continue;
    k += (double)x->n_genes;
    folds++;
    for (size_t j = 0; j < i; j++)
      if (strcmp(r->experiments[j].model, model) == 0)
        both += (double)sbnn_experiment_shared(x, &r->experiments[j]), pairs++;
  }
  if (pairs == 0) return;
  judge_agreement(v, model,
                  &(pairing){"folds", "Two folds", both / (double)pairs, k / (double)folds,
                             (double)o->candidates,
                             o->linear_choice ? SBNN_LIMIT_FOLDS_LINEAR : SBNN_LIMIT_FOLDS,
                             "other genes are chosen when some of the cells change"});
}

/* Is the mean over folds above 0 by more than two of its standard errors? */
static void judge_unseen(const sbnn_results *r, const char *model, sbnn_verdict *v) {
  sbnn_mean_sd m = sbnn_results_r2(r, model, SBNN_STAGE_FINETUNED, SBNN_TEST, 0);
  if (m.n < 2) return;
  double limit = fmax(2 * m.sd / sqrt((double)m.n - 1), SBNN_LIMIT_R2);
  bool doubt = m.mean < limit;
  add(v, model, "unseen", doubt, (measure){m.mean, limit},
      sbnn_format("%s (test R2 %.3f +- %.3f over %zu folds)",
                  doubt ? "Unseen cells are hardly predicted better than by the mean of each response"
                        : "Unseen cells are predicted better than by the mean of each response",
                  m.mean, m.sd, m.n));
}

/* Responses that are predicted worse than by their mean, and what helps those that a few cells rule. */
static void judge_responses(const sbnn_results *r, const sbnn_verdict_options *o, const char *model,
                            sbnn_verdict *v) {
  enum { NAMED = 4 };
  const sbnn_dataset *d = r->data;
  size_t *heavy = sbnn_alloc(d->n_responses, sizeof *heavy), n = 0, bad = 0;
  char *names = NULL, *advice = NULL;
  double worst = 0;
  for (size_t j = 0; j < d->n_responses; j++) {
    sbnn_mean_sd m = sbnn_results_r2(r, model, SBNN_STAGE_FINETUNED, SBNN_TEST, 1 + j);
    if (!(m.mean < -SBNN_LIMIT_R2)) continue;
    if (bad++ < NAMED)
      names = sbnn_joined(names, ", ",
                          sbnn_format("'%s' (%.2f +- %.2f)", sbnn_shown(d->response_names[j]), m.mean, m.sd));
    if (sbnn_response_tail(d, o->y_transform, j).part > SBNN_TAIL_HEAVY) heavy[n++] = j;
    worst = fmin(worst, m.mean);
  }
  if (bad > NAMED) names = sbnn_joined(names, " and ", sbnn_format("%zu more", bad - NAMED));
  if (n) advice = sbnn_tail_advice(d, o->y_transform, heavy, n);
  if (bad)
    add(v, model, "responses", true, (measure){worst, -SBNN_LIMIT_R2},
        sbnn_format("%zu of %zu responses %s predicted worse than by %s mean (test R2): %s%s%s", bad,
                    d->n_responses, bad == 1 ? "is" : "are", bad == 1 ? "its" : "their", names,
                    n ? ". A few cells have most of the variance: " : "", n ? advice : ""));
  free(advice);
  free(names);
  free(heavy);
}

/* ---- advice ---- */

static const sbnn_finding *doubt_about(const sbnn_verdict *v, const char *about) {
  for (size_t i = 0; i < v->n; i++)
    if (v->list[i].doubt && strcmp(v->list[i].about, about) == 0) return &v->list[i];
  return NULL;
}

/* told: how many genes stand above chance; 0: not known, or none. */
static void advise(sbnn_verdict *v, const char *model, const sbnn_verdict_options *o, size_t told) {
  const sbnn_finding *chance = doubt_about(v, "chance");
  bool nothing = doubt_about(v, "unseen") || (chance && chance->seen == 0);
  char *text, fewer[96] = "";
  if (!sbnn_verdict_doubts(v)) return;
  if (told > 0 && told < o->genes)
    snprintf(fewer, sizeof fewer, ", or --genes %zu, which keeps those above chance", told);
  if (nothing)
    text = sbnn_strdup("Do not use this list of genes: check that an id means the same cell in both tables, "
                       "then look for more cells");
  else if (!o->group_lasso)
    text = sbnn_format(
        SBNN_ADVICE_LASSO "%s; then check with sbnn stability --subsample how reproducible they are", fewer);
  else
    text = sbnn_format(
        "Keep fewer genes%s; then check with sbnn stability --subsample how reproducible they are", fewer);
  add(v, model, "advice", false, (measure){NAN, NAN}, text);
}

/* ---- all of it ---- */

void sbnn_judge_results(const sbnn_results *r, const sbnn_verdict_options *o, sbnn_verdict *v) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  if (sbnn_results_folded(r)) {
    for (size_t m = 0; m < models; m++) {
      judge_unseen(r, model[m], v);
      judge_folds(r, o, model[m], v);
      judge_responses(r, o, model[m], v);
    }
    if (models) advise(v, model[0], o, 0);
  } else if (r->n) {
    const sbnn_experiment *x = &r->experiments[0];
    if (x->n_all > x->n_genes && o->prunes_by_norm) judge_norms(x, v);
    if (x->n_tried) judge_chance(x, v);
    advise(v, x->model, o, x->n_told);
  }
}

void sbnn_judge_stability(const sbnn_stability_results *s, const sbnn_verdict_options *o, sbnn_verdict *v) {
  const char *model = s->runs[0].model;
  pairing p = {.shared = s->halves ? s->disjoint.mean : s->all.mean,
               .kept = mean_genes(s->runs, s->n),
               .candidates = (double)s->candidates};
  if (s->halves) {
    p.about = "halves", p.what = "Two disjoint halves of the cells";
    p.limit = o->linear_choice ? SBNN_LIMIT_HALVES_LINEAR : SBNN_LIMIT_HALVES;
    p.consequence = "other genes are chosen with other cells";
    judge_agreement(v, model, &p);
  } else if (!o->linear_choice) {
    p.about = "restarts", p.what = "Two restarts on the same cells", p.limit = SBNN_LIMIT_RESTARTS;
    p.consequence = "other genes are chosen with another random start";
    judge_agreement(v, model, &p);
  }
  advise(v, model, o, 0);
}

/* ---- in words ---- */

const char *sbnn_model_in_words(const char *model) {
  static const char *const names[][2] = {{"sbnn", "the paper's recipe"},
                                         {"sbnn-denoise", "the denoising recipe"},
                                         {"sbnn-nopretrain", "the network without pretraining"},
                                         {"srrr", "the linear model"}};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(model, names[i][0]) == 0) return names[i][1];
  return model;
}

void sbnn_verdict_of_model(const sbnn_verdict *all, const char *model, sbnn_verdict *v) {
  const sbnn_finding *advice = NULL;
  for (size_t i = 0; i < all->n; i++) {
    sbnn_finding f = all->list[i];
    bool is_advice = strcmp(f.about, "advice") == 0, at_train = strncmp(f.folder, "train", 5) == 0;
    if (strcmp(f.model, model) != 0) continue;
    if (is_advice && (!advice || at_train)) advice = &all->list[i];
    if (is_advice) continue;
    f.text = sbnn_strdup(f.text);
    sbnn_verdict_add(v, &f);
  }
  if (!sbnn_verdict_doubts(v)) return;
  sbnn_finding last = advice ? *advice
                             : (sbnn_finding){.model = (char *)model,
                                              .about = (char *)"advice",
                                              .seen = NAN,
                                              .limit = NAN,
                                              .text = (char *)SBNN_ADVICE_LASSO};
  last.text = sbnn_strdup(last.text);
  sbnn_verdict_add(v, &last);
}

static void print_model(FILE *to, const sbnn_verdict *v, const char *model) {
  bool doubt = sbnn_verdict_doubts(v);
  fprintf(to, doubt ? "The genes of %s are doubtful:\n" : "No finding speaks against the genes of %s:\n",
          sbnn_model_in_words(model));
  for (size_t i = 0; i < v->n; i++) {
    const sbnn_finding *f = &v->list[i];
    bool advice = strcmp(f->about, "advice") == 0;
    if (doubt && !f->doubt && !advice) continue;
    fprintf(to, "  %s%s\n", advice ? "What may help: " : "", f->text);
  }
}

void sbnn_print_verdict(FILE *to, const sbnn_verdict *v) {
  for (size_t i = 0; i < v->n; i++) {
    const char *model = v->list[i].model;
    sbnn_verdict one = {0};
    bool new_model = true;
    for (size_t k = 0; k < i; k++) new_model &= strcmp(v->list[k].model, model) != 0;
    if (!new_model) continue;
    sbnn_verdict_of_model(v, model, &one);
    print_model(to, &one, model);
    sbnn_verdict_free(&one);
  }
}
