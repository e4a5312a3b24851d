/* combine.c - replaces expressions of a micro-program by one instruction each: the trees of combine.def,
 * covered largest first from the last instruction back. The intermediate values exist in no other place, so
 * the bits of all others stay. */
#include "autograd/ops/op.h"
#include "autograd/plan/plan.h"

enum {
  SLOTS = AG__MAX_OPERANDS - AG__KEPT, /* A, B, C, G, then those that hold for a block */
  WIDE = 4,
  INNER = 24, /* ops of the largest expression */
  TREES = 4   /* of an update: its step, second and first moment, gradient */
};

/* ---- what combine.def is written in: each reading of it says what OP, EACH, WHOLE and MADE are ---- */

#define ADD(...)     OP(add, __VA_ARGS__)
#define SUB(...)     OP(sub, __VA_ARGS__)
#define MUL(...)     OP(mul, __VA_ARGS__)
#define DIV(...)     OP(div, __VA_ARGS__)
#define SQRT(...)    OP(sqrt, __VA_ARGS__)
#define GREATER(...) OP(greater, __VA_ARGS__)
#define WHERE(...)   OP(where, __VA_ARGS__)
#define A            EACH(0, a)
#define B            EACH(1, b)
#define C            EACH(2, c)
#define G            EACH(3, g)
#define S            WHOLE(4, s)
#define T            WHOLE(5, t)
#define U            WHOLE(6, u)
#define W            WHOLE(7, w)
#define X            WHOLE(8, x)
#define Y            WHOLE(9, y)
#define Q            WHOLE(10, q)
#define R            WHOLE(11, r)
#define V            MADE(1, v)
#define M            MADE(2, m)
#define D            MADE(3, d)

/* ---- the kernels ---- */

