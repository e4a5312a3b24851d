/* latent_map.c - train and srrr, bottleneck of two or more: cells coloured by label. The map's orientation is
 * arbitrary: rotated or mirrored it fits as well. */
#include "pictures/latent.h"
#include "pictures/picture.h"

#include <string.h>

bool sbnn_is_linear(const sbnn_experiment *x) { return strcmp(x->model, "srrr") == 0; }

bool sbnn_latent_map(const sbnn_results *r, sbnn_map_data *data, sbnn_map *map) {
  const sbnn_experiment *x = r->experiments;
  if (r->n == 0 || x->fold > 0 || !x->latent || x->bottleneck < 2) return false;
  *map = sbnn_map_make(r->data, x, data);
  if (sbnn_is_linear(x)) map->x_label = "Component 1", map->y_label = "Component 2";
  return true;
}

int sbnn_picture_latent_map(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e) {
  sbnn_map_data data;
  sbnn_map map;
  if (!sbnn_latent_map(r, &data, &map)) return SBNN_OK;
  int code = sbnn_figure_map(directory, name, &map, e);
  sbnn_map_data_free(&data);
  return code;
}
