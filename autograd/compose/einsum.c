/* einsum.c - einsum. A label repeated in one operand becomes a diagonal, a label that occurs nowhere else is
 * summed over, and operands are multiplied from left to right as [batch, m, k] [batch, k, n]. */
#include "autograd/autograd.h"
#include "autograd/graph.h"

#include <string.h>

/* Labels: A-Z, a-z, then the axes of "...", the last one first, so that they align from the right. */
enum { LETTERS = 52, LABELS = LETTERS + TN_MAX_RANK };
typedef uint64_t label_set;

typedef struct term { /* labels of a value's axes */
  ag_ref x;
  int n, label[TN_MAX_RANK];
} term;

typedef struct einsum {
  ag_graph *g;
  const char *equation;
  int64_t extent[LABELS]; /* -1 = not seen */
  int ellipsis;           /* the largest number of axes that "..." stands for */
} einsum;

static bool fail(const einsum *e, const char *why) {
  ag_fail(e->g, TN_EINVAL, "einsum \"%.80s\": %s", e->equation, why);
  return false;
}

static label_set set_of(const term *t) {
  label_set s = 0;
  for (int i = 0; i < t->n; i++) s |= (label_set)1 << t->label[i];
  return s;
}

static bool has(label_set s, int label) { return s >> label & 1; }

/* ---- reading the equation ---- */

static int letter(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
}

/* Reads labels up to a comma, "->" or the end. `rank` is the number of axes to expect; negative: any number.
 * Returns the position after the labels, or NULL on failure. */
static const char *read_term(einsum *e, const char *s, int rank, term *t) {
  int before = 0, letters = 0, dots = -1;
  for (const char *p = s; *p && *p != ',' && *p != '-'; p++) letters += letter(*p) >= 0;
  for (; *s && *s != ',' && *s != '-'; s++) {
    int n = 1, label = letter(*s);
    if (*s == ' ') continue;
    if (*s == '.') {
      if (dots >= 0 || strncmp(s, "...", 3) != 0) return fail(e, "a dot that is not one \"...\""), NULL;
      dots = rank >= 0 ? rank - letters : e->ellipsis;
      if (dots < 0) return fail(e, "more labels than an operand has axes"), NULL;
      if (rank >= 0 && dots > e->ellipsis) e->ellipsis = dots;
      n = dots, s += 2;
    } else if (label < 0) return fail(e, "labels are letters"), NULL;
    for (int i = 0; i < n; i++) {
      if (before == TN_MAX_RANK) return fail(e, "more axes than a value may have"), NULL;
      t->label[before++] = label >= 0 ? label : LETTERS + n - 1 - i;
    }
  }
  t->n = before;
  if (rank >= 0 && before != rank)
    return fail(e, "an operand has another number of axes than of labels"), NULL;
  return s;
}

static bool note_extents(einsum *e, const term *t) {
  ag_type type = ag_type_of(e->g, t->x);
  for (int i = 0; i < t->n; i++) {
    int64_t *extent = &e->extent[t->label[i]], have = type.shape[i];
    if (*extent >= 0 && *extent != 1 && have != 1 && have != *extent)
      return fail(e, "axes of one label have different extents");
    if (*extent < 0 || *extent == 1) *extent = have;
  }
  return true;
}

/* The result without "->": the axes of "...", then each label that occurs once. */
static void implicit_result(const einsum *e, const term *in, int n, term *out) {
  int count[LETTERS] = {0};
  for (int i = 0; i < n; i++)
    for (int k = 0; k < in[i].n; k++)
      if (in[i].label[k] < LETTERS) count[in[i].label[k]]++;
  out->n = 0;
  for (int i = e->ellipsis - 1; i >= 0; i--) out->label[out->n++] = LETTERS + i;
  for (int l = 0; l < LETTERS && out->n < TN_MAX_RANK; l++)
    if (count[l] == 1) out->label[out->n++] = l;
}

static bool read_result(einsum *e, const char *s, const term *in, int n, term *out) {
  label_set seen = 0, known = 0;
  for (int i = 0; i < n; i++) known |= set_of(&in[i]);
  if (*s == 0) return implicit_result(e, in, n, out), true;
  if (strncmp(s, "->", 2) != 0) return fail(e, "more terms than operands, or a '-' without '>'");
  if (!(s = read_term(e, s + 2, -1, out))) return false;
  if (*s) return fail(e, "there is text after the result");
  for (int i = 0; i < out->n; i++) {
    if (has(seen, out->label[i])) return fail(e, "a label occurs twice in the result");
    if (!has(known, out->label[i])) return fail(e, "a label of the result occurs in no operand");
    seen |= (label_set)1 << out->label[i];
  }
  return true;
}

