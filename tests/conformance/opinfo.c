/* PyTorch's OpInfo: samples of its database of operations, values, vjps and second-order products in f64, against
 * opinfo.safetensors, which opinfo.py exports (it says how samples are written). opinfo.def says each operation in this library's words,
 * opinfo_refused.def which are refused, and why. An operation passes when every sample passes or is refused by name, and one passes
 * at least. Within 1e-9 of the largest value of a result. With the argument "table": prints docs/opinfo.md instead. */
#include "conformance.h"
#include "opinfo_sample.h"

#include "opinfo_fourier.h"
#include "opinfo_index.h"
#include "opinfo_more.h"

typedef int row_function(sample *s, ag_graph *g, ag_ref *y);

#define JOIN_(A, B) A##B
#define JOIN(A, B)  JOIN_(A, B)
#define ROW(NAME, EXPRESSION)                                                                                \
  static int JOIN(row_, __LINE__)(sample * s, ag_graph * g, ag_ref * y) {                                    \
    (void)s, (void)g;                                                                                        \
    y[0] = EXPRESSION;                                                                                       \
    return 1;                                                                                                \
  }
#define ROWS(NAME, EXPRESSION)                                                                               \
  static int JOIN(row_, __LINE__)(sample * s, ag_graph * g, ag_ref * y) {                                    \
    (void)g;                                                                                                 \
    return EXPRESSION;                                                                                       \
  }
#include "opinfo.def"
#undef ROW
#undef ROWS

static const struct {
  const char *name;
  row_function *f;
  const char *text;
} rows[] = {
#define ROW(NAME, EXPRESSION)  {NAME, JOIN(row_, __LINE__), #EXPRESSION},
#define ROWS(NAME, EXPRESSION) {NAME, JOIN(row_, __LINE__), #EXPRESSION},
#include "opinfo.def"
};
enum { N_ROWS = sizeof rows / sizeof *rows };

static const struct {
  const char *name, *why;
} refusals[] = {
#define REFUSED(NAME, WHY) {NAME, WHY},
#include "opinfo_refused.def"
};
enum { N_REFUSALS = sizeof refusals / sizeof *refusals };

/* ---- the fixture --------------------------------------------------------------------------------------- */

typedef struct fixture {
  const double *at; /* the next number */
  nn_tensor_file *file;
  nn_model *m;
  int next; /* sample */
} fixture;

typedef struct problem { /* a sample as it is written */
  char name[128], arguments[512];
  const char *wrong;
  tn_array in[INPUTS];
  tn_view out[OUTPUTS], first[INPUTS], second[INPUTS];
  int n_in, n_out;
  unsigned mask;
  bool has_second;
} problem;

/* As weights() of opinfo.py. */
static void weights(uint32_t seed, tn_view out) {
  for (int64_t j = 0; j < tn_view_numel(&out); j++) {
    uint32_t x = (uint32_t)((uint64_t)j * 2654435761u + (uint64_t)seed * 40503u + 1);
    x ^= x >> 16;
    x = (uint32_t)((uint64_t)x * 0x45D9F3B);
    x ^= x >> 16;
    tn_set(&out, j, x / 4294967296.0 - 0.5);
  }
}

/* "d2,3" */
static const char *take_type(const char *text, tn_dtype *dtype, int *rank, int64_t *shape) {
  static const char letters[] = "dflib";
  static const tn_dtype types[] = {TN_F64, TN_F32, TN_I64, TN_I32, TN_U8};
  *dtype = types[strchr(letters, *text++) - letters];
  for (*rank = 0; *text && *text != ' ' && *text != '|';) {
    char *end;
    shape[(*rank)++] = strtoll(text, &end, 10);
    text = end + (*end == ',');
  }
  return text + (*text == ' ');
}

static tn_view take_numbers(fixture *f, int rank, const int64_t *shape) {
  tn_view v = tn_view_of((void *)f->at, TN_F64, rank, shape);
  f->at += tn_view_numel(&v);
  return v;
}

