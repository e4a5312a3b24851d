/* options_table.c - all rows in one list (options_table.h). */
#include "options/options_table.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A choice is stored as the position of its word. */
_Static_assert(SBNN_PROTOCOL_STRICT == 0 && SBNN_PROTOCOL_PAPER == 1, "strict|paper");
_Static_assert(SBNN_PRESET_NONE == 0 && SBNN_PRESET_PATCHSEQ == 1 && SBNN_PRESET_CITESEQ == 2 &&
                   SBNN_PRESET_M1 == 3 && SBNN_PRESET_V1 == 4 && SBNN_PRESET_CBMC == 5,
               "none|patchseq|citeseq|m1|v1|cbmc");
_Static_assert(SBNN_MISSING_ERROR == 0 && SBNN_MISSING_DROP_CELLS == 1 && SBNN_MISSING_DROP_RESPONSES == 2 &&
                   SBNN_MISSING_DROP_CELLS_ANY == 3,
               "error|drop-cells|drop-responses|drop-cells-any");
_Static_assert(SBNN_X_COUNTS == 0 && SBNN_X_NONE == 1, "counts|none");
_Static_assert(SBNN_GENES_AUTO == 0 && SBNN_GENES_IN_ROWS == 1 && SBNN_GENES_IN_COLUMNS == 2,
               "auto|rows|columns");
_Static_assert(SBNN_WEIGHTS_AUTO == 0 && SBNN_WEIGHTS_LAST == 1 && SBNN_WEIGHTS_BEST == 2, "auto|last|best");
_Static_assert(SBNN_RECIPE_PAPER == 0 && SBNN_RECIPE_DENOISE == 1, "paper|denoise");
_Static_assert(SBNN_PENALTY_SUBGRADIENT == 0 && SBNN_PENALTY_PROXIMAL == 1, "subgradient|proximal");
_Static_assert(SBNN_PRUNE_AT_LAST == 0 && SBNN_PRUNE_AT_BEST == 1, "last|best");
_Static_assert(SBNN_NOISE_FIXED == 0 && SBNN_NOISE_AUTO == 1, "fixed|auto");
_Static_assert(SBNN_SELECT_NETWORK == 0 && SBNN_SELECT_FORWARD == 1 && SBNN_SELECT_GROUP_LASSO == 2,
               "network|forward|group-lasso");

/* The rows of options.def; each ROW(group, field, name, value, ...). */
#define ROW(g, f, n, v, families_, help_, ...)                                                               \
  {.group = SBNN_GROUP_##g,                                                                                  \
   .field = SBNN_FIELD(f),                                                                                   \
   .name = (n),                                                                                              \
   .value = (v),                                                                                             \
   .families = SBNN_TAKES_##families_,                                                                       \
   .help = (help_),                                                                                          \
   __VA_ARGS__},
#define NUMBER(kind_, g, f, n, v, first, low, high, families_, help_)                                        \
  ROW(g, f, n, v, families_, help_, .kind = SBNN_OPTION_##kind_, .initial = (first), .lowest = (low),        \
      .highest = (high))

#define TEXT(g, f, n, v, families, help)     ROW(g, f, n, v, families, help, .kind = SBNN_OPTION_TEXT)
#define REQUIRED(g, f, n, v, families, help) ROW(g, f, n, v, families, help, .required = true)
#define REQUIRED_UNLESS(other, g, f, n, v, families, help)                                                   \
  ROW(g, f, n, v, families, help, .required = true, .unless = (other))
#define RULE(g, f, n, v, first, families, help)                                                              \
  ROW(g, f, n, v, families, help, .kind = SBNN_OPTION_RULE, .initial = (first))
#define FLAG(g, f, n, families, help) ROW(g, f, n, NULL, families, help, .kind = SBNN_OPTION_FLAG)
#define CHOICE(g, type, f, n, words, first, families, help)                                                  \
  ROW(g, f, n, words, families, help, .kind = SBNN_OPTION_CHOICE, .initial = (first))
#define WHOLE(...)                                NUMBER(WHOLE, __VA_ARGS__)
#define REAL(...)                                 NUMBER(REAL, __VA_ARGS__)
#define AUTO(...)                                 NUMBER(AUTO, __VA_ARGS__)
#define WIDTHS(g, f, n, v, first, families, help) NUMBER(WIDTHS, g, f, n, v, first, 1, 100000, families, help)
#define PHASE(g, f, n, epochs_, rate, families, what)                                                        \
  NUMBER(WHOLE, g, f.epochs, "epochs-" n, "N", epochs_, 1, SBNN_MANY, families, "epochs " what)              \
  NUMBER(POSITIVE, g, f.lr, "lr-" n, "RATE", rate, 0, INFINITY, families, "learning rate of these epochs")

static const sbnn_option shared[] = {
#include "options/options.def"
};
enum { N_SHARED = sizeof shared / sizeof *shared };

