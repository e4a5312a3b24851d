/* The 19 problems of Moré, Garbow & Hillstrom, Testing Unconstrained Optimization Software, ACM TOMS 7 (1981), that Ceres tests
 * itself with, each from its standard start by each of the three solvers of nn/solve. A problem is solved when the sum
 * of squares comes within 1e-4 of a minimum that the paper gives, relative to it (Ceres' measure), or below 1e-8
 * where it is 0. */
#include "conformance.h"
#include "formulas.h"
#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>

enum { MOST = 11, MINIMA = 2 };

typedef struct terms {
  ag_graph *g;
  ag_ref x[MOST + 1]; /* the paper's x1, x2, ...: [1], so that they broadcast over the residuals */
} terms;

#define X1       t->x[1]
#define X2       t->x[2]
#define X3       t->x[3]
#define X4       t->x[4]
#define X5       t->x[5]
#define X6       t->x[6]
#define DATA(a)  data(t, a, (int64_t)(sizeof(a) / sizeof *(a)))
#define ALL(...) all(t, (ag_ref[]){__VA_ARGS__}, (int)(sizeof((ag_ref[]){__VA_ARGS__}) / sizeof(ag_ref)))

static ag_ref data(const terms *t, const double *a, int64_t n) {
  return ag_constant(t->g, tn_view_of((void *)(uintptr_t)a, TN_F64, 1, &n));
}
static ag_ref all(const terms *t, const ag_ref *residuals, int n) { return ag_concat(t->g, residuals, n, 0); }
static ag_ref count(const terms *t, int from, int n) { return ag_arange(t->g, TN_F64, from, from + n, 1); }
/* factor e^(-rate t) */
static ag_ref decay(const terms *t, ag_ref factor, ag_ref rate, ag_ref time) {
  return MUL(factor, EXP(NEG(MUL(rate, time))));
}

/* ---- the problems, by the paper's numbers --------------------------------------------------------------- */

static ag_ref rosenbrock(const terms *t) { /* 1 */
  return ALL(TIMES(SUB(X2, SQUARE(X1)), 10), PLUS(NEG(X1), 1));
}

static ag_ref freudenstein_roth(const terms *t) { /* 2 */
  ag_ref a = MUL(PLUS(MUL(PLUS(NEG(X2), 5), X2), -2), X2), b = MUL(PLUS(MUL(PLUS(X2, 1), X2), -14), X2);
  return ALL(PLUS(ADD(X1, a), -13), PLUS(ADD(X1, b), -29));
}

static ag_ref powell_badly_scaled(const terms *t) { /* 3 */
  return ALL(PLUS(TIMES(MUL(X1, X2), 1e4), -1), PLUS(ADD(EXP(NEG(X1)), EXP(NEG(X2))), -1.0001));
}

static ag_ref brown_badly_scaled(const terms *t) { /* 4 */
  return ALL(PLUS(X1, -1e6), PLUS(X2, -2e-6), PLUS(MUL(X1, X2), -2));
}

static ag_ref beale(const terms *t) { /* 5 */
  static const double y[] = {1.5, 2.25, 2.625};
  ag_ref powers = ALL(X2, SQUARE(X2), MUL(SQUARE(X2), X2));
  return SUB(DATA(y), MUL(X1, PLUS(NEG(powers), 1)));
}

static ag_ref jennrich_sampson(const terms *t) { /* 6 */
  ag_ref i = count(t, 1, 10);
  return SUB(PLUS(TIMES(i, 2), 2), ADD(EXP(MUL(i, X1)), EXP(MUL(i, X2))));
}

static ag_ref helical_valley(const terms *t) { /* 7 */
  ag_ref half_turn = TIMES(ag_less(t->g, X1, ag_like(t->g, X1, 0)), 0.5);
  ag_ref turns = ADD(TIMES(ag_atan(t->g, DIV(X2, X1)), 0.5 / M_PI), half_turn);
  ag_ref radius = ag_sqrt(t->g, ADD(SQUARE(X1), SQUARE(X2)));
  return ALL(TIMES(SUB(X3, TIMES(turns, 10)), 10), TIMES(PLUS(radius, -1), 10), X3);
}

static ag_ref bard(const terms *t) { /* 8 */
  static const double y[] = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39,
                             0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
  ag_ref u = count(t, 1, 15), v = PLUS(NEG(u), 16), w = ag_minimum(t->g, u, v);
  return SUB(DATA(y), ADD(X1, DIV(u, ADD(MUL(v, X2), MUL(w, X3)))));
}

static ag_ref gaussian(const terms *t) { /* 9 */
  static const double y[] = {0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                             0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009};
  ag_ref time = ag_linspace(t->g, TN_F64, 15, 3.5, -3.5);
  return SUB(decay(t, X1, TIMES(X2, 0.5), SQUARE(SUB(time, X3))), DATA(y));
}

