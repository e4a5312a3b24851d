/* read_data.c - see read_data.h. */
#include "commands/read_data.h"

#include "commands/room_options.h"
#include "options/advice.h"

#include <stdlib.h>
#include <string.h>

/* A line each. */
static void say_hints(const sbnn_command *c, const char *hints) {
  char *lines = sbnn_strdup(hints), *rest = lines;
  for (char *line; (line = strsep(&rest, "\n"));) {
    char *text = sbnn_advice(c, line);
    fprintf(stderr, "%s\n", text);
    free(text);
  }
  free(lines);
}

/* "12 cells in both tables (...): 1000 genes, 5 responses" and what else was noticed. */
static void say_data(const sbnn_options *o, const sbnn_dataset *d) {
  const sbnn_overlap *v = &d->overlap;
  if (o->data && !o->own_data) fprintf(stderr, "%zu cells in %s", v->shared, o->data);
  else
    fprintf(stderr, "%zu cells in both tables (%zu in %s, %zu in %s)", v->shared, v->x_cells,
            o->own_data ? d->x_path : o->x, v->y_cells, o->own_data ? d->y_path : o->y);
  if (d->n_cells < v->shared) fprintf(stderr, ", %zu of them used", d->n_cells);
  fprintf(stderr, ": %zu gene%s, %zu response%s", d->n_genes, d->n_genes == 1 ? "" : "s", d->n_responses,
          d->n_responses == 1 ? "" : "s");
  if (d->n_labels)
    fprintf(stderr, ", %zu of %zu cells labelled by '%s' (%zu label%s)", v->labelled, d->n_cells,
            d->label_column, d->n_labels, d->n_labels == 1 ? "" : "s");
  if (d->groups) fprintf(stderr, ", %zu groups by '%s'", d->n_groups, d->group_column);
  fprintf(stderr, "\n");
  for (size_t i = 0; i < d->n_notes; i++) fprintf(stderr, "%s\n", d->notes[i]);
  if (d->hint && !o->no_hints) say_hints(o->command, d->hint);
}

int sbnn_read_data(const sbnn_options *o, sbnn_dataset *d, sbnn_error *e) {
  const sbnn_dataset_options how = sbnn_dataset_options_of(o);
  int code = sbnn_dataset_read(&how, d, e);
  if (code == SBNN_OK && (size_t)o->genes > d->n_genes) {
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s has %zu gene%s, fewer than the %d to be kept; give --genes %zu or less",
                     !o->data                   ? o->x
                     : o->own_data && d->x_path ? d->x_path
                                                : o->data,
                     d->n_genes, d->n_genes == 1 ? "" : "s", o->genes, d->n_genes);
    sbnn_dataset_suspect_swap(d, e);
    sbnn_dataset_free(d);
  }
  if (code == SBNN_OK && !o->quiet && !o->step) say_data(o, d); /* of a step, run has said it */
  return code;
}
