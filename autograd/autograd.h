/* autograd.h - one append-only graph, one descriptor per op, one compiled plan.
 *
 * Build a graph of values with the constructors of ops.def and the compositions below; ask for gradients,
 * which are more graph; compile outputs and effects into a plan; make a run of the plan, bind its leaves to
 * memory, and step it.
 *
 *   errors    building is sticky: the first failure is recorded in the graph, later constructors return id 0,
 *             and the user checks once, at ag_compile or by ag_status; nothing here aborts or exits
 *   threads   graph: one thread; plan: immutable, shared by any number of threads; run: one thread at a time
 *   lifetime  refs die with their graph; a plan copies all it needs, names too; a run borrows its plan;
 *             names, shapes and arrays that are passed are copied
 *   shapes    row-major; the operands of an op have one element type (ag_cast converts); those of an
 *             elementwise op broadcast as in NumPy
 *   integers  i32, i64 and u8 are accepted by add, sub, mul, fmod, the comparisons and their compositions,
 *             where, cast, argsort, and every op that only moves elements (broadcast, reshape, slice, gather,
 *             ...). Integer arithmetic wraps round, is not fused and has no derivative. Every other op
 *             refuses integers: cast first */
#ifndef NABLA_AUTOGRAD_H
#define NABLA_AUTOGRAD_H

#include "../tensor/ranks.h"
#include "../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- graph ----------------------------------------------------------------------------------------- */

typedef struct ag_graph ag_graph;

typedef struct ag_ref {
  uint32_t id; /* 0 = a construction that failed */
} ag_ref;

typedef struct ag_type {
  tn_dtype dtype;
  int rank;
  int64_t shape[TN_MAX_RANK];
} ag_type;

/* Every allocation of the graph and of what is made from it (gradients, plans, runs) goes through `alloc`
 * (NULL = default). */
TN_MUST_CHECK tn_status ag_graph_new(const tn_alloc *alloc, ag_graph **out);
void ag_graph_free(ag_graph *g);
const tn_alloc *ag_allocator(const ag_graph *g); /* for temporary memory of your own layers and ops */

