/* combine.c - replaces expressions of a micro-program by one instruction each: the trees of combine.def,
 * covered largest first from the last instruction back. The intermediate values exist in no other place, so
 * the bits of all others stay. */
#include "autograd/ops/op.h"
#include "autograd/plan/plan.h"

enum { SLOTS = AG__MAX_OPERANDS, INNER = 8 /* ops of the largest tree */ };

/* ---- the kernels ---- */

#define KERNEL(NAME, T_, SUFFIX, TREE)                                                                       \
  TN_CLONES static void NAME##_##SUFFIX(const ag_attr *attr, int n, const T_ *const *in, T_ *out) {          \
    const T_ *a = in[0], *b = in[1], *c = in[2], s = *in[3], t = *in[4];                                     \
    (void)attr, (void)a, (void)b, (void)c, (void)s, (void)t;                                                 \
    TN_IVDEP for (int i = 0; i < n; i++) out[i] = TREE;                                                      \
  }

#define ADD(X, Y)               ((X) + (Y))
#define SUB(X, Y)               ((X) - (Y))
#define MUL(X, Y)               ((X) * (Y))
#define DIV(X, Y)               ((X) / (Y))
#define SQRT(X)                 tn_sqrt(X)
#define A                       a[i]
#define B                       b[i]
#define C                       c[i]
#define S                       s
#define T                       t
#define AG_COMBINED(NAME, TREE) KERNEL(NAME, float, f32, TREE) KERNEL(NAME, double, f64, TREE)
#include "autograd/plan/combine.def"
#undef AG_COMBINED
#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef SQRT
#undef A
#undef B
#undef C
#undef S
#undef T

/* ---- the trees: ops in prefix order; an operand is the address of its slot ---- */

static const ag_op slots[SLOTS];

#define ADD(X, Y) &ag_op_add, X, Y
#define SUB(X, Y) &ag_op_sub, X, Y
#define MUL(X, Y) &ag_op_mul, X, Y
#define DIV(X, Y) &ag_op_div, X, Y
#define SQRT(X)   &ag_op_sqrt, X
#define A         &slots[0]
#define B         &slots[1]
#define C         &slots[2]
#define S         &slots[3]
#define T         &slots[4]

typedef struct combined {
  ag__f32_kernel *f32;
  ag__f64_kernel *f64;
  const ag_op *tree[2 * INNER + 1];
} combined;

#define AG_COMBINED(NAME, TREE) {NAME##_f32, NAME##_f64, {TREE}},
static const combined table[] = {
#include "autograd/plan/combine.def"
};

#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef SQRT
#undef A
#undef B
#undef C
#undef S
#undef T

/* ---- matching ---- */

typedef struct matcher {
  const ag__program *p;
  const ag__step *s;
  const int *maker; /* per register: the instruction that computes it, or -1 */
  int slot[SLOTS];  /* the register in each slot, -1 = none */
  int inner[INNER]; /* instructions that would disappear */
  int n_inner;
} matcher;

static bool holds_for_block(const matcher *m, int r) {
  const ag__register *reg = &m->s->registers[r];
  if (!reg->loaded) return false;
  return reg->how == AG__REPEAT || (reg->how == AG__STRIDED && m->s->by_rows && !reg->stride[m->s->rank - 1]);
}

static bool match(matcher *m, const ag_op *const **tree, int reg, bool root);

static bool match_operands(matcher *m, const ag_op *const **tree, const ag__instruction *i, bool swapped) {
  for (int a = 0; a < i->n_in; a++) {
    int operand = swapped ? i->n_in - 1 - a : a;
    if (!match(m, tree, m->s->operands[i->first + operand], false)) return false;
  }
  return true;
}

static int slot_of(const ag_op *x) {
  for (int k = 0; k < SLOTS; k++)
    if (x == &slots[k]) return k;
  return -1;
}