#define KERNEL(NAME, T_, SUFFIX, TREE)                                                                       \
  TN_ANY void NAME##_##SUFFIX##_any(const ag_attr *attr, int n, const T_ *const *in, T_ *out) {              \
    const T_ *a = in[0], *b = in[1], *c = in[2], s = *in[3], t = *in[4], u = *in[5];                         \
    (void)attr, (void)a, (void)b, (void)c, (void)s, (void)t, (void)u;                                        \
    TN_IVDEP for (int i = 0; i < n; i++) out[i] = TREE;                                                      \
  }                                                                                                          \
  TN_BY_ISA(NAME##_##SUFFIX, (const ag_attr *attr, int n, const T_ *const *in, T_ *out), (attr, n, in, out))
#define UPDATE(NAME, T_, SUFFIX, GRADIENT, FIRST, SECOND, STEP)                                              \
  TN_ANY void NAME##_##SUFFIX##_any(const ag_attr *attr, int n, const T_ *const *in, T_ *out) {              \
    const T_ *a = in[0], *b = in[1], *c = in[2], *g = in[3], s = *in[4], t = *in[5], u = *in[6], w = *in[7], \
             x = *in[8], y = *in[9], q = *in[10], r = *in[11];                                               \
    T_ *first = (T_ *)(uintptr_t)in[SLOTS], *second = (T_ *)(uintptr_t)in[SLOTS + 1];                        \
    (void)attr, (void)s, (void)t;                                                                            \
    TN_IVDEP for (int i = 0; i < n; i++) {                                                                   \
      const T_ d = GRADIENT, m = FIRST, v = SECOND, p = STEP;                                                \
      first[i] = m, second[i] = v, out[i] = p;                                                               \
    }                                                                                                        \
  }                                                                                                          \
  TN_BY_ISA(NAME##_##SUFFIX, (const ag_attr *attr, int n, const T_ *const *in, T_ *out), (attr, n, in, out))

#define add_of(X_, Y_)          ((X_) + (Y_))
#define sub_of(X_, Y_)          ((X_) - (Y_))
#define mul_of(X_, Y_)          ((X_) * (Y_))
#define div_of(X_, Y_)          ((X_) / (Y_))
#define sqrt_of(X_)             tn_sqrt(X_)
#define greater_of(X_, Y_)      ((X_) > (Y_))
#define where_of(X_, Y_, Z_)    ((X_) ? (Y_) : (Z_))
#define OP(NAME, ...)           NAME##_of(__VA_ARGS__)
#define EACH(SLOT, NAME)        NAME[i]
#define WHOLE(SLOT, NAME)       NAME
#define MADE(TREE, NAME)        NAME
#define AG_COMBINED(NAME, TREE) KERNEL(NAME, float, f32, TREE) KERNEL(NAME, double, f64, TREE)
#define AG_COMBINED_UPDATE(NAME, GRADIENT, FIRST, SECOND, STEP)                                              \
  UPDATE(NAME, float, f32, GRADIENT, FIRST, SECOND, STEP)                                                    \
  UPDATE(NAME, double, f64, GRADIENT, FIRST, SECOND, STEP)
#include "autograd/plan/combine.def"
#undef OP
#undef EACH
#undef WHOLE
#undef MADE
#undef AG_COMBINED
#undef AG_COMBINED_UPDATE

/* ---- the trees: ops in prefix order; an operand is the address of its slot, a result of another tree that
 * of its name ---- */

static const ag_op slots[SLOTS], names[TREES];

typedef struct combined {
  ag__f32_kernel *f32;
  ag__f64_kernel *f64;
  const ag_op *trees[TREES][2 * 8 + 1]; /* the first is the result's; names[k] stands for that of trees[k] */
} combined;

#define OP(NAME, ...)           &ag_op_##NAME, __VA_ARGS__
#define EACH(SLOT, NAME)        &slots[SLOT]
#define WHOLE(SLOT, NAME)       &slots[SLOT]
#define MADE(TREE, NAME)        &names[TREE]
#define AG_COMBINED(NAME, TREE) {NAME##_f32, NAME##_f64, {{TREE}}},
#define AG_COMBINED_UPDATE(NAME, GRADIENT, FIRST, SECOND, STEP)                                              \
  {NAME##_f32, NAME##_f64, {{STEP}, {SECOND}, {FIRST}, {GRADIENT}}},
static const combined table[] = {
#include "autograd/plan/combine.def"
};

#undef A
#undef B
#undef C
#undef G
#undef S
#undef T
#undef U
#undef W
#undef X
#undef Y
#undef Q
#undef R
#undef V
#undef M
#undef D

/* ---- matching ---- */

typedef struct matcher {
  const ag__program *p;
  const ag__step *s;
  const int *maker; /* per register: the instruction that computes it, or -1 */
  int slot[SLOTS];  /* the register in each slot, -1 = none */
  int named[TREES]; /* the register that each name stands for, -1 = none */
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

static int index_in(const ag_op *list, int n, const ag_op *x) {
  for (int k = 0; k < n; k++)
    if (x == &list[k]) return k;
  return -1;
}

static bool match_slot(matcher *m, int slot, int reg) {
  if (slot >= WIDE && !holds_for_block(m, reg)) return false;
  if (m->slot[slot] >= 0) return m->slot[slot] == reg;
  m->slot[slot] = reg;
  return true;
}

static bool match_name(matcher *m, int name, int reg) {
  if (m->named[name] >= 0) return m->named[name] == reg;
  m->named[name] = reg;
  return true;
}

/* `keeps`: the root of a tree, whose value need not disappear. */
static bool match(matcher *m, const ag_op *const **tree, int reg, bool keeps) {
  const ag_op *want = *(*tree)++;
  int slot = index_in(slots, SLOTS, want), name = index_in(names, TREES, want), maker = m->maker[reg];
  if (slot >= 0) return match_slot(m, slot, reg);
  if (name >= 0) return match_name(m, name, reg);
  if (maker < 0) return false;
  const ag__instruction *i = &m->s->instructions[maker];
  if (i->op != want || i->combined || (!keeps && m->p->nodes[i->node].place != AG__NOWHERE)) return false;
  if (!keeps) m->inner[m->n_inner++] = maker;
  const matcher before = *m;
  const ag_op *const *rest = *tree;
  if (match_operands(m, tree, i, false)) return true;
  if (!(want->flags & AG_COMMUTES)) return false;
  *m = before;
  *tree = rest;
  return match_operands(m, tree, i, true);
}

/* The moments of an update are written to memory with its step; the gradient is a value like any other. */
static bool match_named(matcher *m, const combined *c, int name) {
  const ag_op *const *tree = c->trees[name];
  int reg = m->named[name];
  bool kept = name <= AG__KEPT;
  if (!*tree) return true;
  if (reg < 0) return false;
  if (!kept) return match(m, &tree, reg, false);
  return m->maker[reg] >= 0 && m->p->nodes[m->s->registers[reg].node].place != AG__NOWHERE &&
         match(m, &tree, reg, true);
}

static int count_uses(const ag__step *s, int instruction, int reg) {
  const ag__instruction *i = &s->instructions[instruction];
  int n = 0;
  for (int a = 0; a < i->n_in; a++) n += s->operands[i->first + a] == reg;
  return n;
}

static bool inside(const matcher *m, int root, int instruction) {
  bool is = instruction == root;
  for (int k = 0; k < m->n_inner; k++) is |= m->inner[k] == instruction;
  return is;
}

/* Does anything outside the trees, or a tree as one of its operands, read what would disappear with them? */
static bool leaks(const matcher *m, int root) {
  for (int k = 0; k < m->n_inner; k++) {
    int reg = m->s->instructions[m->inner[k]].out;
    for (int a = 0; a < SLOTS; a++)
      if (m->slot[a] == reg) return true;
    for (int i = 0; i < m->s->n_instructions; i++)
      if (!inside(m, root, i) && m->s->instructions[i].op && count_uses(m->s, i, reg)) return true;
  }
  return false;
}

/* ---- replacing ---- */

/* An unused slot takes any register that is read anyway: wide ones for wide slots. */
static void put_operands(ag__step *s, const matcher *m, bool update, ag__instruction *i, int *used) {
  static const int usual[] = {0, 1, 2, WIDE, WIDE + 1, WIDE + 2};
  int n = update ? SLOTS : (int)(sizeof usual / sizeof *usual);
  i->first = *used;
  for (int k = 0; k < n; k++) {
    int slot = update ? k : usual[k];
    s->operands[(*used)++] = m->slot[slot] >= 0 ? m->slot[slot] : m->slot[update ? 2 : 0];
  }
  for (int k = AG__KEPT; update && k > 0; k--) s->operands[(*used)++] = m->named[k];
  i->n_in = *used - i->first;
  i->n_wide = update ? WIDE : 3;
  i->n_kept = update ? AG__KEPT : 0;
}

static bool replace(const matcher *start, ag__step *s, int root, int *used) {
  for (size_t c = 0; c < sizeof table / sizeof *table; c++) {
    matcher m = *start;
    const ag_op *const *tree = table[c].trees[0];
    bool update = table[c].trees[1][0], fits;
    for (int k = 0; k < SLOTS; k++) m.slot[k] = -1;
    for (int k = 0; k < TREES; k++) m.named[k] = -1;
    fits = match(&m, &tree, s->instructions[root].out, true);
    for (int k = 1; k < TREES && fits; k++) fits = match_named(&m, &table[c], k);
    if (!fits) continue;
    /* the moments disappear as instructions, not as values; what reads them must be of the update too */
    for (int k = 1; update && k <= AG__KEPT; k++) m.inner[m.n_inner++] = m.maker[m.named[k]];
    if (leaks(&m, root)) continue;
    for (int k = 0; k < m.n_inner; k++) s->instructions[m.inner[k]].op = NULL;
    ag__instruction *i = &s->instructions[root];
    put_operands(s, &m, update, i, used);
    i->combined = true;
    i->f32 = table[c].f32;
    i->f64 = table[c].f64;
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
