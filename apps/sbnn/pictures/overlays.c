/* overlays.c - as latent_map, with nine genes and nine responses (figure 1c); of the linear model on the scale
 * of figure S5, -1 to 1. */
#include "figures/overlays.h"
#include "pictures/latent.h"
#include "pictures/picture.h"

#include <stdlib.h>

/* Predictions of the shown columns, side by side. */
typedef struct side_data {
  const char *name[SBNN_OVERLAYS];
  size_t column[SBNN_OVERLAYS];
  int n;
  double *value;
} side_data;

static sbnn_overlay_side side_make(side_data *s, const size_t *order, size_t rows, const double *predictions,
                                   size_t columns) {
  s->value = sbnn_alloc(rows * (size_t)s->n, sizeof *s->value);
  for (size_t i = 0; i < rows; i++)
    for (int k = 0; k < s->n; k++)
      s->value[i * (size_t)s->n + (size_t)k] = predictions[order[i] * columns + s->column[k]];
  return (sbnn_overlay_side){.n = s->n, .name = s->name, .value = s->value};
}

/* Those with the largest norms, which stand first. */
static void choose_genes(const sbnn_dataset *d, const sbnn_experiment *x, side_data *s) {
  for (size_t j = 0; j < x->n_genes && s->n < SBNN_OVERLAYS; j++) {
    s->name[s->n] = d->gene_names[x->genes[j]];
    s->column[s->n++] = j;
  }
}

/* Those predicted best at the end, best first. */
static void choose_responses(const sbnn_dataset *d, const sbnn_experiment *x, side_data *s) {
  int stage = sbnn_last_stage(x);
  const double *r2 = stage >= 0 ? x->r2[stage][SBNN_TRAIN] : NULL;
  bool *taken = sbnn_alloc(x->n_responses, sizeof *taken);
  while (s->n < SBNN_OVERLAYS && (size_t)s->n < x->n_responses) {
    size_t best = x->n_responses;
    for (size_t j = 0; j < x->n_responses; j++)
      if (!taken[j] && (best == x->n_responses || (r2 && r2[1 + j] > r2[1 + best]))) best = j;
    taken[best] = true;
    s->name[s->n] = d->response_names[best];
    s->column[s->n++] = best;
  }
  free(taken);
}

/* Those that were asked for; `column` maps them to names (NULL: as they are). */
static void take_choice(const size_t *chosen, size_t n, char *const *name, const size_t *column,
                        side_data *s) {
  for (size_t k = 0; k < n && k < SBNN_OVERLAYS; k++) {
    s->name[s->n] = name[column ? column[chosen[k]] : chosen[k]];
    s->column[s->n++] = chosen[k];
  }
}

int sbnn_picture_overlays(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e) {
  sbnn_map_data m;
  sbnn_map map;
  if (!r->n || !r->experiments[0].gene_predictions || !r->experiments[0].response_predictions) return SBNN_OK;
  if (!sbnn_latent_map(r, &m, &map)) return SBNN_OK;
  const sbnn_dataset *d = r->data;
  const sbnn_experiment *x = &r->experiments[0];
  const sbnn_overlay_choice *c = &r->overlays;
  side_data genes = {.n = 0}, responses = {.n = 0};
  if (c->n_genes) take_choice(c->genes, c->n_genes, d->gene_names, x->genes, &genes);
  else choose_genes(d, x, &genes);
  if (c->n_responses) take_choice(c->responses, c->n_responses, d->response_names, NULL, &responses);
  else choose_responses(d, x, &responses);
  sbnn_overlays what = {.map = map};
  what.gene = side_make(&genes, m.order, x->n_train, x->gene_predictions, x->n_genes);
  what.response = side_make(&responses, m.order, x->n_train, x->response_predictions, x->n_responses);
  if (sbnn_is_linear(x)) {
    what.lo = -1, what.hi = 1;
    what.bar = "Linear prediction (z-score)";
    what.gene.heading = "Genes (regressed on the map)";
    what.response.heading = "Responses (predicted)";
  }
  int code = sbnn_figure_overlays(directory, name, &what, e);
  sbnn_map_data_free(&m);
  free(genes.value);
  free(responses.value);
  return code;
}