/* The next sample, or false. */
static bool take(fixture *f, problem *p) {
  char number[16];
  tn_dtype dtype;
  int rank;
  int64_t shape[TN_MAX_RANK];
  memset(p, 0, sizeof *p);
  snprintf(number, sizeof number, "%d", f->next++);
  const char *at = nn_tensor_file_metadata(f->file, number), *bar;
  if (!at) return false;
  bar = strchr(at, '|'), snprintf(p->name, sizeof p->name, "%.*s", (int)(bar - at), at), at = bar + 1;
  bar = strchr(at, '|'), snprintf(p->arguments, sizeof p->arguments, "%.*s", (int)(bar - at), at);
  for (at = bar + 1; *at != '|'; p->n_in++) {
    at = take_type(at, &dtype, &rank, shape);
    tn_view v = take_numbers(f, rank, shape);
    if (p->n_in == INPUTS || tn_array_new(NULL, dtype, rank, shape, &p->in[p->n_in]) != TN_OK) abort();
    tn_copy(p->in[p->n_in].view, v);
  }
  for (at++; *at != '|'; p->n_out++) {
    if (p->n_out == OUTPUTS) abort();
    at = take_type(at, &dtype, &rank, shape);
    p->out[p->n_out] = take_numbers(f, rank, shape);
  }
  p->mask = (unsigned)strtoul(at + 1, NULL, 10);
  p->wrong = strchr(strchr(at + 1, '|') + 1, '|');
  p->has_second = strchr(at + 1, '|')[1] == '1';
  for (int order = 1; order <= 1 + p->has_second; order++)
    for (int i = 0; i < p->n_in; i++)
      if (p->mask >> i & 1)
        (order == 1 ? p->first : p->second)[i] = take_numbers(f, p->in[i].view.rank, p->in[i].view.shape);
  return true;
}

static void let_go(problem *p) {
  for (int i = 0; i < p->n_in; i++) tn_array_free(&p->in[i]);
}

/* ---- one sample ---------------------------------------------------------------------------------------- */

static ag_ref weights_like(ag_graph *g, uint32_t seed, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  tn_array a;
  ag_ref out = {0};
  if (!x.id || tn_array_new(NULL, TN_F64, t.rank, t.shape, &a) != TN_OK) return out;
  weights(seed, a.view);
  out = ag_constant(g, a.view);
  tn_array_free(&a);
  return out;
}

typedef struct results { /* refs: outputs, vjps, second-order products */
  ag_ref ref[OUTPUTS + 2 * INPUTS];
  int n_out, n_wrt, n;
} results;

static bool fits(const ag_graph *g, ag_ref y, const tn_view *want) {
  ag_type t = ag_type_of(g, y);
  return y.id && tn_same_shape(t.rank, t.shape, want->rank, want->shape);
}

/* Values, vjps and second-order products as graph. */
static void compose(sample *s, const problem *p, row_function *row, results *r) {
  ag_graph *g = s->g;
  ag_ref wrt[INPUTS], u = {0}, v[INPUTS];
  uint32_t seed[INPUTS];
  r->n_out = row(s, g, r->ref);
  r->n = r->n_out;
  if (*s->refused || ag_status(g) != TN_OK) return;
  if (r->n_out != p->n_out) ag_fail(g, TN_ESHAPE, "%d results, not %d", r->n_out, p->n_out);
  for (int k = 0; k < r->n_out && ag_status(g) == TN_OK; k++) {
    if (!fits(g, r->ref[k], &p->out[k])) ag_fail(g, TN_ESHAPE, "result %d has another shape", k);
    if (ag_type_of(g, r->ref[k]).dtype != TN_F64) continue;
    ag_ref term = ag_sum_all(g, ag_mul(g, r->ref[k], weights_like(g, (uint32_t)k, r->ref[k])));
    u = u.id ? ag_add(g, u, term) : term;
  }
  for (int i = 0; i < p->n_in; i++)
    if (p->mask >> i & 1) seed[r->n_wrt] = 1000 + (uint32_t)i, wrt[r->n_wrt++] = s->in[i];
  if (!r->n_wrt || ag_status(g) != TN_OK) return;
  ag_grad(g, u, wrt, r->n_wrt, r->ref + r->n), r->n += r->n_wrt;
  for (int i = 0; i < r->n_wrt; i++) v[i] = weights_like(g, seed[i], wrt[i]);
  if (p->has_second) ag_hvp(g, u, wrt, v, r->n_wrt, r->ref + r->n), r->n += r->n_wrt;
}

