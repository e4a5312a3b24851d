/* bind.c - makes a step of each unit: a single op stays one, a fused unit becomes a micro-program over blocks
 * that fit the cache. */
#include "autograd/plan/plan.h"

#include <string.h>

enum {
  SHORTEST_ROW = 64, /* elements; for shorter rows set-up costs more than copies */
  LONGEST_PERIOD = AG_BLOCK / 2,
  LONGEST_BLOCK = 4096,
  MOST_AHEAD = 384 << 10 /* bytes per panel: those of two panels fit the L2 cache */
};

typedef struct builder {
  ag_plan *plan;
  ag__step *step;
  int *register_of;        /* per node (root): register in this step, or -1 */
  ag__register *registers; /* buffers for the largest unit, as are the next ones; a step gets copies */
  ag__instruction *instructions;
  int *operands;
  int *last_use; /* per register: last instruction that reads it */
  bool *busy;    /* per scratch block */
  int n_temps;
} builder;

static const ag__program *program(const builder *b) { return &b->plan->program; }

/* How a register reads an operand: directly, one repeated value, or by strides (broadcast). */
static void describe_load(const ag__step *s, const ag__pnode *n, ag__register *r) {
  int64_t numel = tn_numel(n->type.rank, n->type.shape);
  r->how = numel == 1 ? AG__REPEAT : numel == s->numel && !n->window ? AG__DIRECT : AG__STRIDED;
  if (s->numel == 1 && !n->window) r->how = AG__DIRECT;
  tn_view v = tn_view_of(NULL, n->type.dtype, n->type.rank, n->type.shape);
  if (n->window) memcpy(v.stride, n->stride, sizeof v.stride);
  if (r->how == AG__STRIDED) {
    v = tn_view_broadcast(v, s->rank, s->shape);
    memcpy(r->stride, v.stride, sizeof r->stride);
  }
}

static int new_register(builder *b, int node, bool loaded) {
  int r = b->step->n_registers++;
  b->step->registers[r] = (ag__register){.node = node, .loaded = loaded, .temp = -1, .store = -1};
  return r;
}

/* The register of an operand: the one that computed it in this step, or a load. There is one load per node
 * and not per memory, since two shapes of one memory (reshape) may be read differently. */
static int operand(builder *b, int x) {
  const ag__program *p = program(b);
  int root = p->nodes[x].root;
  bool computed = p->nodes[root].unit == p->nodes[b->step->node].unit && p->nodes[root].unit >= 0;
  int key = computed ? root : x;
  if (b->register_of[key] < 0) {
    int r = b->register_of[key] = new_register(b, x, true);
    describe_load(b->step, &p->nodes[x], &b->step->registers[r]);
  }
  return b->register_of[key];
}

static int list_instructions(builder *b, const ag__unit *u) {
  const ag__program *p = program(b);
  ag__step *s = b->step;
  int used = 0;
  for (int k = 0; k < u->n; k++) {
    int x = p->order[u->first + k];
    const ag__pnode *n = &p->nodes[x];
    ag__instruction *i = &s->instructions[s->n_instructions++];
    *i = (ag__instruction){.op = n->op,
                           .f32 = n->op->f32,
                           .f64 = n->op->f64,
                           .node = x,
                           .first = used,
                           .n_in = n->n_in,
                           .n_wide = n->n_in};
    for (int a = 0; a < n->n_in; a++) s->operands[used++] = operand(b, ag__in(p, n, a));
    i->out = b->register_of[x] = new_register(b, x, false);
  }
  return used;
}

/* The number of elements of the operand if the unit's shape repeats all of them in order, as [channels] in
 * [..., channels]; else 0. */
static int64_t period_of(const ag__step *s, const ag__register *r) {
  int64_t period = 1;
  int a = s->rank - 1;
  for (; a >= 0 && r->stride[a] == (s->shape[a] == 1 ? r->stride[a] : period); a--) period *= s->shape[a];
  for (; a >= 0; a--)
    if (r->stride[a] && s->shape[a] != 1) return 0;
  return period;
}

/* If all strided operands repeat, and the longest period is a multiple of the others, each is copied into its
 * block once per step. */