tn_status ag_status(const ag_graph *g);  /* the first failure, or TN_OK */
const char *ag_error(const ag_graph *g); /* its message: op, shapes, scope; "" if none; lives as long as g */
/* Records a failure, unless there is one already: for your own layers and ops. */
void ag_fail(ag_graph *g, tn_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

ag_type ag_type_of(const ag_graph *g, ag_ref x); /* zeroed type for id 0 */
size_t ag_node_count(const ag_graph *g);

/* A scope names the nodes appended until the matching pop ("encoder/0"), for messages and dumps. Nests. */
void ag_scope_push(ag_graph *g, const char *name);
void ag_scope_pop(ag_graph *g);

/* Writes the graph as text, one line per node, by write(ctx, line). */
void ag_dump(const ag_graph *g, void (*write)(void *ctx, const char *line), void *ctx);
/* The same for Graphviz (`dot -Tsvg`). ag_plan_dot draws a box around the nodes that one step computes. */
void ag_dot(const ag_graph *g, void (*write)(void *ctx, const char *line), void *ctx);

/* Leaves. A name is unique in a graph; asking again for the same name and type gives the same leaf, another
 * type is an error. Inputs and states are both bound per run; only a state may be assigned to. */
ag_ref ag_input(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape);
ag_ref ag_state(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape);
ag_ref ag_constant(ag_graph *g, tn_view value);              /* the elements are copied */
ag_ref ag_scalar(ag_graph *g, tn_dtype dtype, double value); /* a rank-0 constant */
ag_ref ag_like(ag_graph *g, ag_ref x, double value);         /* a scalar constant of x's element type */

#include "conv.h"

/* The primitives, one file each under ops/: see docs/ops.md for shapes and derivatives. */
#define AG_OP(name, params) ag_ref ag_##name params;
#include "ops/ops.def"
#undef AG_OP

/* The compositions: functions that are made of primitives. */
#include "compose.h"
#include "linear.h"
#include "reductions.h"
#include "shapes.h"

/* ---- loops ----------------------------------------------------------------------------------------- */

/* A loop, after jax.lax.scan. In each of `length` steps the body takes the carried values, the slices of this
 * step and the shared values; it returns the next carried values and the results of the step. The body is
 * compiled once, so that compile time does not depend on `length`; memory grows linearly with it. The
 * derivative, of any order, is a loop in the other direction over the derivative of the body; the values that
 * it needs of each step are kept. The steps of a loop without carried values are spread over the threads of the
 * run. Results have the same bits as those of the unrolled graph. */
typedef struct ag_scan_args {
  /* scope of the body. A body that draws random numbers needs one, unique in the graph: each step draws other
   * numbers, and each run with one rng the same */
  const char *name;
  int64_t length;      /* 0 or more */
  bool reverse;        /* from the last step to the first; the results of step t are still at index t */
  const ag_ref *carry; /* the carried values before the first step; any types */
  int n_carry;
  const ag_ref *each; /* [length, ...]: step t gets index t of axis 0, without that axis */
  int n_each;
  /* the same in each step, such as weights. The body can use no other value of the graph */
  const ag_ref *shared;
  int n_shared;
  int n_out; /* results of a step */
  bool
      recompute; /* the derivative recomputes a step's values, except random ones, instead of keeping those of
                  * all steps: memory for one step, at the cost of more work. No product is moved out of the
                  * body */
} ag_scan_args;

typedef struct ag_scan_step { /* refs of the body's graph: others must not be used in it */
  const ag_ref *carry, *each, *shared;
  ag_ref *next; /* to be set: n_carry values of the types of `carry` */
  ag_ref *out;  /* to be set: n_out values */
} ag_scan_step;

/* Appends one step to the graph it is given. Called once, before ag_scan returns. */
typedef void ag_scan_body(ag_graph *body, const ag_scan_step *step, const void *ctx);

/* last[0..n_carry): the carried values after the last step. out[0..n_out): the results, [length, ...]. Id 0
 * if the graph has failed: TN_ESHAPE (a first axis that is not `length`, a carried value that changes its
 * type), TN_EINVAL (a result that is not set, a body that assigns, a random one without a name of its own),
 * or the body's own failure. */
void ag_scan(ag_graph *g, const ag_scan_args *args, ag_scan_body *body, const void *ctx, ag_ref *last,
             ag_ref *out);

#include "attention.h"

/* ---- gradients ------------------------------------------------------------------------------------- */

/* Appends the derivatives of the scalar y (rank 0) with respect to wrt[0..n), any values of the graph, and
 * stores them in out[0..n). Each has the type of its wrt. It is zero where y does not depend on wrt, and id 0
 * if the graph has failed. Derivatives can be differentiated again. TN_ENOGRAD: an op on the path has no
 * derivative; the message names it. TN_EINVAL: a wrt is the result of ag_broadcast or ag_expand and an
 * elementwise op reads it; differentiate with respect to the value that was broadcast. */
void ag_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n, ag_ref *out);

/* The same with a given output cotangent dy, of y's shape: sum(dy * dy/dx). */
void ag_vjp(ag_graph *g, ag_ref y, ag_ref dy, const ag_ref *wrt, int n, ag_ref *out);

#include "derivatives.h"

/* Checks a function's first and second derivatives against central differences in f64 along random
 * directions. */
typedef ag_ref ag_function(ag_graph *g, const ag_ref *in, int n, const void *ctx);

typedef struct ag_gradcheck_options {
  int order;        /* 1 or 2; 0 = 2 */
  int directions;   /* random directions each; 0 = 3 */
  double step;      /* 0 = 1e-3, Richardson-extrapolated (error of order step^6) */
  double tolerance; /* relative to the largest derivative seen, 0 = 1e-7 */
  uint32_t seed;
  uint64_t constant_inputs; /* bit i: input i is not differentiated (indices, masks) */
} ag_gradcheck_options;

