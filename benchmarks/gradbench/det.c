/* det: the determinant by expansion of minors along rows, from the last. The minors of the last m rows, one for each choice of
 * m columns, are a vector; each of the next m + 1 is a sum over those that leave out one of its columns. */
#include "gradbench.h"

#include <stdlib.h>

typedef struct choice {      /* of m columns, for all choices */
  int64_t *columns, *minors; /* [choices, m]: the column, and the minor that remains without it */
  double *signs;
  int64_t choices;
} choice;

static int bits(unsigned set) { return set ? (int)(set & 1) + bits(set >> 1) : 0; }

/* number[set]: the place of a set among those of its size. */
static void list(choice *w, int n, int m, const int64_t *number) {
  w->choices = 0;
  for (unsigned set = 0; set < 1u << n; set++) {
    if (bits(set) != m) continue;
    int64_t at = w->choices++ * m;
    for (int j = 0; j < n; j++) {
      if (!(set >> j & 1)) continue;
      w->columns[at] = j;
      w->minors[at] = number[set & ~(1u << j)];
      w->signs[at] = bits(set & ((1u << j) - 1)) % 2 ? -1 : 1;
      at++;
    }
  }
}

static ag_ref constant(ag_graph *g, const void *data, tn_dtype type, int64_t rows, int64_t columns) {
  return ag_constant(g, tn_view_of((void *)(uintptr_t)data, type, 2, (int64_t[]){rows, columns}));
}

static ag_ref expand(ag_graph *g, ag_ref a, int n, choice *w, int64_t *number) {
  ag_ref minors = ag_full(g, TN_F64, 1, (int64_t[]){1}, 1); /* that of no rows */
  for (int m = 1; m <= n; m++) {
    list(w, n, m, number);
    ag_ref row = ag_reshape(g, ag_slice(g, a, 0, (n - m) * n, n), 1, (int64_t[]){n});
    ag_ref factors = ag_index_select(g, row, 0, constant(g, w->columns, TN_I64, w->choices, m));
    ag_ref rest = ag_index_select(g, minors, 0, constant(g, w->minors, TN_I64, w->choices, m));
    ag_ref signs = constant(g, w->signs, TN_F64, w->choices, m);
    minors = ag_sum_axis(g, ag_mul(g, ag_mul(g, factors, rest), signs), 1, false);
  }
  return ag_sum_all(g, minors);
}

static void build(gb_call *c) {
  int n = (int)gb_extent(c, "ell");
  ag_ref a = gb_leaf(c, "A");
  if (n > 16) gb_fail(c, "expansion by minors stops at 16 rows");
  if (*c->error) return;
  size_t room = (size_t)n << n;
  choice w = {calloc(room, sizeof(int64_t)), calloc(room, sizeof(int64_t)), calloc(room, sizeof(double)), 0};
  int64_t *number = calloc((size_t)1 << n, sizeof *number), count[32] = {0};
  if (w.columns && w.minors && w.signs && number) {
    for (unsigned set = 0; set < 1u << n; set++) number[set] = count[bits(set)]++;
    ag_ref y = expand(c->g, a, n, &w, number);
    gb_output(c, gb_is(c, "primal") ? y : gb_gradient(c->g, y, a, false));
  } else {
    gb_fail(c, "out of memory");
  }
  free(w.columns), free(w.minors), free(w.signs), free(number);
}

const gb_evaluation gb_det = {"det", "primal gradient", build, NULL, NULL};
