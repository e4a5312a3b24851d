/* stability_pictures.c - the pictures of `sbnn stability` (stability_results.h). */
#include "figures/maps.h"
#include "figures/selection.h"
#include "pictures/map_data.h"
#include "results/stability_results.h"

#include <stdlib.h>

static int draw_genes(const char *figures, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_bar *bar = sbnn_alloc(s->n_genes, sizeof *bar);
  for (size_t i = 0; i < s->n_genes; i++) {
    const sbnn_selection *g = &s->genes[i];
    bar[i] = (sbnn_bar){s->data->gene_names[g->gene], g->frequency, g->low, g->high};
  }
  int code = sbnn_figure_selection(figures, "stability_genes", (int)s->n_genes, bar, (int)s->n, e);
  free(bar);
  return code;
}

static int draw_maps(const char *figures, const sbnn_stability_results *s, sbnn_error *e) {
  size_t d = (size_t)s->runs[0].bottleneck, cells = s->data->n_cells;
  sbnn_map *map = sbnn_alloc(s->n, sizeof *map);
  sbnn_map_data *borrowed = sbnn_alloc(s->n, sizeof *borrowed);
  char(*title)[32] = sbnn_alloc(s->n, sizeof *title);
  for (size_t r = 0; r < s->n; r++) {
    map[r] = sbnn_map_of_cells(s->data, NULL, cells, s->maps + r * cells * d, d, &borrowed[r]);
    snprintf(title[r], sizeof *title, "Run %zu", r + 1);
    map[r].title = title[r];
  }
  int code = sbnn_figure_maps(figures, "stability_maps", &(sbnn_maps){.n = (int)s->n, .map = map}, e);
  for (size_t r = 0; r < s->n; r++) sbnn_map_data_free(&borrowed[r]);
  free(map);
  free(borrowed);
  free(title);
  return code;
}

int sbnn_draw_stability(const char *figures, const sbnn_stability_results *s, sbnn_error *e) {
  int code = draw_genes(figures, s, e);
  return code == SBNN_OK && s->maps && s->runs[0].bottleneck > 1 ? draw_maps(figures, s, e) : code;
}
