/* run.c - one replica's arena and bindings, and the loop over steps. Nothing here allocates once a run
 * exists. */
#include "autograd/plan/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- life ---- */

static bool allocate(ag_run *r) {
  const ag_plan *plan = r->plan;
  r->arena = tn_calloc(r->alloc, plan->arena_bytes + 64, 1);
  r->views = tn_calloc(r->alloc, (size_t)plan->program.n_nodes + 1, sizeof *r->views);
  r->call_in = tn_calloc(r->alloc, (size_t)plan->max_operands + 1, sizeof *r->call_in);
  r->operands = tn_calloc(r->alloc, (size_t)plan->max_operands + 1, sizeof *r->operands);
  r->registers = tn_calloc(r->alloc, (size_t)plan->max_registers + 1, sizeof *r->registers);
  r->leaves = tn_calloc(r->alloc, (size_t)plan->program.n_leaves + 1, sizeof *r->leaves);
  return r->arena && r->views && r->call_in && r->operands && r->registers && r->leaves;
}

static void *memory_of(const ag_run *r, const ag__pnode *root) {
  const ag__program *p = &r->plan->program;
  switch (root->place) {
  case AG__LEAF: return r->leaves[root->leaf];
  case AG__CONSTANT: return p->constants + root->constant;
  case AG__ARENA: return r->arena + root->offset;
  case AG__NOWHERE: break;
  }
  return NULL;
}

/* Views of every value whose memory is (leaf < 0: anything) or comes from one leaf. */
static void make_views(ag_run *r, int leaf) {
  const ag__program *p = &r->plan->program;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x], *root = &p->nodes[n->root];
    if (leaf < 0 || (root->place == AG__LEAF && root->leaf == leaf))
      r->views[x] = tn_view_of(memory_of(r, root), n->type.dtype, n->type.rank, n->type.shape);
  }
}

tn_status ag_run_new(const ag_plan *plan, int threads, ag_run **out) {
  const tn_alloc *a = plan->program.alloc;
  ag_run *r = tn_calloc(a, 1, sizeof *r);
  if (!r) return TN_ENOMEM;
  *r = (ag_run){
      .plan = plan, .alloc = a, .threads = threads > 1 ? threads : 1, .n_unbound = plan->program.n_leaves};
  if (!allocate(r)) {
    ag_run_free(r);
    return TN_ENOMEM;
  }
  make_views(r, -1);
  *out = r;
  return TN_OK;
}

void ag_run_free(ag_run *r) {
  if (!r) return;
  tn_free(r->alloc, r->arena);
  tn_free(r->alloc, r->views);
  tn_free(r->alloc, r->call_in);
  tn_free(r->alloc, r->operands);
  tn_free(r->alloc, r->registers);
  tn_free(r->alloc, r->leaves);
  tn_free(r->alloc, r);
}

tn_status ag_run_bind(ag_run *r, int leaf, tn_view memory) {
  const ag__program *p = &r->plan->program;
  char want[128];
  if (leaf < 0 || leaf >= p->n_leaves) {
    snprintf(r->error, sizeof r->error, "leaf %d is not in this plan", leaf);
    return TN_EINVAL;
  }
  const ag__leaf *l = &p->leaves[leaf];
  bool fits =
      memory.dtype == l->type.dtype && tn_same_shape(memory.rank, memory.shape, l->type.rank, l->type.shape);
  if (!fits || !tn_view_contiguous(&memory) || (!memory.data && tn_view_numel(&memory) > 0)) {
    snprintf(r->error, sizeof r->error, "'%.100s' must be bound to contiguous memory of type %s", l->name,
             ag__type_text(&l->type, want, sizeof want));
    return memory.dtype == l->type.dtype ? TN_ESHAPE : TN_ETYPE;
  }
  static unsigned char nothing[1]; /* an empty leaf has no memory, but is bound */
  r->n_unbound -= !r->leaves[leaf];
  r->leaves[leaf] = memory.data ? memory.data : nothing;
  make_views(r, leaf);
  return TN_OK;
}

tn_view ag_run_output(const ag_run *r, int i) { return r->views[r->plan->program.outputs[i]]; }
const char *ag_run_error(const ag_run *r) { return r->error; }

/* ---- fused steps ---- */

