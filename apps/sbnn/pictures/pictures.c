/* pictures.c - all figures of a run, by pictures.def (pictures.h). */
#include "pictures/pictures.h"

#include "data/ids.h"
#include "figures/canvas.h"
#include "figures/short_names.h"
#include "pictures/picture.h"

static const struct {
  const char *name;
  sbnn_picture *draw;
} pictures[] = {
#define SBNN_PICTURE(name) {#name, sbnn_picture_##name},
#include "pictures/pictures.def"
};
enum { N_PICTURES = sizeof pictures / sizeof *pictures };

const char *sbnn_picture_name(size_t i) { return i < N_PICTURES ? pictures[i].name : NULL; }

/* Names without the barcodes of antibodies. */
int sbnn_write_pictures(const char *directory, const sbnn_results *r, sbnn_error *e) {
  if (!sbnn_figures_available()) return SBNN_OK;
  const sbnn_dataset *d = r->data;
  sbnn_dataset shown = *d;
  sbnn_results of = *r;
  int code = SBNN_OK;
  of.data = &shown;
  shown.gene_names = sbnn_short_names(d->gene_names, d->n_genes);
  shown.response_names = sbnn_short_names(d->response_names, d->n_responses);
  for (size_t i = 0; i < N_PICTURES && code == SBNN_OK; i++)
    code = pictures[i].draw(directory, pictures[i].name, &of, e);
  sbnn_free_strings(shown.gene_names, d->n_genes);
  sbnn_free_strings(shown.response_names, d->n_responses);
  return code;
}