static bool choose_periods(ag__step *s) {
  int64_t longest = 0;
  for (int i = 0; i < s->n_registers; i++) {
    const ag__register *r = &s->registers[i];
    int64_t period = r->how == AG__STRIDED ? period_of(s, r) : 1;
    if (period == 0 || period > LONGEST_PERIOD) return false;
    if (period > longest) longest = period;
  }
  if (longest < 2) return false;
  for (int i = 0; i < s->n_registers; i++) {
    ag__register *r = &s->registers[i];
    if (r->how == AG__STRIDED) r->how = AG__PERIODIC, r->period = period_of(s, r);
  }
  s->by_rows = false;
  s->block = AG_BLOCK / longest *
             longest; /* periods are products of trailing extents, so each divides the longest */
  return true;
}

/* If rows are long enough, no block crosses a row, and broadcast operands need no copies. */
static void choose_blocks(ag__step *s) {
  int64_t row = s->rank ? s->shape[s->rank - 1] : 1;
  bool strided = false;
  if (choose_periods(s)) return;
  for (int r = 0; r < s->n_registers; r++) strided |= s->registers[r].how == AG__STRIDED;
  s->by_rows = strided && row >= SHORTEST_ROW;
  int64_t run = s->by_rows ? row : s->numel, blocks = (run + AG_BLOCK - 1) / AG_BLOCK;
  s->block = blocks > 1 && s->by_rows ? (run + blocks - 1) / blocks : AG_BLOCK;
}

static void find_uses(builder *b) {
  ag__step *s = b->step;
  for (int r = 0; r < s->n_registers; r++) b->last_use[r] = -1;
  for (int k = 0; k < s->n_instructions; k++) {
    const ag__instruction *i = &s->instructions[k];
    for (int a = 0; a < i->n_in; a++) {
      int r = s->operands[i->first + a];
      b->last_use[r] = k;
      if (a < i->n_wide) s->registers[r].wide = true;
    }
  }
}

/* Whether an instruction after `k` reads leaf memory that instruction k writes. Then k writes to a scratch
 * block, which is stored at the end. */
static bool read_later(const builder *b, int leaf, int k) {
  const ag__step *s = b->step;
  const ag__program *p = program(b);
  for (int r = 0; r < s->n_registers; r++)
    if (s->registers[r].loaded && b->last_use[r] > k) {
      const ag__pnode *root = &p->nodes[p->nodes[s->registers[r].node].root];
      if (root->place == AG__LEAF && root->leaf == leaf) return true;
    }
  return false;
}

static int take_temp(builder *b) {
  int t = 0;
  while (b->busy[t]) t++;
  b->busy[t] = true;
  if (t + 1 > b->n_temps) b->n_temps = t + 1;
  return t;
}

/* Whether a loaded operand must be copied into a scratch block. */
static bool needs_copy(const ag__step *s, const ag__register *r) {
  if (r->how == AG__DIRECT || r->how == AG__PERIODIC) return r->how == AG__PERIODIC;
  if (r->how == AG__STRIDED && s->by_rows && r->stride[s->rank - 1]) return false;
  return r->wide || (r->how == AG__STRIDED && !s->by_rows);
}

/* The result goes straight into the value's memory if it has some and no later instruction reads what that
 * overwrites; else into a scratch block. */
static void place_result(builder *b, int reg, int k) {
  ag__register *out = &b->step->registers[reg];
  const ag__pnode *n = &program(b)->nodes[out->node];
  bool late = n->place == AG__LEAF && read_later(b, n->leaf, k);
  if (n->place != AG__NOWHERE && !late) return;
  out->temp = take_temp(b);
  if (late) out->store = out->node;
}

/* Assigns scratch blocks. A load that needs one keeps it for the whole step, a computed value from its
 * instruction to its last use. */
static void assign_temps(builder *b) {
  ag__step *s = b->step;
  memset(b->busy, 0, ((size_t)s->n_registers + 1) * sizeof *b->busy);
  for (int r = 0; r < s->n_registers; r++)
    if (s->registers[r].loaded && needs_copy(s, &s->registers[r])) s->registers[r].temp = take_temp(b);
  for (int k = 0; k < s->n_instructions; k++) {
    const ag__instruction *i = &s->instructions[k];
    /* The output may take the block of an operand that is read for the last time: kernels allow that. */
    for (int a = 0; a < i->n_in; a++) {
      int r = s->operands[i->first + a];
      ag__register *in = &s->registers[r];
      if (!in->loaded && in->temp >= 0 && in->store < 0 && b->last_use[r] == k) b->busy[in->temp] = false;
    }
    place_result(b, i->out, k);
    for (int a = i->n_in - i->n_kept; a < i->n_in; a++) place_result(b, s->operands[i->first + a], k);
  }
}