typedef struct ag_gradcheck_report {
  int order;                /* where the largest error was seen */
  double error;             /* relative */
  double analytic, numeric; /* the two values there */
  char message[256];        /* why the check has failed or could not be made */
} ag_gradcheck_report;

/* `at`: n contiguous views (f64, or integer for constant inputs). TN_ENUMERIC: the derivative is wrong, see
 * the report. */
TN_MUST_CHECK tn_status ag_gradcheck(ag_function *f, const void *ctx, const tn_view *at, int n,
                                     const ag_gradcheck_options *options, ag_gradcheck_report *report);

/* ---- plan ------------------------------------------------------------------------------------------ */

typedef struct ag_plan ag_plan;
typedef struct ag_run ag_run;

/* Flags of ag_compile. */
enum {
  AG_WITH_EFFECTS = 1,    /* each step also carries out the graph's assigns */
  AG_NO_FUSE = 2,         /* one step per op */
  AG_NO_REUSE = 4,        /* no two values share memory */
  AG_NO_IN_PLACE = 8,     /* assigned values are computed in a buffer, then copied */
  AG_TRAP_NONFINITE = 16, /* stop at the first NaN or infinity; implies AG_NO_FUSE and AG_NO_REUSE */
  AG_NO_COMBINE = 32,     /* no kernels for whole expressions: one pass per op */
  AG_NO_PANELS = 64       /* each step ends before the next begins */
};

/* Compiles outputs[0..n) (and the assigns) into a plan, to be freed after its runs. The graph may be freed or
 * extended afterwards. Errors: the graph's first failure; TN_EINVAL: an output that is no value of the graph;
 * TN_ENOMEM. */
TN_MUST_CHECK tn_status ag_compile(ag_graph *g, const ag_ref *outputs, int n, unsigned flags, ag_plan **out);
/* The same, but the values given[0..n_given) are not computed: they are read from leaves whose names are
 * AG_GIVEN with the index. None of them may be an output or an assigned value. */
TN_MUST_CHECK tn_status ag_compile_given(ag_graph *g, const ag_ref *given, int n_given, const ag_ref *outputs,
                                         int n, unsigned flags, ag_plan **out);
#define AG_GIVEN "(given %d)"
void ag_plan_free(ag_plan *plan);

/* Finds row-wise values, behind at least one contraction, that depend only on data rows (AG_LEAF_ROWS: leaves
 * whose first axis is rows of the data) and on fixed leaves (AG_LEAF_FIXED), and that outputs or assigns need.
 * Writes them to out[0..room), the latest in the graph. Returns how many; 0 if there are none, if there are more
 * than room, or if the graph has failed. */
typedef enum ag_leaf_use { AG_LEAF_VARIES, AG_LEAF_FIXED, AG_LEAF_ROWS } ag_leaf_use;
typedef struct ag_leaf_uses {
  ag_leaf_use (*of)(const void *ctx, const char *leaf);
  const void *ctx; /* passed to `of` */
} ag_leaf_uses;
int ag_hoistable(ag_graph *g, const ag_ref *outputs, int n, ag_leaf_uses uses, ag_ref *out, int room);

int ag_plan_leaf_count(const ag_plan *plan); /* the leaves that the plan reads or writes */
const char *ag_plan_leaf_name(const ag_plan *plan, int leaf);
ag_type ag_plan_leaf_type(const ag_plan *plan, int leaf);
int ag_plan_find_leaf(const ag_plan *plan, const char *name); /* -1: there is none, or nothing needs it */
size_t ag_plan_arena_bytes(const ag_plan *plan);
int ag_plan_step_count(const ag_plan *plan);
void ag_plan_dump(const ag_plan *plan, void (*write)(void *ctx, const char *line), void *ctx);
void ag_plan_dot(const ag_plan *plan, void (*write)(void *ctx, const char *line), void *ctx);

