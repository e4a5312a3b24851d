/* run.c - the arena and bindings of one run, and the loop over steps. After ag_run_new nothing here
 * allocates. */
#include "autograd/plan/plan.h"
#include "tensor/threads.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- life ---- */

static bool allocate_worker(ag_run *r, int i) {
  const ag_plan *plan = r->plan;
  ag__worker *w = &r->workers[i];
  w->call_in = tn_calloc(r->alloc, (size_t)plan->max_operands + 1, sizeof *w->call_in);
  w->registers = tn_calloc(r->alloc, (size_t)plan->max_registers + 1, sizeof *w->registers);
  w->scratch = r->arena + plan->worker_offset + (size_t)i * plan->worker_bytes;
  w->panel = w->scratch + (size_t)plan->n_temps * AG_BLOCK * sizeof(double);
  return w->call_in && w->registers;
}

/* Loops run one after the other. So behind the arena there is memory for the largest nested run, once for
 * each worker that takes steps of a loop. */
static size_t own_bytes(const ag_plan *plan, int threads) {
  size_t bytes = plan->arena_bytes + ((size_t)threads - 1) * plan->worker_bytes + 64;
  return (bytes + 63) / 64 * 64;
}

static size_t all_bytes(const ag_plan *plan, int threads);

static size_t nested_bytes(const ag_plan *plan, int threads, int worker) {
  size_t most = 0;
  for (int i = 0; i < plan->program.n_loops; i++) {
    const ag__loop *l = &plan->program.loops[i];
    bool spread = ag__spreads(l, threads);
    size_t bytes = spread || worker == 0 ? all_bytes(l->plan, spread ? 1 : threads) : 0;
    if (bytes > most) most = bytes;
  }
  return most;
}

static size_t all_bytes(const ag_plan *plan, int threads) {
  size_t bytes = own_bytes(plan, threads);
  for (int w = 0; w < threads && plan->program.n_loops; w++) bytes += nested_bytes(plan, threads, w);
  return bytes;
}

static tn_status new_run(const ag_plan *plan, int threads, unsigned char *arena, ag_run **out);

static bool allocate_loops(ag_run *r) {
  const ag__program *p = &r->plan->program;
  unsigned char *at = r->arena + own_bytes(r->plan, r->threads);
  bool all = true;
  for (int w = 0; w < r->threads && p->n_loops; w++) {
    for (int i = 0; i < p->n_loops && all; i++) {
      bool spread = ag__spreads(&p->loops[i], r->threads);
      if (w == 0 || spread)
        all = new_run(p->loops[i].plan, spread ? 1 : r->threads, at, &r->loops[i * r->threads + w]) == TN_OK;
    }
    at += nested_bytes(r->plan, r->threads, w);
  }
  return all;
}

static bool allocate(ag_run *r) {
  const ag_plan *plan = r->plan;
  size_t threads = (size_t)r->threads;
  if (!r->arena) r->arena = r->block = tn_calloc(r->alloc, all_bytes(plan, r->threads), 1);
  r->views = tn_calloc(r->alloc, (size_t)plan->program.n_nodes + 1, sizeof *r->views);
  r->leaves = tn_calloc(r->alloc, (size_t)plan->program.n_leaves + 1, sizeof *r->leaves);
  r->workers = tn_calloc(r->alloc, threads, sizeof *r->workers);
  r->loops = tn_calloc(r->alloc, (size_t)plan->program.n_loops * threads + 1, sizeof *r->loops);
  bool all = r->arena && r->views && r->leaves && r->workers && r->loops;
  for (int i = 0; i < r->threads && all; i++) all = allocate_worker(r, i);
  return all && allocate_loops(r);
}

static void *memory_of(const ag_run *r, const ag__pnode *root) {
  const ag__program *p = &r->plan->program;
  switch (root->place) {
  case AG__LEAF: return r->leaves[root->leaf];
  case AG__CONSTANT: return p->constants + root->constant;
  case AG__ARENA: return r->arena + root->offset;
  case AG__PANEL:
  case AG__NOWHERE: break;
  }
  return NULL;
}