/* ---- one operand ---- */

static void drop(term *t, int axis) {
  for (int i = axis; i + 1 < t->n; i++) t->label[i] = t->label[i + 1];
  t->n--;
}

/* Takes diagonals of repeated labels and drops axes of extent 1 whose label is longer elsewhere. After this
 * each label occurs once. */
static bool simplify(einsum *e, term *t) {
  for (int i = 0; i < t->n; i++)
    for (int j = i + 1; j < t->n; j++) {
      if (t->label[i] != t->label[j]) continue;
      ag_type type = ag_type_of(e->g, t->x);
      int label = t->label[i];
      if (type.shape[i] != type.shape[j]) return fail(e, "a diagonal of axes of different extents");
      t->x = ag_diagonal(e->g, t->x, 0, i, j);
      drop(t, j), drop(t, i);
      t->label[t->n++] = label;
      i = -1; /* the axes have moved */
      break;
    }
  ag_type type = ag_type_of(e->g, t->x);
  for (int i = t->n - 1; i >= 0; i--) {
    if (type.shape[i] != 1 || e->extent[t->label[i]] == 1) continue;
    for (int a = i; a + 1 < type.rank; a++) type.shape[a] = type.shape[a + 1];
    type.rank--;
    drop(t, i);
  }
  t->x = ag_reshape(e->g, t->x, type.rank, type.shape);
  return true;
}

/* Sums over the labels that are not in `keep`. */
static void sum_out(const einsum *e, term *t, label_set keep) {
  unsigned axes = 0;
  for (int i = 0; i < t->n; i++)
    if (!has(keep, t->label[i])) axes |= 1u << i;
  if (!axes) return;
  t->x = ag_sum(e->g, t->x, axes, false);
  for (int i = t->n - 1; i >= 0; i--)
    if (axes >> i & 1) drop(t, i);
}

/* Transposes t so that its axes are in the order of `label`. */
static void permute(const einsum *e, term *t, const int *label) {
  int order[TN_MAX_RANK];
  for (int i = 0; i < t->n; i++)
    for (int k = 0; k < t->n; k++)
      if (t->label[k] == label[i]) order[i] = k;
  if (t->n) t->x = ag_transpose(e->g, t->x, order);
  memcpy(t->label, label, (size_t)t->n * sizeof *label);
}

/* ---- two operands ---- */

typedef struct labels {
  int label[TN_MAX_RANK], n;
} labels;

/* Appends those of t's labels that are in `which`. There is room, as each label occurs once. */
static void append(labels *to, const term *t, label_set which) {
  for (int i = 0; i < t->n; i++)
    if (has(which, t->label[i])) to->label[to->n++] = t->label[i];
}

static labels labels_of(const term *t, label_set which) {
  labels l = {.n = 0};
  append(&l, t, which);
  return l;
}

static void join(labels *to, const labels *more) {
  memcpy(to->label + to->n, more->label, (size_t)more->n * sizeof *more->label);
  to->n += more->n;
}

/* Reshapes t to [batch, rows, columns]. Returns true if it is [batch, columns, rows] instead: the product
 * reads a transposed operand at no cost, and no axes are moved. */
static bool as_matrices(const einsum *e, term *t, const labels *batch, const labels *row,
                        const labels *column) {
  labels plain = *batch, turned = *batch;
  join(&plain, row), join(&plain, column);
  join(&turned, column), join(&turned, row);
  const size_t bytes = (size_t)t->n * sizeof *t->label;
  bool transposed =
      memcmp(t->label, turned.label, bytes) == 0 && memcmp(turned.label, plain.label, bytes) != 0;
  permute(e, t, transposed ? turned.label : plain.label);
  int64_t shape[3] = {1, 1, 1};
  for (int i = 0; i < batch->n; i++) shape[0] *= e->extent[batch->label[i]];
  for (int i = 0; i < row->n; i++) shape[transposed ? 2 : 1] *= e->extent[row->label[i]];
  for (int i = 0; i < column->n; i++) shape[transposed ? 1 : 2] *= e->extent[column->label[i]];
  t->x = batch->n ? ag_reshape(e->g, t->x, 3, shape) : ag_reshape(e->g, t->x, 2, shape + 1);
  return transposed;
}