static void *scratch(const ag_run *r, int temp) {
  return r->arena + r->plan->scratch_offset + (size_t)temp * AG_BLOCK * sizeof(double);
}

static void fill_block(void *block, const void *value, size_t size, int64_t n) {
  if (size == 4) {
    float v, *to = block;
    memcpy(&v, value, size);
    for (int64_t i = 0; i < n; i++) to[i] = v;
  } else {
    double v, *to = block;
    memcpy(&v, value, size);
    for (int64_t i = 0; i < n; i++) to[i] = v;
  }
}

static void gather_block(void *block, const char *from, int64_t stride, size_t size, int64_t n) {
  if (stride == 0) fill_block(block, from, size, n);
  else if (stride == 1) memcpy(block, from, (size_t)n * size);
  else
    for (int64_t i = 0; i < n; i++)
      memcpy((char *)block + (size_t)i * size, from + i * stride * (int64_t)size, size);
}

/* Elements start.. of a broadcast operand: a window into it if they lie in one row side by side, else a copy
 * run by run. */
static void *load_strided(const ag__step *s, const ag__register *reg, const char *base, size_t size,
                          int64_t start, int n, void *block) {
  int last = s->rank - 1;
  int64_t index[TN_MAX_RANK], offset = 0, rest = start;
  for (int a = last; a >= 0; a--) {
    index[a] = rest % s->shape[a];
    rest /= s->shape[a];
    offset += index[a] * reg->stride[a];
  }
  if (reg->stride[last] == 1 && index[last] + n <= s->shape[last])
    return (void *)(uintptr_t)(base + offset * (int64_t)size);
  for (int done = 0; done < n;) {
    int64_t run = s->shape[last] - index[last];
    if (run > n - done) run = n - done;
    gather_block((char *)block + (size_t)done * size, base + offset * (int64_t)size, reg->stride[last], size,
                 run);
    done += (int)run;
    offset -= index[last] * reg->stride[last];
    index[last] = 0;
    for (int a = last - 1; a >= 0; a--) { /* the next row */
      offset += reg->stride[a];
      if (++index[a] < s->shape[a]) break;
      offset -= index[a] * reg->stride[a];
      index[a] = 0;
    }
  }
  return block;
}

/* The registers at the start of a run of elements that lie side by side: a row (at `index`), or everything.
 */
static void point_registers(ag_run *r, const ag__step *s, size_t size, int64_t start, const int64_t *index) {
  for (int i = 0; i < s->n_registers; i++) {
    const ag__register *reg = &s->registers[i];
    char *base = r->views[reg->node].data;
    int64_t offset = 0;
    if (reg->how == AG__REPEAT || (reg->how == AG__DIRECT && reg->temp >= 0)) continue;
    if (reg->how == AG__DIRECT) offset = start;
    else if (s->by_rows)
      for (int a = 0; a < s->rank - 1; a++) offset += index[a] * reg->stride[a];
    else continue;
    if (!base) continue; /* a value that was combined away */
    base += offset * (int64_t)size;
    if (reg->temp < 0) r->registers[i] = base;
    else fill_block(r->registers[i], base, size, s->block);
  }
}

static void next_row(const ag__step *s, int64_t *index) {
  for (int a = s->rank - 2; a >= 0 && ++index[a] == s->shape[a]; a--) index[a] = 0;
}

#define RUN_INSTRUCTIONS(T, FIELD)                                                                           \
  static void run_##FIELD(ag_run *r, const ag__step *s, int n) {                                             \
    const ag__pnode *nodes = r->plan->program.nodes;                                                         \
    for (int k = 0; k < s->n_instructions; k++) {                                                            \
      const ag__instruction *i = &s->instructions[k];                                                        \
      const int *operand = s->operands + i->first;                                                           \
      const T *in[AG__MAX_OPERANDS];                                                                         \
      for (int a = 0; a < i->n_in; a++) in[a] = r->registers[operand[a]];                                    \
      i->FIELD(&nodes[i->node].attr, n, in, r->registers[i->out]);                                           \
    }                                                                                                        \
  }
RUN_INSTRUCTIONS(float, f32)
RUN_INSTRUCTIONS(double, f64)

