/* plan.h - the data that passes hand on, and the plan. A pass is one file and one function over
 * ag__program:
 *
 *   hoist    on the graph: values that the caller may compute once for many steps
 *   prune    the live nodes, renumbered                                  -> program.nodes
 *   nest     the bodies of loops, compiled as plans of their own          -> program.loops, node.within
 *   window   slices that are read in place                               -> node.window
 *   fuse     elementwise nodes gathered into units                       -> node.unit, program.reach
 *   order    units sorted so that a leaf's readers precede its writer    -> program.units, assign.in_place
 *   panel    units to be interleaved, row by row, with one update        -> program.panels
 *   memory   the place of each value in the arena                        -> node.place, node.offset
 *   bind     steps: pointers and micro-programs                          -> ag_plan
 *   combine  expressions of a micro-program replaced by one kernel       -> step.instructions
 *   run      walks the steps */
#ifndef NABLA_PLAN_H
#define NABLA_PLAN_H

#include "autograd/graph.h"

typedef enum ag__place {
  AG__NOWHERE, /* a register of its unit only */
  AG__LEAF,    /* the caller's memory */
  AG__CONSTANT,
  AG__ARENA,
  AG__PANEL /* the rows of one panel, in a worker's memory */
} ag__place;

enum {                             /* for tests */
       AG__SMALL_PANELS = 1 << 16, /* panels of two rows wherever they are possible */
       AG__MANY_VALUES = 1 << 17   /* places memory as for many values */
};

typedef struct ag__pnode {
  const ag_op *op;
  ag_attr attr;
  ag_type type;
  int first_in, n_in; /* into program.inputs */
  int root;           /* the node that has its memory: itself unless it is an alias */
  int leaf;           /* index into program.leaves, or -1 */
  size_t constant;    /* offset of a constant's elements in program.constants */
  uint32_t stream;    /* random ops */
  const char *scope;  /* in program.text */
  uint32_t id;        /* in the graph, for messages */
  uint32_t copied;    /* as of the graph's node */
  int unit;           /* -1: leaf or constant */
  bool output;        /* must be readable after the step */
  size_t within;      /* bytes from the start of the root's memory */
  bool window;        /* a strided part of its root's value */
  int64_t stride[TN_MAX_RANK];
  int loop; /* into program.loops, + 1; 0: none */
  /* set by the memory pass, for roots */
  ag__place place;
  size_t offset;
  int written_leaf; /* the leaf this value is written into directly, or -1 */
} ag__pnode;

typedef struct ag__leaf {
  char *name;
  ag_type type;
  bool state;
} ag__leaf;

typedef struct ag__passign {
  int leaf, value; /* leaf index, node */
  bool in_place;   /* the value is computed straight into the leaf */
} ag__passign;

typedef struct ag__bound {      /* a leaf of a loop's plan */
  int leaf, operand;            /* operand of the loop that it is, or -1 */
  size_t offset, bytes, stride; /* in the loop's value; stride: from step to step */
} ag__bound;

typedef struct ag__loop {
  int node;
  int64_t length;
  bool reverse;
  ag_plan *plan;
  size_t *offset; /* per result, in the loop's value */
  ag__bound *bound;
  int n_bound, n_carried; /* the first n_carried start as copies of operands and stay in the loop's value */
} ag__loop;

typedef struct ag__update {
  ag_ref state, value;
} ag__update;

typedef struct ag__request { /* what a plan is to compute */
  const ag_ref *given;
  int n_given;
  const ag_ref *outputs;
  int n_outputs;
  const ag__update *updates;
  size_t n_updates;
} ag__request;

typedef struct ag__unit { /* one step: one op, or fused elementwise ops in topological order */
  int first, n;           /* into program.order */
  bool fused;
  int id;    /* in program.reach */
  int panel; /* into program.panels, or -1 */
} ag__unit;

typedef struct ag__panel { /* units first.. first + n, run for `height` of their rows at a time */
  int first, n;
  int64_t rows, height;
  size_t bytes;                        /* of the values that only the panel reads (memory pass) */
  int ahead[TN_MAX_PREFETCH], n_ahead; /* whose rows the update reads: fetched one panel ahead (bind pass) */
} ag__panel;

typedef struct ag__need { /* a need that is no operand: the writer of a leaf needs its readers done */
  int unit, by, next;
} ag__need;