/* A single kernel from memory to memory keeps nothing in cache, so its blocks can be longer. */
static void lengthen_blocks(ag__step *s) {
  int64_t run = s->by_rows ? s->shape[s->rank - 1] : s->numel;
  if (s->n_instructions != 1 || run <= s->block) return;
  for (int r = 0; r < s->n_registers; r++)
    if (s->registers[r].temp >= 0) return;
  s->block = run < LONGEST_BLOCK ? run : LONGEST_BLOCK;
}

static bool moves(const ag__step *s, const ag__register *r) {
  return r->temp < 0 && (r->how == AG__DIRECT || (r->how == AG__STRIDED && r->stride[s->rank - 1]));
}

static bool in_use(const builder *b, int r) {
  return b->step->registers[r].loaded || b->step->registers[r].temp >= 0 ||
         program(b)->nodes[b->step->registers[r].node].place != AG__NOWHERE;
}

/* Lists the registers that move with the block, that are stored, and that are strided. */
static void list_registers(builder *b) {
  ag__step *s = b->step;
  int n = 0;
  for (int r = 0; r < s->n_registers; r++)
    if (in_use(b, r) && moves(s, &s->registers[r])) s->lists[n++] = r;
  s->n_moving = n;
  for (int r = 0; r < s->n_registers; r++)
    if (s->registers[r].store >= 0) s->lists[n++] = r;
  s->n_stored = n - s->n_moving;
  for (int r = 0; r < s->n_registers; r++)
    if (s->registers[r].how == AG__STRIDED) s->lists[n++] = r;
  s->n_strided = n - s->n_moving - s->n_stored;
}

static void *copy_of(const ag__program *p, const void *items, int n, size_t size) {
  void *copy = tn_calloc(p->alloc, (size_t)n + 1, size);
  if (copy && n) memcpy(copy, items, (size_t)n * size);
  return copy;
}

/* Copies the arrays from the builder's buffers into the step. */
static tn_status keep(builder *b, int used) {
  const ag__program *p = program(b);
  ag__step *s = b->step;
  s->registers = copy_of(p, b->registers, s->n_registers, sizeof *s->registers);
  s->instructions = copy_of(p, b->instructions, s->n_instructions, sizeof *s->instructions);
  s->operands = copy_of(p, b->operands, used, sizeof *s->operands);
  s->lists = tn_calloc(p->alloc, 3 * (size_t)s->n_registers + 1, sizeof *s->lists);
  return s->registers && s->instructions && s->operands && s->lists ? TN_OK : TN_ENOMEM;
}

static tn_status bind_fused(builder *b, const ag__unit *u) {
  const ag__program *p = program(b);
  ag__step *s = b->step;
  const ag__pnode *n = &p->nodes[s->node];
  s->fused = true;
  s->rank = n->type.rank;
  memcpy(s->shape, n->type.shape, sizeof s->shape);
  s->numel = tn_numel(s->rank, s->shape);
  s->registers = b->registers;
  s->instructions = b->instructions;
  s->operands = b->operands;
  int used = list_instructions(b, u);
  choose_blocks(s);
  for (int r = 0; r < s->n_registers; r++) {
    int x = s->registers[r].node;
    b->register_of[x] = b->register_of[p->nodes[x].root] = -1;
  }
  if (!(p->flags & AG_NO_COMBINE)) used = ag__combine(p, s, used, b->last_use);
  if (keep(b, used) != TN_OK) return TN_ENOMEM;
  find_uses(b);
  assign_temps(b);
  lengthen_blocks(s);
  list_registers(b);
  if (s->n_registers > b->plan->max_registers) b->plan->max_registers = s->n_registers;
  return TN_OK;
}