static ag_ref meyer(const terms *t) { /* 10 */
  static const double y[] = {34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744,
                             8261,  7030,  6005,  5147,  4427,  3820,  3307,  2872};
  ag_ref time = ag_linspace(t->g, TN_F64, 16, 50, 125);
  return SUB(MUL(X1, EXP(DIV(X2, ADD(time, X3)))), DATA(y));
}

/* The paper prints y m i x2 where y - x2 is meant, of which (50, 25, 1.5) is the solution it gives. */
static ag_ref gulf(const terms *t) { /* 11 */
  ag_ref time = TIMES(count(t, 1, 100), 0.01);
  ag_ref y = PLUS(ag_pow(t->g, TIMES(ag_log(t->g, time), -50), 2.0 / 3), 25);
  ag_ref power = ag_power(t->g, ag_abs(t->g, SUB(y, X2)), X3);
  return SUB(EXP(NEG(DIV(power, X1))), time);
}

static ag_ref box(const terms *t) { /* 12 */
  ag_ref time = TIMES(count(t, 1, 3), -0.1);
  ag_ref third = SUB(EXP(time), EXP(TIMES(time, 10)));
  return SUB(SUB(EXP(MUL(time, X1)), EXP(MUL(time, X2))), MUL(X3, third));
}

static ag_ref powell_singular(const terms *t) { /* 13 */
  return ALL(ADD(X1, TIMES(X2, 10)), TIMES(SUB(X3, X4), sqrt(5)), SQUARE(SUB(X2, TIMES(X3, 2))),
             TIMES(SQUARE(SUB(X1, X4)), sqrt(10)));
}

static ag_ref wood(const terms *t) { /* 14 */
  return ALL(TIMES(SUB(X2, SQUARE(X1)), 10), PLUS(NEG(X1), 1), TIMES(SUB(X4, SQUARE(X3)), sqrt(90)),
             PLUS(NEG(X3), 1), TIMES(PLUS(ADD(X2, X4), -2), sqrt(10)), TIMES(SUB(X2, X4), 1 / sqrt(10)));
}

static ag_ref kowalik_osborne(const terms *t) { /* 15 */
  static const double y[] = {0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627,
                             0.0456, 0.0342, 0.0323, 0.0235, 0.0246};
  static const double u[] = {4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625};
  ag_ref v = DATA(u), vv = SQUARE(v);
  return SUB(DATA(y), DIV(MUL(X1, ADD(vv, MUL(v, X2))), ADD(ADD(vv, MUL(v, X3)), X4)));
}

static ag_ref brown_dennis(const terms *t) { /* 16 */
  ag_ref time = TIMES(count(t, 1, 20), 0.2);
  ag_ref a = SUB(ADD(X1, MUL(time, X2)), EXP(time));
  ag_ref b = SUB(ADD(X3, MUL(ag_sin(t->g, time), X4)), ag_cos(t->g, time));
  return ADD(SQUARE(a), SQUARE(b));
}

static ag_ref osborne1(const terms *t) { /* 17 */
  static const double y[] = {0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751,
                             0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490,
                             0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406};
  ag_ref time = TIMES(count(t, 0, 33), 10);
  return SUB(DATA(y), ADD(X1, ADD(decay(t, X2, X4, time), decay(t, X3, X5, time))));
}

static ag_ref biggs(const terms *t) { /* 18 */
  ag_ref time = TIMES(count(t, 1, 13), 0.1), minus = NEG(time);
  ag_ref y = ADD(SUB(EXP(minus), TIMES(EXP(TIMES(minus, 10)), 5)), TIMES(EXP(TIMES(minus, 4)), 3));
  return SUB(ADD(SUB(decay(t, X3, X1, time), decay(t, X4, X2, time)), decay(t, X6, X5, time)), y);
}

static ag_ref osborne2(const terms *t) { /* 19 */
  static const double y[] = {1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746,
                             0.679, 0.608, 0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649,
                             0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395,
                             0.375, 0.372, 0.391, 0.396, 0.405, 0.428, 0.429, 0.523, 0.562, 0.607, 0.653,
                             0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739,
                             0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054};
  ag_ref time = TIMES(count(t, 0, 65), 0.1), sum = decay(t, X1, X5, time);
  for (int k = 0; k < 3; k++)
    sum = ADD(sum, decay(t, t->x[2 + k], t->x[6 + k], SQUARE(SUB(time, t->x[9 + k]))));
  return SUB(DATA(y), sum);
}

typedef struct problem {
  const char *name;
  ag_ref (*residuals)(const terms *t);
  int n;
  double start[MOST], minimum[MINIMA]; /* sums of squares, local ones too; the second may be missing (0) */
} problem;