/* A run is the memory in which one plan is executed. `threads` work inside an op: 1, except for one large
 * model. */
TN_MUST_CHECK tn_status ag_run_new(const ag_plan *plan, int threads, ag_run **out);
void ag_run_free(ag_run *run);

/* Points a leaf at memory, contiguous and of the leaf's type. It is borrowed until the leaf is bound again or
 * the run is freed. TN_EINVAL (no such leaf), TN_ETYPE, TN_ESHAPE: ag_run_error has the sentence, the binding
 * is as before. */
TN_MUST_CHECK tn_status ag_run_bind(ag_run *run, int leaf, tn_view memory);

/* Runs the plan once; `rng` gives key, step and epoch of the random ops (each adds its own stream). No
 * allocation. TN_EINVAL: a leaf is unbound, or an index lies outside its rows; some of the assigned states
 * may then have been written. TN_ENUMERIC: trapped; ag_run_error names op, scope and node. */
TN_MUST_CHECK tn_status ag_run_step(ag_run *run, tn_rng rng);
tn_view ag_run_output(const ag_run *run, int i); /* valid until the next step; contiguous */
const char *ag_run_error(const ag_run *run); /* of the last failure; "" if none; lives as long as the run */

/* A reference for tests: evaluates the graph node by node, without a plan. `leaves[i]` belongs to names[i];
 * `results[i]` must have the shape and type of outputs[i]. Assigns are carried out when effects is true. */
TN_MUST_CHECK tn_status ag_reference(ag_graph *g, const ag_ref *outputs, int n, bool effects,
                                     const char *const *names, const tn_view *leaves, int n_leaves,
                                     tn_rng rng, const tn_view *results);

/* ---- writing an op: see docs/adding_an_op.md ------------------------------------------------------------
 */

typedef struct ag_attr { /* an op's fixed arguments, compared bytewise: unused elements must be 0 */
  double f[2];
  int64_t i[2 * TN_MAX_RANK + 2];
} ag_attr;

typedef enum ag_kind {
  AG_ELEMENTWISE, /* all inputs broadcast to the output; may be fused */
  AG_REDUCE,
  AG_CONTRACTION,
  AG_VIEW, /* moves elements, computes nothing */
  AG_INDEX,
  AG_RANDOM, /* never merged */
  AG_EFFECT,
  AG_OPAQUE,
  AG_LOOP, /* a loop over a body graph; made by ag_scan only */
  AG_LEAF  /* inputs, states, constants: no file under ops/ */
} ag_kind;

enum { /* ag_op.flags */
       AG_COMMUTES = 1,
       AG_ROWWISE = 2,       /* row r of the output needs row r of the batched inputs only */
       AG_ALIAS = 4,         /* the output is input 0's memory under another shape */
       AG_NO_DERIVATIVE = 8, /* derivative defined as zero: stops gradients (detach, comparisons) */
       AG_NODIFF_0 = 16,     /* AG_NODIFF_0 << i: input i has none (masks, indices) */
       AG_IDENTITY_0 = 256,  /* x op 0 = x: folded when appended (and 0 op x if the op commutes) */
       AG_IDENTITY_1 = 512,  /* x op 1 = x */
       AG_BROADCASTS = 1024  /* elementwise identity whose output shape is attr.i = {rank, extents...}: folded
                              * into its readers */
};

enum { AG_SENTENCE = 256 };
typedef struct ag_call { /* what a kernel sees */
  const ag_attr *attr;
  int n_in;
  const tn_view *in; /* contiguous unless the op's kind is AG_ELEMENTWISE or AG_CONTRACTION */
  tn_view out;       /* contiguous */
  tn_rng rng;        /* stream set from the node's name */
  int threads;
  const tn_prefetch *next; /* memory that is read after it, for a kernel that can prefetch; or NULL */
  char *error; /* AG_SENTENCE bytes, "" at first. A kernel that cannot compute its value writes why; the step
                * then fails with TN_ENUMERIC, and the output is not read */
} ag_call;