static tn_status bind_units(builder *b) {
  ag__program *p = &b->plan->program;
  for (int u = 0; u < p->n_units; u++) {
    const ag__unit *unit = &p->units[u];
    int node = p->order[unit->first + unit->n - 1];
    b->step = &b->plan->steps[b->plan->n_steps++];
    *b->step = (ag__step){
        .node = node, .first_in = p->nodes[node].first_in, .n_in = p->nodes[node].n_in, .panel = unit->panel};
    for (int k = 0; k < unit->n; k++) {
      int n_in = p->nodes[p->order[unit->first + k]].n_in;
      if (n_in > b->plan->max_operands) b->plan->max_operands = n_in;
    }
    if (unit->fused && bind_fused(b, unit) != TN_OK) return TN_ENOMEM;
  }
  return TN_OK;
}

/* Lists what an update reads of the caller's memory (parameter and moments): it is prefetched, as it is not
 * in cache like the panel's own values. */
static void list_ahead(const ag_plan *plan, ag__panel *q) {
  const ag__program *p = &plan->program;
  const ag__step *s = &plan->steps[q->first + q->n - 1];
  size_t bytes = (size_t)(s->numel / q->rows * q->height) * tn_dtype_size(p->nodes[s->node].type.dtype);
  for (int r = 0; r < s->n_registers && q->n_ahead < TN_MAX_PREFETCH; r++) {
    const ag__register *reg = &s->registers[r];
    const ag__pnode *root = &p->nodes[p->nodes[reg->node].root];
    if (reg->loaded && reg->how == AG__DIRECT && root->place == AG__LEAF) q->ahead[q->n_ahead++] = reg->node;
  }
  if ((size_t)q->n_ahead * bytes > MOST_AHEAD) q->n_ahead = 0;
}

/* Allocates the buffers for the largest unit. */
static tn_status make_room(builder *b) {
  const ag__program *p = program(b);
  size_t nodes = 1, registers = 1;
  for (int u = 0; u < p->n_units; u++) {
    size_t n = (size_t)p->units[u].n, operands = n;
    for (int k = 0; k < p->units[u].n && p->units[u].fused; k++)
      operands += (size_t)p->nodes[p->order[p->units[u].first + k]].n_in;
    if (n > nodes) nodes = n;
    if (operands > registers) registers = operands;
  }
  b->registers = tn_calloc(p->alloc, registers, sizeof *b->registers);
  b->instructions = tn_calloc(p->alloc, nodes, sizeof *b->instructions);
  b->operands = tn_calloc(p->alloc, registers + nodes * AG__MAX_OPERANDS, sizeof *b->operands);
  b->last_use = tn_calloc(p->alloc, registers, sizeof *b->last_use);
  b->busy = tn_calloc(p->alloc, registers + 1, sizeof *b->busy);
  b->register_of = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *b->register_of);
  for (int x = 0; x < p->n_nodes && b->register_of; x++) b->register_of[x] = -1;
  bool all = b->registers && b->instructions && b->operands && b->last_use && b->busy && b->register_of;
  return all ? TN_OK : TN_ENOMEM;
}

tn_status ag__bind(ag_plan *plan) {
  ag__program *p = &plan->program;
  builder b = {.plan = plan};
  plan->steps = tn_calloc(p->alloc, (size_t)p->n_units + 1, sizeof *plan->steps);
  tn_status status = plan->steps ? make_room(&b) : TN_ENOMEM;
  if (status == TN_OK) status = bind_units(&b);
  tn_free(p->alloc, b.registers);
  tn_free(p->alloc, b.instructions);
  tn_free(p->alloc, b.operands);
  tn_free(p->alloc, b.register_of);
  tn_free(p->alloc, b.last_use);
  tn_free(p->alloc, b.busy);
  plan->n_temps = b.n_temps;
  plan->worker_offset = p->arena_bytes;
  plan->worker_bytes = (size_t)b.n_temps * AG_BLOCK * sizeof(double);
  for (int i = 0; i < p->n_panels && status == TN_OK; i++) list_ahead(plan, &p->panels[i]);
  size_t panel = 0;
  for (int i = 0; i < p->n_panels; i++) panel = p->panels[i].bytes > panel ? p->panels[i].bytes : panel;
  plan->worker_bytes += panel;
  plan->arena_bytes = p->arena_bytes + plan->worker_bytes;
  return status;
}