static const problem problems[] = {
    {"Rosenbrock", rosenbrock, 2, {-1.2, 1}, {0}},
    {"Freudenstein and Roth", freudenstein_roth, 2, {0.5, -2}, {0, 48.9842}},
    {"Powell, badly scaled", powell_badly_scaled, 2, {0, 1}, {0}},
    {"Brown, badly scaled", brown_badly_scaled, 2, {1, 1}, {0}},
    {"Beale", beale, 2, {1, 1}, {0}},
    {"Jennrich and Sampson", jennrich_sampson, 2, {0.3, 0.4}, {124.362}},
    {"Helical valley", helical_valley, 3, {-1, 0, 0}, {0}},
    {"Bard", bard, 3, {1, 1, 1}, {8.21487e-3, 17.4286}},
    {"Gaussian", gaussian, 3, {0.4, 1, 0}, {1.12793e-8}},
    {"Meyer", meyer, 3, {0.02, 4000, 250}, {87.9458}},
    {"Gulf research and development", gulf, 3, {5, 2.5, 0.15}, {0}},
    {"Box, three dimensions", box, 3, {0, 10, 20}, {0}},
    {"Powell, singular", powell_singular, 4, {3, -1, 0, 1}, {0}},
    {"Wood", wood, 4, {-3, -1, -3, -1}, {0}},
    {"Kowalik and Osborne", kowalik_osborne, 4, {0.25, 0.39, 0.415, 0.39}, {3.07505e-4, 1.02734e-3}},
    {"Brown and Dennis", brown_dennis, 4, {25, 5, -5, -1}, {85822.2}},
    {"Osborne 1", osborne1, 5, {0.5, 1.5, -1, 0.01, 0.02}, {5.46489e-5}},
    {"Biggs EXP6", biggs, 6, {1, 2, 1, 1, 1, 1}, {0, 5.65565e-3}},
    {"Osborne 2", osborne2, 11, {1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5}, {4.01377e-2}},
};

/* ---- one problem, one solver ---------------------------------------------------------------------------- */

static ag_ref residuals(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  const problem *p = ctx;
  terms t = {.g = g};
  (void)n;
  for (int i = 0; i < p->n; i++) t.x[i + 1] = ag_slice(g, x[0], 0, i, 1);
  return p->residuals(&t);
}
static ag_ref sum_of_squares(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  return ag_sum_all(g, ag_square(g, residuals(g, x, n, ctx)));
}

typedef tn_status solver(ag_function *f, const void *ctx, const tn_view *x, int n, const nn_solve_options *o,
                         nn_solve_result *r);

static const struct {
  const char *name;
  solver *solve;
  ag_function *f;
  double factor; /* from its value to the sum of squares */
} solvers[] = {
    {"L-BFGS", nn_lbfgs, sum_of_squares, 1},
    {"Newton-CG", nn_newton_cg, sum_of_squares, 1},
    {"Levenberg-Marquardt", nn_least_squares, residuals, 2},
};
enum { SOLVERS = sizeof solvers / sizeof *solvers };

/* Where a solver is known to stop before the minimum, and why. */
static const struct {
  const char *problem, *solver, *why;
} exceptions[] = {
    {"Meyer", "Newton-CG",
     "the Hessian's condition is 1e16 there: conjugate gradients without scaling end in rounding"},
};

static const char *exception(const char *of, const char *by) {
  for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
    if (!strcmp(exceptions[i].problem, of) && !strcmp(exceptions[i].solver, by)) return exceptions[i].why;
  return NULL;
}

static bool reaches(double value, double minimum) {
  return fabs(value - minimum) <= (minimum > 0 ? 1e-4 * minimum : 1e-8);
}

static void solve(conformance *c, const problem *p, int k) {
  double b[MOST];
  char name[96];
  nn_solve_result r;
  nn_solve_options o = {.max_iterations = 10000};
  memcpy(b, p->start, sizeof b);
  tn_view x = tn_view_of(b, TN_F64, 1, (int64_t[]){p->n});
  tn_status status = solvers[k].solve(solvers[k].f, p, &x, 1, &o, &r);
  double value = solvers[k].factor * r.value;
  bool solved = (status == TN_OK || status == TN_ESTOPPED) &&
                (reaches(value, p->minimum[0]) || (p->minimum[1] > 0 && reaches(value, p->minimum[1])));
  const char *why = solved ? NULL : exception(p->name, solvers[k].name);
  snprintf(name, sizeof name, "%s, %s", p->name, solvers[k].name);
  conformance_count(c,
                    solved ? PASSED
                    : why  ? REFUSED
                           : FAILED,
                    name, "%.6g after %d iterations, %d evaluations%s%s%s%s", value, r.iterations,
                    r.evaluations, *r.message ? "; " : "", r.message, why ? "; " : "", why ? why : "");
}

int main(void) {
  conformance c = {.suite = "mgh"};
  for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
    for (int k = 0; k < SOLVERS; k++) solve(&c, &problems[i], k);
  return conformance_done(&c);
}