static void make_view(ag_run *r, int x) {
  const ag__pnode *n = &r->plan->program.nodes[x], *root = &r->plan->program.nodes[n->root];
  unsigned char *memory = memory_of(r, root);
  if (memory) memory += n->within;
  r->views[x] = tn_view_of(memory, n->type.dtype, n->type.rank, n->type.shape);
  if (n->window) memcpy(r->views[x].stride, n->stride, sizeof n->stride);
}

tn_status ag_run_new(const ag_plan *plan, int threads, ag_run **out) {
  return new_run(plan, threads, NULL, out);
}

static tn_status new_run(const ag_plan *plan, int threads, unsigned char *arena, ag_run **out) {
  const tn_alloc *a = plan->program.alloc;
  ag_run *r = tn_calloc(a, 1, sizeof *r);
  if (!r) return TN_ENOMEM;
  *r = (ag_run){.plan = plan,
                .alloc = a,
                .arena = arena,
                .threads = threads > 1 ? threads : 1,
                .n_unbound = plan->program.n_leaves};
  if (!allocate(r)) {
    ag_run_free(r);
    return TN_ENOMEM;
  }
  for (int x = 0; x < plan->program.n_nodes; x++) make_view(r, x);
  *out = r;
  return TN_OK;
}

void ag_run_free(ag_run *r) {
  if (!r) return;
  for (int i = 0; r->workers && i < r->threads; i++) {
    tn_free(r->alloc, r->workers[i].call_in);
    tn_free(r->alloc, r->workers[i].registers);
  }
  for (int i = 0; r->loops && i < r->plan->program.n_loops * r->threads; i++) ag_run_free(r->loops[i]);
  tn_free(r->alloc, r->loops);
  tn_free(r->alloc, r->workers);
  tn_free(r->alloc, r->block);
  tn_free(r->alloc, r->views);
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
  ag__point(r, leaf, memory.data);
  return TN_OK;
}

void ag__point(ag_run *r, int leaf, void *memory) {
  static unsigned char nothing[1]; /* an empty leaf needs no memory, but counts as bound */
  const ag__program *p = &r->plan->program;
  r->n_unbound -= !r->leaves[leaf];
  r->leaves[leaf] = memory ? memory : nothing;
  for (int x = p->first_of_leaf[leaf]; x >= 0; x = p->next_of_leaf[x]) make_view(r, x);
}

tn_view ag_run_output(const ag_run *r, int i) { return r->views[r->plan->program.outputs[i]]; }
const char *ag_run_error(const ag_run *r) { return r->error; }

/* ---- fused steps ---- */

/* The address of the first element of a node's value. Only the current rows of a panel's value are in memory;
 * its address is that which row 0 would have. */
static char *address(const ag_run *r, const ag__worker *w, int node) {
  const ag__pnode *nodes = r->plan->program.nodes, *root = &nodes[nodes[node].root];
  if (root->place != AG__PANEL) return r->views[node].data;
  int64_t row =
      tn_numel(root->type.rank - 1, root->type.shape + 1) * (int64_t)tn_dtype_size(root->type.dtype);
  return (char *)((uintptr_t)(w->panel + root->offset) - (uintptr_t)(w->row * row));
}