/* Writes that sentence, unless there is one already ("gather: index 9 of 4 rows, at position 2"). The kernel
 * then continues, within its memory, and the step fails with ag_op.fault. */
void ag_fault(const ag_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef struct ag_many { /* an op's operands for many examples: see ag_op.many */
  ag_ref *in;            /* in[i] has a leading axis of extent `examples` if each[i]; may be overwritten */
  const bool *each;
  int n;
  int64_t examples;
} ag_many;

typedef struct ag_case { /* a sample from which tests and documentation are made */
  int n_in;
  struct {
    int rank;
    int64_t shape[4];
  } in[3];
  ag_attr attr;
  double low, high; /* domain the inputs are drawn from; both 0 = [-2, 2] */
  double diagonal;  /* added on the diagonals of the last two axes: makes matrices definite, or invertible */
  int order;        /* highest derivative to check; 0 = 2, -1 = none */
  tn_dtype index;   /* AG_INDEX ops: element type of the index, which is drawn from 0..3 */
} ag_case;

typedef struct ag_op ag_op;
struct ag_op {
  const char *name, *doc;
  ag_kind kind;
  int arity; /* -1 = any number */
  unsigned flags;
  /* Output type from input types; false = they do not fit. NULL: shapes broadcast, types are equal. */
  bool (*infer)(const ag_type *in, int n, const ag_attr *attr, ag_type *out);
  /* Called after infer returned false: writes the reason, which follows "op: " in the message. NULL:
   * "operands ... do not fit". */
  void (*explain)(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size);
  /* Elementwise: n contiguous elements per input. out may equal an input. */
  void (*f32)(const ag_attr *attr, int n, const float *const *in, float *out);
  void (*f64)(const ag_attr *attr, int n, const double *const *in, double *out);
  void (*run)(const ag_call *call); /* every other kind */
  /* For an output of rank 2: row r needs index r along this axis of input 0, and all of the other inputs.
   * NULL: there is no such axis. */
  int (*row_axis)(const ag_attr *attr);
  /* For an output that is a strided part of input 0: returns the offset of its first element, in elements;
   * negative: it is no such part. NULL: it never is. */
  int64_t (*window)(const ag_type *in, const ag_attr *attr);
  /* Appends the cotangents of the inputs (leave id 0 where there is none). y is the node: ag_in(g, y, i) are
   * its inputs. It can ignore broadcasting: the caller sums to the input's shape. */
  void (*vjp)(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx);
  /* Optional: the sum of n >= 2 values of this op, all of one type, if that can be cheaper than n - 1
   * additions (pads of disjoint places are one concat). Used to add the cotangents of one value. */
  ag_ref (*sum)(ag_graph *g, const ag_ref *x, int n);
  /* For ag_vmap: y's value for many examples, with their axis in front. NULL: elementwise ops broadcast, others
   * are repeated for each example. */
  ag_ref (*many)(ag_graph *g, ag_ref y, const ag_many *m);
  /* status of a step in which this op calls ag_fault; 0: TN_EINVAL (AG_INDEX), TN_ENUMERIC */
  tn_status fault;
  const ag_case *cases; /* n_cases of them */
  int n_cases;
};

enum { AG_BLOCK = 256 }; /* elements per cache block */

/* Appends a node, or returns an equal one that exists; `name` only for AG_RANDOM (its stream). */
ag_ref ag_emit(ag_graph *g, const ag_op *op, const ag_ref *in, int n, const ag_attr *attr, const char *name);
const ag_op *ag_op_of(const ag_graph *g, ag_ref node); /* NULL for id 0 */
ag_ref ag_in(const ag_graph *g, ag_ref node, int i);
const ag_attr *ag_attr_of(const ag_graph *g, ag_ref node);

extern const ag_op *const ag_ops[]; /* every primitive, in the order of ops.def */
extern const int ag_op_count;

#ifdef __cplusplus
}
#endif
#endif
