/* counts.c - which matrix holds counts (layout.h). */
#include "data/hdf5/layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "X (0.53)": what stands against this one. */
static char *objection(const char *path, double other, bool any) {
  if (!any && isnan(other)) return sbnn_format("%.100s (all 0)", path);
  return isinf(other) ? sbnn_format("%.100s (missing values)", path)
                      : sbnn_format("%.100s (%g)", path, other);
}

int sbnn_h5_find_counts(sbnn_h5 *f, const sbnn_strings *candidates, size_t *found, char **why) {
  int code = SBNN_OK;
  *why = NULL;
  for (*found = 0; *found < candidates->n; ++*found) {
    const char *path = candidates->items[*found];
    sbnn_h5_matrix m;
    double other = NAN;
    bool any = false;
    code = sbnn_h5_matrix_open(f, path, NULL, false, &m);
    if (code == SBNN_OK) code = sbnn_h5_matrix_look(f, &m, &other, &any);
    sbnn_h5_matrix_close(&m);
    if (code != SBNN_OK || (isnan(other) && any)) break;
    *why = sbnn_joined(*why, ", ", objection(path, other, any));
  }
  return code;
}