static void *scratch(const ag__worker *w, int temp) {
  return w->scratch + (size_t)temp * AG_BLOCK * sizeof(double);
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

typedef struct piece { /* n elements of an operand, of `size` bytes each */
  size_t size;
  int64_t start;
  int n;
} piece;

/* A piece of a broadcast operand: a pointer to it if it is contiguous in one row, else a copy. */
static void *load_strided(const ag__step *s, const ag__register *reg, const char *base, piece p,
                          void *block) {
  const size_t size = p.size;
  const int n = p.n;
  int last = s->rank - 1;
  int64_t index[TN_MAX_RANK], offset = 0, rest = p.start;
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

/* Points the strided registers at the start of the row at `index`. */
static void point_at_row(const ag_run *r, ag__worker *w, const ag__step *s, size_t size,
                         const int64_t *index) {
  const int *strided = s->lists + s->n_moving + s->n_stored;
  for (int i = 0; i < s->n_strided; i++) {
    const ag__register *reg = &s->registers[strided[i]];
    int64_t offset = 0;
    for (int a = 0; a < s->rank - 1; a++) offset += index[a] * reg->stride[a];
    char *base = address(r, w, reg->node) + offset * (int64_t)size;
    if (reg->temp < 0) w->registers[strided[i]] = base;
    else fill_block(w->registers[strided[i]], base, size, s->block);
  }
}

static void next_row(const ag__step *s, int64_t *index) {
  for (int a = s->rank - 2; a >= 0 && ++index[a] == s->shape[a]; a--) index[a] = 0;
}

#define RUN_INSTRUCTIONS(T, FIELD)                                                                           \
  static void run_##FIELD(const ag__worker *w, const ag__pnode *nodes, const ag__step *s, int n) {           \
    for (int k = 0; k < s->n_instructions; k++) {                                                            \
      const ag__instruction *i = &s->instructions[k];                                                        \
      const int *operand = s->operands + i->first;                                                           \
      const T *in[AG__MAX_OPERANDS];                                                                         \
      for (int a = 0; a < i->n_in; a++) in[a] = w->registers[operand[a]];                                    \
      i->FIELD(&nodes[i->node].attr, n, in, w->registers[i->out]);                                           \
    }                                                                                                        \
  }
RUN_INSTRUCTIONS(float, f32)
RUN_INSTRUCTIONS(double, f64)

/* Runs one block of n elements from `start` on. */
static void run_block(const ag_run *r, ag__worker *w, const ag__step *s, bool f32, int64_t start, int n) {
  const ag__pnode *nodes = r->plan->program.nodes;
  size_t size = f32 ? sizeof(float) : sizeof(double);
  const int *moving = s->lists, *stored = moving + s->n_moving, *strided = stored + s->n_stored;
  for (int i = 0; i < s->n_strided && !s->by_rows; i++) {
    const ag__register *reg = &s->registers[strided[i]];
    w->registers[strided[i]] =
        load_strided(s, reg, address(r, w, reg->node), (piece){size, start, n}, scratch(w, reg->temp));
  }
  if (f32) run_f32(w, nodes, s, n);
  else run_f64(w, nodes, s, n);
  for (int i = 0; i < s->n_stored; i++)
    memcpy(address(r, w, s->registers[stored[i]].store) + start * (int64_t)size, w->registers[stored[i]],
           (size_t)n * size);
  for (int i = 0; i < s->n_moving; i++)
    w->registers[moving[i]] = (char *)w->registers[moving[i]] + (size_t)n * size;
}

/* Fills a block with copies of `period` elements, from element `start` of their sequence on. */
static void repeat_block(void *block, const void *from, size_t size, int64_t period, int64_t start,
                         int64_t n) {
  for (int64_t at = 0, phase = start % period, count; at < n; at += count, phase = 0) {
    count = n - at < period - phase ? n - at : period - phase;
    memcpy((char *)block + (size_t)at * size, (const char *)from + (size_t)phase * size,
           (size_t)count * size);
  }
}

/* Points the registers at element `start`, except for strided ones, which are set row by row. */
static void point_registers(const ag_run *r, ag__worker *w, const ag__step *s, size_t size, int64_t start,
                            int64_t most) {
  for (int i = 0; i < s->n_registers; i++) {
    const ag__register *reg = &s->registers[i];
    bool kept = reg->how == AG__REPEAT || reg->how == AG__PERIODIC;
    char *base = reg->temp < 0 || kept ? address(r, w, reg->node) : NULL;
    w->registers[i] = reg->temp < 0 ? base : scratch(w, reg->temp);
    if (reg->how == AG__REPEAT && reg->temp >= 0) fill_block(w->registers[i], base, size, most);
    if (reg->how == AG__PERIODIC) repeat_block(w->registers[i], base, size, reg->period, start, most);
  }
  for (int i = 0; i < s->n_moving; i++)
    if (s->registers[s->lists[i]].how == AG__DIRECT)
      w->registers[s->lists[i]] = (char *)w->registers[s->lists[i]] + start * (int64_t)size;
}

/* Computes elements [start, end): all of them, or whole rows of the first axis. */
static void run_fused(const ag_run *r, ag__worker *w, const ag__step *s, int64_t start, int64_t end) {
  bool f32 = r->plan->program.nodes[s->node].type.dtype == TN_F32;
  size_t size = f32 ? sizeof(float) : sizeof(double);
  int64_t run = s->by_rows ? s->shape[s->rank - 1] : end - start, index[TN_MAX_RANK] = {0};
  if (start == end) return;
  point_registers(r, w, s, size, start, run < s->block ? run : s->block);
  if (s->by_rows)
    for (int64_t a = s->rank - 2, row = start / run; a >= 0; row /= s->shape[a--])
      index[a] = row % s->shape[a];
  for (int64_t row = start; row < end; row += run, next_row(s, index)) {
    if (s->by_rows) point_at_row(r, w, s, size, index);
    for (int64_t at = 0; at < run; at += s->block)
      run_block(r, w, s, f32, row + at, (int)(run - at < s->block ? run - at : s->block));
  }
}

/* ---- steps ---- */

static void run_single(ag_run *r, ag__worker *w, const ag__step *s, tn_rng rng) {
  const ag__program *p = &r->plan->program;
  const ag__pnode *n = &p->nodes[s->node];
  for (int k = 0; k < s->n_in; k++) w->call_in[k] = r->views[p->inputs[s->first_in + k]];
  rng.stream += n->stream;
  n->op->run(&(ag_call){&n->attr, s->n_in, w->call_in, r->views[s->node], rng, r->threads, NULL, r->error});
}

/* Computes rows [first, last) of a single op of a panel. */
static void run_rows(const ag_run *r, ag__worker *w, const ag__step *s, int64_t first, int64_t last,
                     const tn_prefetch *next) {
  const ag__program *p = &r->plan->program;
  const ag__pnode *n = &p->nodes[s->node];
  tn_view out = r->views[s->node];
  for (int k = 0; k < s->n_in; k++) {
    int x = p->inputs[s->first_in + k];
    w->call_in[k] = r->views[x];
    w->call_in[k].data = address(r, w, x);
  }
  w->call_in[0] =
      tn_view_slice(w->call_in[0], n->op->row_axis ? n->op->row_axis(&n->attr) : 0, first, 1, last - first);
  out.data = address(r, w, s->node);
  out = tn_view_slice(out, 0, first, 1, last - first);
  n->op->run(&(ag_call){&n->attr, s->n_in, w->call_in, out, (tn_rng){0}, 1, next, NULL});
}

/* The memory that the update reads for the panel that starts at `row`. */
static tn_prefetch rows_ahead(const ag_run *r, const ag__panel *q, int64_t row) {
  tn_prefetch p = {.n = row < q->rows ? q->n_ahead : 0};
  int64_t rows = q->rows - row < q->height ? q->rows - row : q->height;
  for (int i = 0; i < p.n; i++) {
    const tn_view *v = &r->views[q->ahead[i]];
    size_t bytes = tn_view_bytes(v) / (size_t)q->rows;
    p.from[i] = (const char *)v->data + (size_t)row * bytes;
    p.bytes = (size_t)rows * bytes;
  }
  return p;
}

static void run_panel(const ag_run *r, ag__worker *w, const ag__panel *q, int64_t number) {
  int64_t first = number * q->height, last = q->rows - first < q->height ? q->rows : first + q->height;
  tn_prefetch next = rows_ahead(r, q, last);
  w->row = first;
  for (int u = q->first; u < q->first + q->n; u++) {
    const ag__step *s = &r->plan->steps[u];
    if (s->fused) run_fused(r, w, s, first * (s->numel / q->rows), last * (s->numel / q->rows));
    else run_rows(r, w, s, first, last, next.n ? &next : NULL);
  }
}

/* Worker i's share of a fused step or of the panels. */
typedef struct shared_step {
  ag_run *run;
  const ag__step *step;
  const ag__panel *panel; /* or NULL */
  int64_t parts, size;    /* number of panels, blocks or rows; elements of a block or row */
} shared_step;

static void run_share(void *ctx, int64_t i) {
  const shared_step *s = ctx;
  ag__worker *w = &s->run->workers[i];
  int64_t first = s->parts * i / s->run->threads, last = s->parts * (i + 1) / s->run->threads;
  for (int64_t k = first; s->panel && k < last; k++) run_panel(s->run, w, s->panel, k);
  if (s->panel) return;
  int64_t end = last * s->size < s->step->numel ? last * s->size : s->step->numel;
  run_fused(s->run, w, s->step, first * s->size, end);
}

/* Shares depend on the number of threads only, and no element depends on the share that it is in. */
static void run_shared(ag_run *r, const ag__step *s) {
  enum { WORTH_THREADS = 1 << 15 /* elements */, WORTH_WORK = 1 << 16 /* elements times instructions */ };
  shared_step job = {.run = r, .step = s, .panel = s->panel < 0 ? NULL : &r->plan->program.panels[s->panel]};
  if (job.panel) job.parts = (job.panel->rows - 1) / job.panel->height + 1;
  else {
    job.size = s->by_rows ? s->shape[s->rank - 1] : s->block;
    job.parts = (s->numel + job.size - 1) / job.size;
  }
  bool worth = s->numel >= WORTH_THREADS || s->numel * s->n_instructions >= WORTH_WORK;
  if (r->threads > 1 && (job.panel || worth)) tn__parallel_near(r->threads, r->threads, run_share, &job);
  else if (job.panel)
    for (int64_t k = 0; k < job.parts; k++) run_panel(r, r->workers, job.panel, k);
  else run_fused(r, r->workers, s, 0, s->numel);
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

/* The status of a step whose op reported an error; adds the scope to the message. */
static tn_status refused(ag_run *r, const ag__step *s) {
  const ag__pnode *n = &r->plan->program.nodes[s->node];
  size_t used = strlen(r->error);
  if (used && *n->scope) snprintf(r->error + used, sizeof r->error - used, " (in %.100s)", n->scope);
  return ag__fault_status(n->op);
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
  *r->error = 0;
  for (int i = 0; i < plan->n_steps; i++) {
    const ag__step *s = &plan->steps[i];
    tn_status status = TN_OK;
    if (s->panel >= 0 || s->fused) run_shared(r, s);
    else if (p->nodes[s->node].loop) status = ag__run_loop(r, s, rng);
    else run_single(r, r->workers, s, rng);
    if (status != TN_OK) return status;
    if (*r->error) return refused(r, s);
    if (s->panel >= 0) i += p->panels[s->panel].n - 1;
    if (p->flags & AG_TRAP_NONFINITE && trapped(r, s) != TN_OK) return TN_ENUMERIC;
  }
  for (int i = 0; i < p->n_assigns; i++) {
    const ag__passign *a = &p->assigns[i];
    tn_view value = r->views[a->value];
    if (!a->in_place) memcpy(r->leaves[a->leaf], value.data, tn_view_bytes(&value));
  }
  return TN_OK;
}
