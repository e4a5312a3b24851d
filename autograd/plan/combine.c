/* combine.c - replaces each expression of a micro-program by one instruction (expressions.h): first the
 * expressions of the graph's tables, then the general ones of combine.def, each table in its order, from the
 * last instruction back. Nothing else reads the intermediate values that disappear, and all others keep their
 * bits. */
#include "autograd/expressions.h"
#include "autograd/ops/op.h"
#include "autograd/plan/plan.h"

enum {
  SLOTS = AG_EXPRESSION_SLOTS,
  TREES = AG_EXPRESSION_TREES,
  WIDE = AG_EXPRESSION_WIDE,
  INNER = 24 /* ops of the largest expression */
};
_Static_assert(SLOTS + AG__KEPT == AG__MAX_OPERANDS, "an instruction has room for an update");

const ag_op ag_expression_slots[AG_EXPRESSION_SLOTS], ag_expression_names[AG_EXPRESSION_TREES];

#define AG_EXPRESSIONS      "autograd/plan/combine.def"
#define AG_EXPRESSION_TABLE general
#include "autograd/expressions.inc"

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

static bool match(matcher *m, const ag_op *const **tree, int reg, bool keeps);

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

/* `keeps`: `reg` is the root of a tree, whose value remains. */
static bool match(matcher *m, const ag_op *const **tree, int reg, bool keeps) {
  const ag_op *want = *(*tree)++;
  int slot = index_in(ag_expression_slots, SLOTS, want), name = index_in(ag_expression_names, TREES, want),
      maker = m->maker[reg];
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

/* A moment of an update must have memory, as the update's kernel writes it; the gradient need not. */
static bool match_named(matcher *m, const ag_expression *c, int name) {
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

/* Whether a value that would disappear is read elsewhere: by an instruction outside the trees, or as an
 * operand of the combined one. */
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

/* An unused slot gets a register that the kernel reads anyway, a wide one for a wide slot. */
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

/* Replaces the expression's ops by one instruction. False: `root` computes something else, or inner values
 * are read elsewhere. */
static bool replace_by(const ag_expression *c, const matcher *start, ag__step *s, int root, int *used) {
  matcher m = *start;
  const ag_op *const *tree = c->trees[0];
  bool update = c->trees[1][0], fits;
  for (int k = 0; k < SLOTS; k++) m.slot[k] = -1;
  for (int k = 0; k < TREES; k++) m.named[k] = -1;
  fits = match(&m, &tree, s->instructions[root].out, true);
  for (int k = 1; k < TREES && fits; k++) fits = match_named(&m, c, k);
  if (!fits) return false;
  /* the instructions of the moments disappear, their values remain; only the update may read them */
  for (int k = 1; update && k <= AG__KEPT; k++) m.inner[m.n_inner++] = m.maker[m.named[k]];
  if (leaks(&m, root)) return false;
  for (int k = 0; k < m.n_inner; k++) s->instructions[m.inner[k]].op = NULL;
  ag__instruction *i = &s->instructions[root];
  put_operands(s, &m, update, i, used);
  i->combined = true;
  i->f32 = c->f32;
  i->f64 = c->f64;
  return true;
}

static bool replace(const matcher *start, ag__step *s, int root, int *used) {
  for (int t = 0; t < start->p->n_tables; t++)
    for (const ag_expression *c = start->p->tables[t]; c->f32; c++)
      if (replace_by(c, start, s, root, used)) return true;
  for (const ag_expression *c = general; c->f32; c++)
    if (replace_by(c, start, s, root, used)) return true;
  return false;
}

int ag__combine(const ag__program *p, ag__step *s, int n_operands, int *maker) {
  for (int r = 0; r < s->n_registers; r++) maker[r] = -1;
  for (int k = 0; k < s->n_instructions; k++) maker[s->instructions[k].out] = k;
  matcher m = {.p = p, .s = s, .maker = maker};
  for (int k = s->n_instructions - 1; k >= 0; k--)
    if (s->instructions[k].op) (void)replace(&m, s, k, &n_operands);
  int kept = 0;
  for (int k = 0; k < s->n_instructions; k++)
    if (s->instructions[k].op) s->instructions[kept++] = s->instructions[k];
  s->n_instructions = kept;
  return n_operands;
}