static bool close_to(tn_view have, tn_view want, const char *what, int i, char *why, size_t size) {
  double error = conformance_distance(have, want);
  if (error <= 1e-9) return true;
  snprintf(why, size, "%s %d: relative error %.2g", what, i, error);
  if (getenv("NABLA_OPINFO_SHOW"))
    for (int64_t j = 0; j < tn_view_numel(&want); j++)
      printf("    %s %d [%d]: %.17g, not %.17g\n", what, i, (int)j, tn_get(&have, j), tn_get(&want, j));
  return false;
}

/* Runs the compiled graph and compares. */
static bool agrees(const sample *s, const problem *p, const results *r, char *why, size_t size) {
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  bool good = true;
  tn_status status = ag_compile(s->g, r->ref, r->n, 0, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 1, &run);
  for (int leaf = 0; status == TN_OK && leaf < ag_plan_leaf_count(plan); leaf++)
    status = ag_run_bind(run, leaf, s->value[atoi(ag_plan_leaf_name(plan, leaf) + 2)]);
  if (status == TN_OK) status = ag_run_step(run, (tn_rng){0});
  if (status != TN_OK)
    snprintf(why, size, "%s",
             run && *ag_run_error(run) ? ag_run_error(run)
             : *ag_error(s->g)         ? ag_error(s->g)
                                       : tn_status_text(status));
  int at = 0;
  for (int k = 0; status == TN_OK && good && k < r->n_out; k++, at++)
    good = close_to(ag_run_output(run, at), p->out[k], "value", k, why, size);
  for (int order = 1; status == TN_OK && order <= 1 + p->has_second; order++)
    for (int i = 0; i < p->n_in && good; i++)
      if (p->mask >> i & 1)
        good = close_to(ag_run_output(run, at++), (order == 1 ? p->first : p->second)[i],
                        order == 1 ? "vjp" : "second order", i, why, size);
  ag_run_free(run);
  ag_plan_free(plan);
  return status == TN_OK && good;
}

static verdict check(fixture *f, const problem *p, row_function *row, char *why, size_t size) {
  sample s = {.name = p->name, .arguments = p->arguments, .m = f->m, .n_in = p->n_in};
  results r = {.n = 0};
  verdict v = FAILED;
  if (ag_graph_new(NULL, &s.g) != TN_OK) return FAILED;
  f->m->graph = s.g, f->m->mode = NN_TRAIN, f->m->n_scopes = 0, f->m->build++;
  for (int i = 0; i < p->n_in; i++) {
    char name[16];
    tn_view value = s.value[i] = p->in[i].view;
    snprintf(name, sizeof name, "in%d", i);
    s.in[i] = ag_input(s.g, name, value.dtype, value.rank, value.shape);
  }
  compose(&s, p, row, &r);
  if (*s.refused) snprintf(why, size, "%s", s.refused), v = REFUSED;
  else if (ag_status(s.g) != TN_OK) snprintf(why, size, "%s", ag_error(s.g));
  else if (agrees(&s, p, &r, why, size)) v = PASSED;
  f->m->graph = NULL;
  ag_graph_free(s.g);
  return v;
}

/* ---- all of them ----------------------------------------------------------------------------------------- */

typedef struct tally {
  int counts[3], second;
  char why[256], wrong[96]; /* wrong: where PyTorch is, and the numbers are mpmath's */
} tally;

static void check_all(fixture *f, tally *tallies) {
  problem p;
  for (; take(f, &p); let_go(&p)) {
    char why[256] = "";
    int i = 0;
    while (i < N_ROWS && strcmp(rows[i].name, p.name) != 0) i++;
    if (i == N_ROWS) fprintf(stderr, "  %s has no row\n", p.name);
    if (i == N_ROWS) continue;
    verdict v = check(f, &p, rows[i].f, why, sizeof why);
    tallies[i].counts[v]++;
    if (p.wrong) snprintf(tallies[i].wrong, sizeof tallies[i].wrong, "PyTorch is wrong: %s", p.wrong + 1);
    tallies[i].second += v == PASSED && p.has_second && p.mask;
    if (v == FAILED) fprintf(stderr, "  %s (%s): %s\n", p.name, p.arguments, why);
    if (v != PASSED && (v == FAILED || !tallies[i].why[0]))
      snprintf(tallies[i].why, sizeof tallies[i].why, "%s", why);
  }
}

