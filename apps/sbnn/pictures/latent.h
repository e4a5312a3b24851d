/* latent.h - the map that latent_map and overlays draw. Internal to pictures/. Any thread. */
#ifndef SBNN_PICTURES_LATENT_H
#define SBNN_PICTURES_LATENT_H

#include "pictures/map_data.h"
#include "results/results.h"

bool sbnn_is_linear(const sbnn_experiment *x); /* srrr */

/* Of the first experiment, if it is of all cells and has a plane; false: there is none. Else the caller calls
 * sbnn_map_data_free(data); *map borrows from it. */
bool sbnn_latent_map(const sbnn_results *r, sbnn_map_data *data, sbnn_map *map);

#endif
