/* tsne_tables.c - see tsne_tables.h. */
#include "results/tsne_results.h"

#include "output/writer.h"
#include "tables/tables.h"

static int write_places(const char *directory, const sbnn_tsne_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "tsne.tsv");
  sbnn_put(&w, "cell");
  for (size_t v = 0; v < r->n_views; v++) sbnn_put(&w, "\t%s_1\t%s_2", r->views[v].name, r->views[v].name);
  sbnn_put(&w, "\n");
  for (size_t i = 0; i < r->data->n_cells; i++) {
    sbnn_put_name(&w, r->data->cell_names[i]);
    for (size_t k = 0; k < 2 * r->n_views; k++) {
      sbnn_put(&w, "\t");
      sbnn_put_number(&w, r->views[k / 2].y[2 * i + k % 2]);
    }
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

static int write_quality(const char *directory, const sbnn_tsne_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "tsne_quality.tsv");
  sbnn_put(&w, "view\tcells\tdimensions\tmethod\tdivergence\tneighbours\ttrustworthiness\n");
  for (size_t v = 0; v < r->n_views; v++) {
    const sbnn_tsne_view *x = &r->views[v];
    sbnn_put(&w, "%s\t%zu\t%zu\t%s\t", x->name, r->data->n_cells, x->dimensions,
             x->fit.exact ? "exact" : "barnes-hut");
    sbnn_put_number(&w, x->fit.kl);
    sbnn_put(&w, "\t%d\t", SBNN_MAP_NEIGHBOURS);
    sbnn_put_number(&w, x->trustworthiness);
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

int sbnn_write_tsne(const char *directory, const sbnn_tsne_results *r, sbnn_error *e) {
  int code = write_places(directory, r, e);
  if (code == SBNN_OK) code = write_quality(directory, r, e);
  if (code == SBNN_OK && r->data->n_labels) code = sbnn_write_labels(directory, r->data, e);
  return code;
}