/* Which unit needs which (reach.c). */
typedef struct ag__reach {
  int n;                    /* units, merged ones too */
  int *first, *last, *next; /* the nodes of each unit: a list */
  int *size;
  int *before, *after; /* the list of units, always in a topological order */
  uint64_t *label;     /* ascending along the list */
  uint64_t gap;
  ag__need *needs;
  size_t n_needs, cap_needs;
  int *first_need; /* per unit */
  int *mark, stamp, *walk, *found;
  int64_t savings; /* operands that searches may still visit beyond PATIENCE */
} ag__reach;

typedef struct ag__program {
  const tn_alloc *alloc;
  unsigned flags;
  ag__pnode *nodes;
  int n_nodes;
  bool copies; /* there are recomputed nodes */
  int *inputs;
  size_t n_inputs;
  ag__leaf *leaves;
  int n_leaves;
  int *leaf_by_name;                 /* the leaves in the order of their names */
  int *first_of_leaf, *next_of_leaf; /* per leaf, per node: lists of the nodes that have its memory */
  ag__passign *assigns;
  int n_assigns;
  int *outputs;
  int n_outputs;
  const ag_expression *tables[AG__MAX_TABLES]; /* of the graph; static storage */
  int n_tables;
  char *text; /* scopes and leaf names */
  unsigned char *constants;
  size_t constant_bytes;
  /* nest */
  ag__loop *loops;
  int n_loops;
  /* fuse */
  ag__reach reach;
  /* order */
  ag__unit *units; /* in execution order; node.unit is an index from here on */
  int n_units;
  int *order; /* nodes by unit */
  /* panel */
  ag__panel *panels;
  int n_panels;
  /* memory */
  size_t arena_bytes;
} ag__program;

/* Runs all passes. The values of the request must have been checked. */
TN_MUST_CHECK tn_status ag__compile(ag_graph *g, const ag__request *want, unsigned flags, ag_plan **out);

TN_MUST_CHECK tn_status ag__prune(const ag_graph *g, const ag__request *want, ag__program *p);
TN_MUST_CHECK tn_status ag__nest(ag__program *p);
/* Marks the nodes of a loop's body that its live results need. `live` (per result) gets the carried values
 * that are needed for them. */
TN_MUST_CHECK tn_status ag__body_needs(const struct ag__body *b, const tn_alloc *alloc, bool *live,
                                       bool *needed);
TN_MUST_CHECK tn_status ag__find_windows(ag__program *p);
TN_MUST_CHECK tn_status ag__fuse(ag__program *p);
TN_MUST_CHECK tn_status ag__order(ag__program *p);
TN_MUST_CHECK tn_status ag__panels(ag__program *p);
TN_MUST_CHECK tn_status ag__memory(ag__program *p);
void ag__program_free(ag__program *p);
void ag__loops_free(ag__program *p);

/* leaves.c: indexes the leaves by name, and the nodes by leaf. After the memory pass. */
TN_MUST_CHECK tn_status ag__index_leaves(ag__program *p);

/* The unit that computes node x; -1 for leaves and constants. */
static inline int ag__unit_of(const ag__program *p, int x) { return p->nodes[p->nodes[x].root].unit; }
static inline int ag__in(const ag__program *p, const ag__pnode *n, int i) {
  return p->inputs[n->first_in + i];
}

/* `unit` becomes the last one, of one node; its operands' units must be there. */
TN_MUST_CHECK tn_status ag__reach_init(ag__reach *r, const ag__program *p, int n_units);
void ag__reach_free(ag__reach *r, const tn_alloc *alloc);
void ag__reach_append(ag__reach *r, int unit, int node);
/* Moves `unit`, and all that it needs, to before `other`. False, and nothing is moved, if it needs `other` or
 * the search takes too long. `joined`: the two are to become one unit. Then only the needs of `unit` are
 * moved: these may not need `other`, but `unit` itself may. */
bool ag__reach_precede(ag__reach *r, const ag__program *p, int unit, int other, bool joined);
void ag__reach_merge(ag__reach *r, int into, int from);
TN_MUST_CHECK tn_status ag__reach_need(ag__reach *r, const tn_alloc *alloc, int unit, int other);

/* ---- steps ---- */