static bool match_slot(matcher *m, int slot, int reg) {
  if (slot >= AG__WIDE_SLOTS && !holds_for_block(m, reg)) return false;
  if (m->slot[slot] >= 0) return m->slot[slot] == reg;
  m->slot[slot] = reg;
  return true;
}

static bool match(matcher *m, const ag_op *const **tree, int reg, bool root) {
  const ag_op *want = *(*tree)++;
  int slot = slot_of(want), maker = m->maker[reg];
  if (slot >= 0) return match_slot(m, slot, reg);
  if (maker < 0) return false;
  const ag__instruction *i = &m->s->instructions[maker];
  if (i->op != want || i->combined || (!root && m->p->nodes[i->node].place != AG__NOWHERE)) return false;
  if (!root) m->inner[m->n_inner++] = maker;
  const matcher before = *m;
  const ag_op *const *rest = *tree;
  if (match_operands(m, tree, i, false)) return true;
  if (!(want->flags & AG_COMMUTES)) return false;
  *m = before;
  *tree = rest;
  return match_operands(m, tree, i, true);
}

static int count_uses(const ag__step *s, int instruction, int reg) {
  const ag__instruction *i = &s->instructions[instruction];
  int n = 0;
  for (int a = 0; a < i->n_in; a++) n += s->operands[i->first + a] == reg;
  return n;
}

/* Does anything outside the tree, or the tree as one of its operands, read what would disappear with it? */
static bool leaks(const matcher *m, int root) {
  for (int k = 0; k < m->n_inner; k++) {
    int reg = m->s->instructions[m->inner[k]].out;
    for (int a = 0; a < SLOTS; a++)
      if (m->slot[a] == reg) return true;
    for (int i = 0; i < m->s->n_instructions; i++) {
      bool inside = i == root;
      for (int o = 0; o < m->n_inner; o++) inside |= m->inner[o] == i;
      if (!inside && m->s->instructions[i].op && count_uses(m->s, i, reg)) return true;
    }
  }
  return false;
}

/* ---- replacing ---- */

/* An unused slot takes any register that is read anyway: wide ones for wide slots. */
static int put_operands(ag__step *s, const matcher *m, int used) {
  for (int k = 0; k < SLOTS; k++) s->operands[used + k] = m->slot[k] >= 0 ? m->slot[k] : m->slot[0];
  return used + SLOTS;
}

static bool replace(const matcher *start, ag__step *s, int root, int *used) {
  for (size_t c = 0; c < sizeof table / sizeof *table; c++) {
    matcher m = *start;
    const ag_op *const *tree = table[c].tree;
    for (int k = 0; k < SLOTS; k++) m.slot[k] = -1;
    if (!match(&m, &tree, s->instructions[root].out, true) || leaks(&m, root)) continue;
    for (int k = 0; k < m.n_inner; k++) s->instructions[m.inner[k]].op = NULL;
    ag__instruction *i = &s->instructions[root];
    i->first = *used;
    i->n_in = SLOTS;
    i->n_wide = AG__WIDE_SLOTS;
    i->combined = true;
    i->f32 = table[c].f32;
    i->f64 = table[c].f64;
    *used = put_operands(s, &m, *used);
    return true;
  }
  return false;
}

void ag__combine(const ag__program *p, ag__step *s, int n_operands, int *maker) {
  for (int r = 0; r < s->n_registers; r++) maker[r] = -1;
  for (int k = 0; k < s->n_instructions; k++) maker[s->instructions[k].out] = k;
  matcher m = {.p = p, .s = s, .maker = maker};
  for (int k = s->n_instructions - 1; k >= 0; k--)
    if (s->instructions[k].op) (void)replace(&m, s, k, &n_operands);
  int kept = 0;
  for (int k = 0; k < s->n_instructions; k++)
    if (s->instructions[k].op) s->instructions[kept++] = s->instructions[k];
  s->n_instructions = kept;
}