/* No label is summed: an elementwise product, with b's axes in the order of a's and extent 1 for missing
 * axes. */
static void multiply(const einsum *e, term *a, term *b) {
  labels all = labels_of(a, set_of(a) & ~set_of(b));
  int64_t shape[2][TN_MAX_RANK];
  append(&all, a, set_of(a) & set_of(b));
  append(&all, b, set_of(b) & ~set_of(a));
  for (int side = 0; side < 2; side++) {
    term *t = side ? b : a;
    int own[TN_MAX_RANK], k = 0;
    for (int i = 0; i < all.n; i++) {
      bool there = has(set_of(t), all.label[i]);
      shape[side][i] = there ? e->extent[all.label[i]] : 1;
      if (there) own[k++] = all.label[i];
    }
    permute(e, t, own);
    t->x = ag_reshape(e->g, t->x, all.n, shape[side]);
  }
  a->x = ag_mul(e->g, a->x, b->x);
  memcpy(a->label, all.label, (size_t)all.n * sizeof *all.label);
  a->n = all.n;
}

/* Replaces a by the product of a and b, summed over the labels that are not in `keep`. */
static bool combine(einsum *e, term *a, term *b, label_set keep) {
  sum_out(e, a, keep | set_of(b)), sum_out(e, b, keep | set_of(a));
  label_set both = set_of(a) & set_of(b), only_a = set_of(a) & ~both, only_b = set_of(b) & ~both;
  labels batch = labels_of(a, both & keep), m = labels_of(a, only_a);
  labels k = labels_of(a, both & ~keep), n = labels_of(b, only_b);
  if (batch.n + m.n + n.n > TN_MAX_RANK)
    return fail(e, "an intermediate product has more axes than a value may have");
  if (k.n == 0) return multiply(e, a, b), true;
  bool ta = as_matrices(e, a, &batch, &m, &k), tb = as_matrices(e, b, &batch, &k, &n);
  a->x = ag_contract(e->g, a->x, b->x, ta, tb);
  join(&batch, &m), join(&batch, &n);
  memcpy(a->label, batch.label, (size_t)batch.n * sizeof *batch.label);
  a->n = batch.n;
  int64_t shape[TN_MAX_RANK];
  for (int i = 0; i < a->n; i++) shape[i] = e->extent[a->label[i]];
  a->x = ag_reshape(e->g, a->x, a->n, shape);
  return true;
}

/* ---- the whole ---- */

enum { MOST = 16 /* operands */ };

static bool read_all(einsum *e, const ag_ref *operands, int n, term *in, term *out) {
  const char *s = e->equation;
  if (n < 1 || n > MOST) return fail(e, "want one to sixteen operands");
  for (int i = 0; i < n; i++) {
    in[i].x = operands[i];
    if (!operands[i].id) return fail(e, "an operand is not a value of this graph");
    if (i > 0 && *s++ != ',') return fail(e, "fewer terms than operands");
    if (!(s = read_term(e, s, ag_type_of(e->g, operands[i]).rank, &in[i]))) return false;
  }
  if (*s == ',') return fail(e, "more terms than operands");
  for (int i = 0; i < n; i++)
    if (!note_extents(e, &in[i])) return false;
  return read_result(e, s, in, n, out);
}

ag_ref ag_einsum(ag_graph *g, const char *equation, const ag_ref *operands, int n) {
  einsum e = {.g = g, .equation = equation};
  term in[MOST], out;
  if (!equation || !operands)
    return ag_fail(g, TN_EINVAL, "einsum: want an equation and operands"), (ag_ref){0};
  for (int l = 0; l < LABELS; l++) e.extent[l] = -1;
  if (ag_status(g) != TN_OK || !read_all(&e, operands, n, in, &out)) return (ag_ref){0};
  for (int i = 0; i < n; i++)
    if (!simplify(&e, &in[i])) return (ag_ref){0};
  for (int i = 1; i < n; i++) {
    label_set keep = set_of(&out);
    for (int k = i + 1; k < n; k++) keep |= set_of(&in[k]);
    if (!combine(&e, &in[0], &in[i], keep)) return (ag_ref){0};
  }
  sum_out(&e, &in[0], set_of(&out));
  permute(&e, &in[0], out.label);
  return in[0].x;
}
