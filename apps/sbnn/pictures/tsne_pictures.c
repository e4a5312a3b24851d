/* tsne_pictures.c - the picture of `sbnn tsne` (tsne_results.h). */
#include "figures/maps.h"
#include "pictures/map_data.h"
#include "results/tsne_results.h"

enum { MOST_VIEWS = 2 };

int sbnn_draw_tsne(const char *figures, const sbnn_tsne_results *r, sbnn_error *e) {
  sbnn_map_data borrowed[MOST_VIEWS];
  sbnn_map map[MOST_VIEWS];
  size_t n = r->n_views < MOST_VIEWS ? r->n_views : MOST_VIEWS;
  for (size_t v = 0; v < n; v++) {
    map[v] = sbnn_map_of_cells(r->data, NULL, r->data->n_cells, r->views[v].y, 2, &borrowed[v]);
    map[v].title = r->views[v].title;
  }
  int code = sbnn_figure_maps(figures, "tsne", &(sbnn_maps){.n = (int)n, .map = map, .columns = (int)n}, e);
  for (size_t v = 0; v < n; v++) sbnn_map_data_free(&borrowed[v]);
  return code;
}