/* ---- one list ---- */

static struct {
  const sbnn_option *row;
  const sbnn_command *owner; /* NULL: a row of options.def */
} list[SBNN_MAX_OPTIONS];
static size_t n_listed;

static void append(const sbnn_option *row, const sbnn_command *owner) {
  if (n_listed == SBNN_MAX_OPTIONS) {
    fprintf(stderr, "sbnn: internal error: more than SBNN_MAX_OPTIONS (options.h) options\n");
    exit(SBNN_FAILED);
  }
  list[n_listed].row = row;
  list[n_listed++].owner = owner;
}

/* The shared row in whose place the own row stands. */
static const sbnn_option *replaced(const sbnn_command *c, const sbnn_option *own) {
  for (size_t i = 0; i < N_SHARED; i++)
    if (shared[i].group == own->group && (shared[i].families & c->takes) &&
        strcmp(shared[i].name, own->name) == 0)
      return &shared[i];
  return NULL;
}

/* The own rows of all commands in this group that replace `row`; NULL: none. */
static void append_own(sbnn_option_group group, const sbnn_option *row) {
  for (size_t i = 0; i < sbnn_n_commands; i++) {
    const sbnn_command *c = sbnn_commands[i];
    for (size_t k = 0; k < c->n_options; k++)
      if (c->options[k].group == group && replaced(c, &c->options[k]) == row) append(&c->options[k], c);
  }
}

static const sbnn_option_group order[SBNN_N_GROUPS] = {
    SBNN_GROUP_DATA, SBNN_GROUP_NETWORK,          SBNN_GROUP_PRETRAINING, SBNN_GROUP_PHASES,
    SBNN_GROUP_OWN,  SBNN_GROUP_CROSS_VALIDATION, SBNN_GROUP_RUN,         SBNN_GROUP_OUTPUT};

static void make_list(void) {
  for (size_t g = 0; g < SBNN_N_GROUPS; g++) {
    bool own_first = order[g] == SBNN_GROUP_DATA || order[g] == SBNN_GROUP_OUTPUT;
    if (own_first) append_own(order[g], NULL);
    for (size_t i = 0; i < N_SHARED; i++) {
      if (shared[i].group != order[g]) continue;
      append_own(order[g], &shared[i]);
      append(&shared[i], NULL);
    }
    if (!own_first) append_own(order[g], NULL);
  }
}

static void need_list(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_list);
}

const sbnn_option *sbnn_option_at(size_t i) {
  need_list();
  return i < n_listed ? list[i].row : NULL;
}

size_t sbnn_option_index(const sbnn_option *row) {
  size_t i = 0;
  need_list();
  while (list[i].row != row) i++;
  return i;
}

/* ---- who takes it ---- */

static bool takes_own_of(const sbnn_command *c, const sbnn_command *owner) {
  if (c == owner) return true;
  for (size_t i = 0; c->takes_own_of && c->takes_own_of[i]; i++)
    if (c->takes_own_of[i] == owner) return true;
  return false;
}

static bool knows(const sbnn_command *c, size_t i) {
  if (!c) return !list[i].owner;
  return list[i].owner ? takes_own_of(c, list[i].owner) : (list[i].row->families & c->takes) != 0;
}

const sbnn_option *sbnn_option_named(const sbnn_command *c, const char *name, size_t length) {
  need_list();
  for (size_t i = 0; i < n_listed; i++) {
    const sbnn_option *row = list[i].row;
    if (strlen(row->name) == length && memcmp(row->name, name, length) == 0 && knows(c, i)) return row;
  }
  return NULL;
}

bool sbnn_option_taken(const sbnn_command *c, const sbnn_option *row) {
  return sbnn_option_named(c, row->name, strlen(row->name)) == row;
}

void *sbnn_option_field(sbnn_options *o, const sbnn_option *row) {
  if (!(row->field & SBNN_OWN_BIT)) return (char *)o + row->field;
  const sbnn_command *owner = list[sbnn_option_index(row)].owner;
  return (char *)sbnn_own_mutable(o, owner) + (row->field & ~SBNN_OWN_BIT);
}

const char *sbnn_group_heading(const sbnn_option *row) {
  static const char *const headings[SBNN_N_GROUPS] = {
      [SBNN_GROUP_DATA] = "Data",
      [SBNN_GROUP_NETWORK] = "Network",
      [SBNN_GROUP_PRETRAINING] = "Pretraining (the network first learns to tell clusters of responses apart)",
      [SBNN_GROUP_PHASES] = "Training phases (an epoch is one pass over the training cells)",
      [SBNN_GROUP_CROSS_VALIDATION] = "Cross-validation",
      [SBNN_GROUP_RUN] = "Running",
      [SBNN_GROUP_OUTPUT] = "Output",
  };
  if (row->group != SBNN_GROUP_OWN) return headings[row->group];
  return list[sbnn_option_index(row)].owner->heading;
}