/* Everything of one block that lies at `start`. */
static void run_block(ag_run *r, const ag__step *s, bool f32, int64_t start, int n) {
  size_t size = f32 ? sizeof(float) : sizeof(double);
  const int *moving = s->lists, *stored = moving + s->n_moving, *copied = stored + s->n_stored;
  for (int i = 0; i < s->n_copied; i++) {
    const ag__register *reg = &s->registers[copied[i]];
    r->registers[copied[i]] =
        load_strided(s, reg, r->views[reg->node].data, size, start, n, scratch(r, reg->temp));
  }
  if (f32) run_f32(r, s, n);
  else run_f64(r, s, n);
  for (int i = 0; i < s->n_stored; i++)
    memcpy((char *)r->views[s->registers[stored[i]].store].data + start * (int64_t)size,
           r->registers[stored[i]], (size_t)n * size);
  for (int i = 0; i < s->n_moving; i++)
    r->registers[moving[i]] = (char *)r->registers[moving[i]] + (size_t)n * size;
}

static void run_fused(ag_run *r, const ag__step *s) {
  bool f32 = r->plan->program.nodes[s->node].type.dtype == TN_F32;
  size_t size = f32 ? sizeof(float) : sizeof(double);
  int64_t run = s->by_rows ? s->shape[s->rank - 1] : s->numel, index[TN_MAX_RANK] = {0};
  for (int i = 0; i < s->n_registers; i++) {
    const ag__register *reg = &s->registers[i];
    r->registers[i] = reg->temp < 0 ? r->views[reg->node].data : scratch(r, reg->temp);
    if (reg->how == AG__REPEAT && reg->temp >= 0)
      fill_block(r->registers[i], r->views[reg->node].data, size, run < s->block ? run : s->block);
  }
  for (int64_t row = 0; row < s->numel; row += run, next_row(s, index)) {
    point_registers(r, s, size, row, index);
    for (int64_t at = 0; at < run; at += s->block)
      run_block(r, s, f32, row + at, (int)(run - at < s->block ? run - at : s->block));
  }
}

/* ---- steps ---- */

static void run_single(ag_run *r, const ag__step *s, tn_rng rng) {
  const ag__program *p = &r->plan->program;
  const ag__pnode *n = &p->nodes[s->node];
  for (int k = 0; k < s->n_in; k++) r->call_in[k] = r->views[p->inputs[s->first_in + k]];
  rng.stream += n->stream;
  n->op->run(&(ag_call){&n->attr, s->n_in, r->call_in, r->views[s->node], rng, r->threads});
}

static bool all_finite(const tn_view *v) {
  int64_t n = tn_view_numel(v), i = 0;
  if (v->dtype == TN_F32)
    while (i < n && isfinite(((const float *)v->data)[i])) i++;
  else if (v->dtype == TN_F64)
    while (i < n && isfinite(((const double *)v->data)[i])) i++;
  else i = n;
  return i == n;
}

static tn_status trapped(ag_run *r, const ag__step *s) {
  const ag__pnode *n = &r->plan->program.nodes[s->node];
  if (all_finite(&r->views[s->node])) return TN_OK;
  snprintf(r->error, sizeof r->error, "%s (node %u%s%.100s) gave a NaN or infinity", n->op->name, n->id,
           *n->scope ? ", in " : "", n->scope);
  return TN_ENUMERIC;
}

tn_status ag_run_step(ag_run *r, tn_rng rng) {
  const ag_plan *plan = r->plan;
  const ag__program *p = &plan->program;
  if (r->n_unbound > 0) {
    int leaf = 0;
    while (r->leaves[leaf]) leaf++;
    snprintf(r->error, sizeof r->error, "'%.100s' is not bound to memory", p->leaves[leaf].name);
    return TN_EINVAL;
  }
  for (int i = 0; i < plan->n_steps; i++) {
    const ag__step *s = &plan->steps[i];
    if (s->fused) run_fused(r, s);
    else run_single(r, s, rng);
    if (p->flags & AG_TRAP_NONFINITE && trapped(r, s) != TN_OK) return TN_ENUMERIC;
  }
  for (int i = 0; i < p->n_assigns; i++) {
    const ag__passign *a = &p->assigns[i];
    tn_view value = r->views[a->value];
    if (!a->in_place) memcpy(r->leaves[a->leaf], value.data, tn_view_bytes(&value));
  }
  return TN_OK;
}
