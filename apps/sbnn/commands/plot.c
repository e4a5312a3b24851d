/* plot.c - `sbnn plot`: the figures of a directory of results again, from its tables. */
#include "commands/commands.h"

#include "apart.h"
#include "figures/overlays.h"
#include "options/suggest.h"
#include "pictures/pictures.h"
#include "tables/stored.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(sizeof((sbnn_overlay_choice){0}.genes) / sizeof(size_t) == SBNN_OVERLAYS,
               "nine panels a side");

typedef struct own_options {
  const char *genes, *responses; /* names to show */
  const char *srrr;              /* a folder of its results */
} own_options;

/* What an option may name. */
typedef struct choices {
  const char *option;
  char *const *names;
  size_t n;
} choices;

static int unknown(const choices *from, const char *name, sbnn_error *e) {
  char meant[256];
  sbnn_suggest(name, (const char *const *)from->names, from->n, "", meant, sizeof meant);
  return sbnn_fail(e, SBNN_USAGE, "--%s: '%.60s' is not among the %zu %s%s%s", from->option, name, from->n,
                   strcmp(from->option, "genes") == 0 ? "genes that the network kept (genes.tsv lists them)"
                                                      : "responses",
                   *meant ? ": " : "", meant);
}

/* "A,B,C" as positions among the names. A name may hold a comma: the longest that fits counts. */
static int choose(const choices *from, const char *list, size_t *chosen, size_t *count, sbnn_error *e) {
  while (list && *list) {
    size_t best = from->n, length = 0;
    for (size_t j = 0; j < from->n; j++) {
      size_t l = strlen(from->names[j]);
      if (l > length && strncmp(list, from->names[j], l) == 0 && (list[l] == ',' || !list[l]))
        best = j, length = l;
    }
    if (best == from->n) {
      char name[128];
      snprintf(name, sizeof name, "%.*s", (int)strcspn(list, ","), list);
      return unknown(from, name, e);
    }
    if (*count == SBNN_OVERLAYS)
      return sbnn_fail(e, SBNN_USAGE, "--%s: more than %d names; each side has only %d panels", from->option,
                       SBNN_OVERLAYS, SBNN_OVERLAYS);
    chosen[(*count)++] = best;
    list += length + (list[length] == ',');
  }
  return SBNN_OK;
}

static int choose_overlays(const sbnn_options *o, sbnn_stored *s, sbnn_error *e) {
  const own_options *own = sbnn_own(o, &sbnn_command_plot);
  sbnn_overlay_choice *c = &s->results.overlays;
  const sbnn_dataset *d = &s->data;
  if ((own->genes || own->responses) && (!s->results.n || !s->experiments[0].gene_predictions))
    return sbnn_fail(e, SBNN_USAGE,
                     "%s has no overlays.tsv, so genes and responses cannot be chosen; only 'sbnn train' and "
                     "'sbnn srrr' write it",
                     o->results);
  const choices genes = {"genes", d->gene_names, d->n_genes};
  const choices responses = {"responses", d->response_names, d->n_responses};
  int code = choose(&genes, own->genes, c->genes, &c->n_genes, e);
  return code == SBNN_OK ? choose(&responses, own->responses, c->responses, &c->n_responses, e) : code;
}

typedef struct drawing {
  const char *figures;
  const sbnn_results *results;
} drawing;

static int draw_apart(const void *ctx, sbnn_error *e) {
  const drawing *d = ctx;
  return sbnn_write_pictures(d->figures, d->results, e);
}

static int draw(const sbnn_options *o, const sbnn_stored *s, sbnn_error *e) {
  char *figures = sbnn_path_in(o->results, "figures"), why[128] = "";
  int code = SBNN_OK;
  if (mkdir(figures, 0777) != 0 && errno != EEXIST)
    code = sbnn_fail(e, SBNN_FAILED, "%s cannot be created (%s)", figures, strerror(errno));
  if (code == SBNN_OK) code = sbnn_apart(draw_apart, &(drawing){figures, &s->results}, why, e);
  if (*why)
    sbnn_fail(e, code, "the drawing of the pictures failed (%s); more memory or other fonts may help", why);
  if (code == SBNN_OK && !o->quiet) fprintf(stderr, "Pictures are in %s\n", figures);
  free(figures);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  const own_options *own = sbnn_own(o, &sbnn_command_plot);
  sbnn_stored s;
  int code = sbnn_stored_read(o->results, &s, e);
  if (code != SBNN_OK) return code;
  code = choose_overlays(o, &s, e);
  if (code == SBNN_OK && own->srrr) code = sbnn_stored_compare(own->srrr, &s, e);
  if (code == SBNN_OK) code = draw(o, &s, e);
  sbnn_stored_free(&s);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .name = "results",
     .value = "DIR",
     .field = SBNN_FIELD(results),
     .required = true,
     .help = "results of sbnn train or cv"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "genes",
     .value = "NAME,NAME,...",
     .field = SBNN_OWN_FIELD(own_options, genes),
     .help = "genes shown left of the map, up to nine (default: largest norms)"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "responses",
     .value = "NAME,NAME,...",
     .field = SBNN_OWN_FIELD(own_options, responses),
     .help = "responses shown right of it, up to nine (default: best predicted)"},
    {.group = SBNN_GROUP_OUTPUT,
     .name = "srrr",
     .value = "DIR",
     .field = SBNN_OWN_FIELD(own_options, srrr),
     .help = "results of sbnn srrr, added to the training curves"},
};

const sbnn_command sbnn_command_plot = {
    .name = "plot",
    .usage = "--results DIR [OPTIONS]",
    .summary = "draw the pictures of a run again, with genes of your choice",
    .description =
        "Draws the pictures of a folder of results again (.png, .svg, .pdf), from its tables. You can\n"
        "choose the responses and, among the genes that the network kept, the genes that are shown\n"
        "beside the map.\n",
    .example = "plot --results results --genes Sst,Pvalb --responses 'Rheobase (pA)'",
    .takes = SBNN_TAKES_QUIET,
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .run = run,
};
