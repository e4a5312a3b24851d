/* Prints a page of docs/reference: what the public headers given declare, with their comments, and of layers, losses,
 * metrics and optimizers the rows of their tables. usage: generate_reference TITLE HEADER... */
#include "nn/model/text.h"
#include "nn/nn.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows -------------------------------------------------------------------------------------------- */

#define NN_LAYER(name)     extern const nn_row nn_layer_##name;
#define NN_LOSS(name)      extern const nn_row nn_loss_##name;
#define NN_METRIC(name)    extern const nn_row nn_metric_##name;
#define NN_OPTIMIZER(name) extern const nn_optimizer_row nn_optimizer_##name;
#include "nn/layers/layers.h"
#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#include "nn/optim/optim.h"
#undef NN_LAYER
#undef NN_LOSS
#undef NN_METRIC
#undef NN_OPTIMIZER

static const struct {
  const char *line; /* of the header */
  const nn_row *row;
  const nn_optimizer_row *optimizer;
} rows[] = {
#define NN_LAYER(name)     {"NN_LAYER(" #name ")", &nn_layer_##name, NULL},
#define NN_LOSS(name)      {"NN_LOSS(" #name ")", &nn_loss_##name, NULL},
#define NN_METRIC(name)    {"NN_METRIC(" #name ")", &nn_metric_##name, NULL},
#define NN_OPTIMIZER(name) {"NN_OPTIMIZER(" #name ")", NULL, &nn_optimizer_##name},
#include "nn/layers/layers.h"
#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#include "nn/optim/optim.h"
};

static const char *dtype_text(tn_dtype dtype) { return dtype == TN_F32 ? "" : tn_dtype_name(dtype); }

static void print_sample(const nn_sample *s) {
  printf("- %s:", s->name);
  for (int i = 0; i < s->n_in; i++) {
    char shape[NN_SHAPE_TEXT];
    printf(" `%s%s`", dtype_text(s->in[i].dtype), nn_shape_text(shape, s->in[i].rank, s->in[i].shape));
  }
  if (s->order < 0) printf(", no derivative\n");
  else printf(", derivatives to order %d\n", s->order ? s->order : 2);
}

static void print_rows(const char *text) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!strstr(text, rows[i].line)) continue;
    const nn_row *r = rows[i].row;
    printf("`%s`: %s\n\n", r ? r->name : rows[i].optimizer->name, r ? r->doc : rows[i].optimizer->doc);
    if (!r) continue;
    printf("Checked on:\n\n");
    for (int k = 0; k < r->n_samples; k++) print_sample(&r->samples[k]);
    printf("\n");
  }
}

/* ---- headers ------------------------------------------------------------------------------------------- */

static char *whole_file(const char *path) {
  FILE *f = fopen(path, "rb");
  enum { LARGEST = 1 << 20 };
  char *text = calloc(1, LARGEST);
  if (f && text) text[fread(text, 1, LARGEST - 1, f)] = 0;
  if (f) fclose(f);
  else fprintf(stderr, "%s cannot be read\n", path), exit(1);
  return text;
}

static const char *base_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Where the declarations begin: behind the opening of extern "C", or behind the guard. */
static const char *start_of(const char *text) {
  const char *at = strstr(text, "extern \"C\" {\n#endif\n");
  if (at) return at + strlen("extern \"C\" {\n#endif\n");
  at = strstr(text, "\n#define NABLA_");
  return at ? strchr(at + 1, '\n') + 1 : NULL;
}

static const char *end_of(const char *start) {
  const char *end = strstr(start, "#ifdef __cplusplus\n}");
  if (!end)
    for (const char *at = start; (at = strstr(at, "\n#endif")) != NULL; at++) end = at + 1;
  return end ? end : start + strlen(start);
}

static bool blank(const char *from, const char *to) {
  while (from < to && isspace((unsigned char)*from)) from++;
  return from == to;
}

/* The comment at the top, without its marks: " * " before each line but the first, which is "NAME.h - ...". Where lines
 * are indented they stand as they are. */
static void print_top(const char *text) {
  const char *end = strstr(text, "*/"), *at = strstr(text, " - ");
  if (strncmp(text, "/* ", 3) != 0 || !end || !at || at > end) return;
  const char *indented = strstr(text, "\n *   ");
  bool as_it_is = indented && indented < end;
  at += 3;
  while (end > at && end[-1] == ' ') end--;
  if (as_it_is) printf("```text\n");
  putchar(toupper((unsigned char)*at++));
  for (; at < end; at++) {
    putchar(*at);
    if (*at != '\n' || strncmp(at + 1, " *", 2) != 0 || at + 1 >= end) continue;
    at += 2;
    if (at[1] == ' ' && at + 1 < end) at++;
  }
  printf(as_it_is ? "\n```\n" : "\n");
}

static void print_header(const char *path) {
  char *text = whole_file(path);
  const char *from = start_of(text);
  if (from) {
    const char *to = end_of(from);
    while (from < to && *from == '\n') from++;
    while (to > from && isspace((unsigned char)to[-1])) to--;
    printf("\n## %s\n\n", base_of(path));
    print_top(text);
    printf("\n");
    print_rows(text);
    if (!blank(from, to)) printf("```c\n%.*s\n```\n", (int)(to - from), from);
  }
  free(text);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  printf(
      "# %s\n\nPrinted by docs/generate_reference.c from the headers and their tables; `./dev docs` renews "
      "it.\n",
      argv[1]);
  for (int i = 2; i < argc; i++) print_header(argv[i]);
  return 0;
}