static void nothing(nn_model *m, void *ctx) {
  (void)ctx;
  nn_report(m, "nothing", ag_scalar(nn_graph(m), TN_F64, 0));
}

static void count_all(conformance *c, const tally *tallies) {
  for (int i = 0; i < N_ROWS; i++) {
    const int *n = tallies[i].counts;
    verdict v = n[FAILED] || !(n[PASSED] + n[REFUSED]) ? FAILED : n[PASSED] ? PASSED : REFUSED;
    conformance_count(c, v, rows[i].name, "%d samples pass, %d fail, %d are refused%s%s", n[PASSED],
                      n[FAILED], n[REFUSED], tallies[i].why[0] ? ": " : "", tallies[i].why);
  }
  for (int i = 0; i < N_REFUSALS; i++) conformance_count(c, REFUSED, refusals[i].name, "%s", refusals[i].why);
}

/* ---- docs/opinfo.md ------------------------------------------------------------------------------------ */

static void print_row(int i, const tally *t) {
  printf("| %s | `", rows[i].name);
  for (const char *c = rows[i].text; *c; c++) {
    if (*c == '|') putchar('\\');
    putchar(*c);
  }
  printf("` | %d | %d | %d | ", t->counts[PASSED], t->second, t->counts[REFUSED]);
  printf("%s%s%s%s |\n", t->counts[REFUSED] ? "refused: " : "", t->counts[REFUSED] ? t->why : "",
         t->counts[REFUSED] && *t->wrong ? "; " : "", *t->wrong ? t->wrong : "");
}

static void print_table(const tally *tallies) {
  int passed = 0;
  for (int i = 0; i < N_ROWS; i++) passed += tallies[i].counts[PASSED] > 0 && !tallies[i].counts[FAILED];
  printf("# PyTorch's operations\n\n"
         "Printed by tests/conformance/opinfo.c; `./dev docs` renews it. PyTorch 2.15's OpInfo has %d\n"
         "entries. For %d of them value, vjp and second-order product of each sample agree with PyTorch's\n"
         "in f64, within 1e-9 of the largest value. The others are listed below, with the reason. There are\n"
         "at most six samples per entry, of different structure and with small extents; samples without\n"
         "elements are left out. The second column shows the operation with this library's functions: X is\n"
         "the first operand, B the second, T any tensor; NUM, INT, FLAG, AXES are other arguments; names\n"
         "that end in `_row` are functions of tests/conformance/opinfo_*.h.\n\n",
         N_ROWS + N_REFUSALS, passed);
  printf("| operation | here | samples | of second order | refused | |\n|---|---|---|---|---|---|\n");
  for (int i = 0; i < N_ROWS; i++) print_row(i, &tallies[i]);
  printf("\n## Refused\n\n| reason | operations |\n|---|---|\n");
  for (int i = 0; i < N_REFUSALS; i++) { /* of one reason together, at its first */
    int first = 0;
    while (strcmp(refusals[first].why, refusals[i].why) != 0) first++;
    if (first < i) continue;
    printf("| %s | ", refusals[i].why);
    for (int k = i; k < N_REFUSALS; k++)
      if (!strcmp(refusals[k].why, refusals[i].why)) printf("%s%s", k > i ? ", " : "", refusals[k].name);
    printf(" |\n");
  }
}

int main(int argc, char **argv) {
  (void)argv;
  conformance c = {.suite = "opinfo"};
  char message[NN__MESSAGE];
  static tally tallies[N_ROWS];
  fixture f = {.at = NULL};
  tn_status status = nn_tensor_file_open(NULL, NABLA_FIXTURES "/opinfo.safetensors", &f.file, message);
  if (status == TN_OK)
    status =
        nn_model_new(&(nn_model_options){.dtype = TN_F64, .batch = 1, .eval_batch = 1}, nothing, NULL, &f.m);
  if (status != TN_OK) return fprintf(stderr, "%s\n", f.m ? nn_error(f.m) : message), 1;
  f.at = nn_tensor_file_find(f.file, "values")->data;
  check_all(&f, tallies);
  if (argc > 1) print_table(tallies);
  else count_all(&c, tallies);
  nn_model_free(f.m);
  nn_tensor_file_close(f.file);
  return argc > 1 ? 0 : conformance_done(&c);
}