typedef enum ag__load {
  AG__DIRECT,
  AG__REPEAT,
  AG__PERIODIC, /* a short row that repeats: blocks are whole periods, so one copy serves all blocks */
  AG__STRIDED
} ag__load;

typedef struct ag__register { /* a cache block of a micro-program */
  int node;                   /* the node whose value it holds */
  bool loaded;                /* from memory; else computed */
  bool wide;                  /* an instruction reads it element by element; else one value is enough */
  ag__load how;
  int64_t stride[TN_MAX_RANK]; /* AG__STRIDED: in elements, along the unit's shape */
  int64_t period;              /* AG__PERIODIC: elements */
  int temp;                    /* index of its scratch block; -1: it points into memory */
  int store; /* node into whose memory the scratch block is copied at the end of the block; -1: none */
} ag__register;

typedef void ag__f32_kernel(const ag_attr *attr, int n, const float *const *in, float *out);
typedef void ag__f64_kernel(const ag_attr *attr, int n, const double *const *in, double *out);

/* The most operands of a combined instruction: blocks, pointers to one value, and further results. */
enum { AG__KEPT = 2, AG__MAX_OPERANDS = 4 + 8 + AG__KEPT };

typedef struct ag__instruction {
  const ag_op *op;
  ag__f32_kernel *f32;
  ag__f64_kernel *f64;
  int node;
  int first, n_in, n_wide; /* register numbers, into step.operands; the first n_wide are read as blocks */
  int n_kept;              /* the last n_kept are written */
  int out;
  bool combined; /* one instruction for the expression whose root is op */
} ag__instruction;

typedef struct ag__step {
  int node; /* the op (fused: the last one, for messages) */
  bool fused;
  int panel; /* as of the unit */
  /* single ops */
  int first_in, n_in; /* nodes, into plan.program.inputs */
  /* fused */
  int64_t numel;
  int rank;
  int64_t shape[TN_MAX_RANK];
  bool by_rows;  /* blocks do not cross rows: a broadcast operand is a pointer or one value, never copied */
  int64_t block; /* elements */
  ag__register *registers;
  int n_registers;
  int *lists; /* registers: pointers that move with the blocks; those stored at the end of a block; strided
               * ones, which are set for each row (by_rows) or copied for each block */
  int n_moving, n_stored, n_strided;
  ag__instruction *instructions;
  int n_instructions;
  int *operands;
} ag__step;

struct ag_plan {
  ag__program program;
  ag__step *steps;
  int n_steps;
  int n_temps;      /* scratch blocks of the widest step */
  int max_operands; /* of one op */
  int max_registers;
  size_t worker_offset; /* in the arena: the first worker's memory, scratch blocks before panels */
  size_t worker_bytes;
  size_t arena_bytes; /* with one worker */
};

typedef struct ag__worker { /* memory and state of one thread */
  tn_view *call_in;
  void **registers;
  unsigned char *scratch, *panel; /* in the arena */
  int64_t row;                    /* first row of the current panel */
  int64_t failed;                 /* step of a loop at which its share ended, or -1 */
  tn_status status;               /* and why */
} ag__worker;

struct ag_run {
  const ag_plan *plan;
  const tn_alloc *alloc;
  int threads;
  unsigned char *block; /* arena and nested runs' arenas; NULL: they are in another run's block */
  unsigned char *arena;
  tn_view *views;      /* per node; data NULL if it has no memory, is unbound, or is in a panel */
  ag__worker *workers; /* one per thread */
  void **leaves;       /* bound memory; NULL: unbound */
  int n_unbound;
  ag_run *
      *loops; /* per loop of the program, `threads` entries: the runs of its body, one per worker if steps are
               * spread */
  char error[AG_SENTENCE];
};

void ag__point(ag_run *r, int leaf, void *memory); /* binds without checks */
TN_MUST_CHECK tn_status ag__run_loop(ag_run *r, const ag__step *s, tn_rng rng);
bool ag__spreads(const ag__loop *l,
                 int threads); /* whether a loop's steps are divided among threads, instead of threads working
                                * inside a step */

TN_MUST_CHECK tn_status ag__bind(ag_plan *plan);
/* n_operands: operands of the step in use; returns their number afterwards. There is room for
 * AG__MAX_OPERANDS more per instruction. `maker`: temporary, one int per register. */
int ag__combine(const ag__program *p, ag__step *s, int n_operands, int *maker);

#endif
