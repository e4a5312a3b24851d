/* PyTorch's OptimizerInfo: 20 steps in f64 with every set of options of its database, against optimizers.tsv, which
 * optimizers.py exports. An optimizer passes when every set passes or is refused by name, and one passes at least.
 * Within 1e-12 of the largest value. Muon, which PyTorch computes in bfloat16, is looked at and not counted. */
#include "conformance.h"
#include "nn/nn.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 16, IN = 6, OUT = 4, SIZE = IN * OUT + OUT, WORDS = 24, LINE = 1 << 14 };

typedef struct option {
  char key[32], text[32];
  double value;
  bool used;
} option;

typedef struct sample {
  char kind[32], what[96];
  option options[WORDS];
  int n_options;
  const char *refused; /* why, or NULL */
} sample;

typedef struct problem {
  double x[ROWS * IN], y[ROWS * OUT], w[IN * OUT], b[OUT];
} problem;

/* ---- options ----------------------------------------------------------------------------------------- */

static double get(sample *s, const char *key, double otherwise) {
  for (int i = 0; i < s->n_options; i++) {
    if (strcmp(s->options[i].key, key) != 0) continue;
    s->options[i].used = true;
    return s->options[i].value;
  }
  return otherwise;
}

static bool is_text(sample *s, const char *key, const char *text) {
  for (int i = 0; i < s->n_options; i++)
    if (!strcmp(s->options[i].key, key) && !strcmp(s->options[i].text, text))
      return s->options[i].used = true;
  return false;
}

static void parse_options(sample *s, char *text) {
  s->n_options = 0;
  for (char *word = strtok(text, " \n"); word && s->n_options < WORDS; word = strtok(NULL, " \n")) {
    option *o = &s->options[s->n_options];
    *o = (option){.used = false};
    if (sscanf(word, "%31[^=]=%31s", o->key, o->text) != 2) continue;
    o->value = strtod(o->text, NULL);
    s->n_options++;
  }
}

/* ---- rules: PyTorch's names for our options ------------------------------------------------------------ */

/* PyTorch adds weight decay to the gradient unless it is decoupled. */
static void finish(nn_gradients *d, nn_optimizer rule, double decay) {
  if (decay != 0) nn_decay(d, "*", decay);
  nn_update(d, "*", rule);
}

static void sgd(nn_gradients *d, sample *s) {
  nn_sgd_options o = {.lr = get(s, "lr", 0),
                      .momentum = get(s, "momentum", 0),
                      .dampening = get(s, "dampening", 0),
                      .nesterov = get(s, "nesterov", 0) != 0};
  finish(d, nn_sgd_rule(&o), get(s, "weight_decay", 0));
}

static void adagrad(nn_gradients *d, sample *s) {
  nn_adagrad_options o = {.lr = get(s, "lr", 0),
                          .epsilon = get(s, "eps", 0),
                          .lr_decay = get(s, "lr_decay", 0),
                          .initial = get(s, "initial_accumulator_value", 0)};
  finish(d, nn_adagrad_rule(&o), get(s, "weight_decay", 0));
}

static void adadelta(nn_gradients *d, sample *s) {
  nn_adadelta_options o = {.lr = get(s, "lr", 0), .rho = get(s, "rho", 0), .epsilon = get(s, "eps", 0)};
  finish(d, nn_adadelta_rule(&o), get(s, "weight_decay", 0));
}

static void rmsprop(nn_gradients *d, sample *s) {
  nn_rmsprop_options o = {.lr = get(s, "lr", 0),
                          .rho = get(s, "alpha", 0),
                          .epsilon = get(s, "eps", 0),
                          .momentum = get(s, "momentum", 0),
                          .centered = get(s, "centered", 0) != 0};
  finish(d, nn_rmsprop_rule(&o), get(s, "weight_decay", 0));
}

static void adam(nn_gradients *d, sample *s) {
  bool decoupled = get(s, "decoupled_weight_decay", 0) != 0;
  double decay = get(s, "weight_decay", 0);
  nn_adam_options o = {.lr = get(s, "lr", 0),
                       .beta1 = get(s, "betas0", 0),
                       .beta2 = get(s, "betas1", 0),
                       .epsilon = get(s, "eps", 0),
                       .torch_epsilon = true,
                       .amsgrad = get(s, "amsgrad", 0) != 0,
                       .weight_decay = decoupled ? decay : 0};
  finish(d, nn_adam_rule(&o), decoupled ? 0 : decay);
}

static void adamax(nn_gradients *d, sample *s) {
  nn_adamax_options o = {.lr = get(s, "lr", 0),
                         .beta1 = get(s, "betas0", 0),
                         .beta2 = get(s, "betas1", 0),
                         .epsilon = get(s, "eps", 0)};
  finish(d, nn_adamax_rule(&o), get(s, "weight_decay", 0));
}

static void nadam(nn_gradients *d, sample *s) {
  bool decoupled = get(s, "decoupled_weight_decay", 0) != 0;
  double decay = get(s, "weight_decay", 0);
  nn_nadam_options o = {.lr = get(s, "lr", 0),
                        .beta1 = get(s, "betas0", 0),
                        .beta2 = get(s, "betas1", 0),
                        .epsilon = get(s, "eps", 0),
                        .momentum_decay = get(s, "momentum_decay", 0),
                        .weight_decay = decoupled ? decay : 0};
  finish(d, nn_nadam_rule(&o), decoupled ? 0 : decay);
}

static void radam(nn_gradients *d, sample *s) {
  bool decoupled = get(s, "decoupled_weight_decay", 0) != 0;
  double decay = get(s, "weight_decay", 0);
  nn_radam_options o = {.lr = get(s, "lr", 0),
                        .beta1 = get(s, "betas0", 0),
                        .beta2 = get(s, "betas1", 0),
                        .epsilon = get(s, "eps", 0),
                        .weight_decay = decoupled ? decay : 0};
  finish(d, nn_radam_rule(&o), decoupled ? 0 : decay);
}

static void asgd(nn_gradients *d, sample *s) {
  nn_asgd_options o = {.lr = get(s, "lr", 0),
                       .lambda = get(s, "lambd", 0),
                       .alpha = get(s, "alpha", 0),
                       .t0 = get(s, "t0", 0)};
  finish(d, nn_asgd_rule(&o), get(s, "weight_decay", 0));
}

static void rprop(nn_gradients *d, sample *s) {
  nn_rprop_options o = {.lr = get(s, "lr", 0),
                        .shrink = get(s, "etas0", 0),
                        .grow = get(s, "etas1", 0),
                        .smallest = get(s, "step_sizes0", 0),
                        .largest = get(s, "step_sizes1", 0)};
  finish(d, nn_rprop_rule(&o), 0);
}

static void adafactor(nn_gradients *d, sample *s) {
  nn_adafactor_options o = {.lr = get(s, "lr", 0),
                            .beta2_decay = get(s, "beta2_decay", 0),
                            .epsilon1 = get(s, "eps0", 0),
                            .epsilon2 = get(s, "eps1", 0),
                            .clip = get(s, "d", 0),
                            .weight_decay = get(s, "weight_decay", 0)};
  finish(d, nn_adafactor_rule(&o), 0);
}

static void muon(nn_gradients *d, sample *s) {
  nn_muon_options o = {.lr = get(s, "lr", 0),
                       .momentum = get(s, "momentum", 0),
                       .weight_decay = get(s, "weight_decay", 0),
                       .epsilon = get(s, "eps", 0),
                       .a = get(s, "ns_coefficients0", 0),
                       .b = get(s, "ns_coefficients1", 0),
                       .c = get(s, "ns_coefficients2", 0),
                       .steps = (int)get(s, "ns_steps", 0),
                       .no_nesterov = get(s, "nesterov", 0) == 0,
                       .match_rms = is_text(s, "adjust_lr_fn", "match_rms_adamw")};
  (void)is_text(s, "adjust_lr_fn", "original");
  finish(d, nn_muon_rule(&o), 0);
}

typedef struct rule {
  const char *kind;
  void (*minimize)(nn_gradients *d, sample *s);
  const char *refused;
} rule;

static const rule rules[] = {
    {"Adadelta", adadelta, NULL},
    {"Adafactor", adafactor, NULL},
    {"Adagrad", adagrad, NULL},
    {"Adam", adam, NULL},
    {"Adamax", adamax, NULL},
    {"AdamW", adam, NULL},
    {"ASGD", asgd, NULL},
    {"LBFGS", NULL, "is a loop of the host over whole batches, not a rule"},
    {"Muon", muon, NULL},
    {"NAdam", nadam, NULL},
    {"RAdam", radam, NULL},
    {"RMSprop", rmsprop, NULL},
    {"Rprop", rprop, NULL},
    {"SGD", sgd, NULL},
    {"SparseAdam", NULL, "there are no sparse gradients"},
};

static const rule *rule_of(const char *kind) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (!strcmp(rules[i].kind, kind)) return &rules[i];
  return NULL;
}

/* ---- one set of options -------------------------------------------------------------------------------- */

static void network(nn_model *m, void *ctx) {
  sample *s = ctx;
  ag_graph *g = nn_graph(m);
  bool vectors = strcmp(s->kind, "Muon") != 0;
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){IN}), y = nn_input(m, "y", 1, (int64_t[]){OUT});
  ag_ref f = nn_dense(m, "p", x, OUT, NULL);
  ag_ref loss = nn_mse(m, ag_tanh(g, f), y);
  nn_report(m, "loss", loss);
  if (!vectors) nn_freeze(m, "p/bias");
  if (get(s, "maximize", 0) != 0) loss = ag_neg(g, loss);
  nn_gradients *d = nn_gradients_of(m, loss);
  if (d) rule_of(s->kind)->minimize(d, s);
}

/* The largest difference over the largest value, at each step of the fixture; NaN if it could not be run. */
typedef struct trial {
  nn_model *m;
  nn_state *state;
  nn_data *data;
  nn_trainer *trainer;
  int step;
  double worst;
} trial;

static void set(nn_state *s, const char *name, const double *from, int n) {
  tn_view v;
  if (!nn_state_find(s, name, &v)) return;
  for (int i = 0; i < n; i++) tn_set(&v, i, from[i]);
}

static tn_status trial_open(trial *t, sample *s, const problem *p) {
  *t = (trial){0};
  tn_status status = nn_model_new(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, network, s, &t->m);
  if (status == TN_OK) status = nn_state_new(t->m, &t->state);
  if (status != TN_OK) return status;
  nn_state_init(t->state, 1, 0);
  set(t->state, "p/kernel", p->w, IN * OUT);
  set(t->state, "p/bias", p->b, OUT);
  return nn_trainer_new(t->m, t->state, NULL, &t->trainer);
}

static void trial_close(trial *t) {
  nn_trainer_free(t->trainer);
  nn_state_free(t->state);
  nn_model_free(t->m);
  *t = (trial){0};
}

static tn_status compare(trial *t, problem *p, int step, const double *expected) {
  nn_column columns[] = {{"x", tn_matrix(p->x, TN_F64, ROWS, IN)}, {"y", tn_matrix(p->y, TN_F64, ROWS, OUT)}};
  double difference = 0, largest = 0;
  tn_view w, b;
  for (; t->step < step; t->step++) {
    tn_status status = nn_trainer_step(t->trainer, &(nn_feed){.columns = columns, .n = 2}, NULL);
    if (status != TN_OK) return status;
  }
  if (!nn_state_find(t->state, "p/kernel", &w) || !nn_state_find(t->state, "p/bias", &b)) return TN_EINVAL;
  for (int i = 0; i < SIZE; i++) {
    double ours = i < IN * OUT ? tn_get(&w, i) : tn_get(&b, i - IN * OUT);
    difference = fmax(difference, fabs(ours - expected[i]));
    largest = fmax(largest, fabs(expected[i]));
  }
  t->worst = fmax(t->worst, difference / largest);
  return TN_OK;
}

static const char *unknown_option(const sample *s) {
  for (int i = 0; i < s->n_options; i++)
    if (!s->options[i].used) return s->options[i].key;
  return NULL;
}

/* ---- an optimizer -------------------------------------------------------------------------------------- */

typedef struct tally {
  char kind[32];
  int passed, failed, refused;
  double worst;
  char why[160];
} tally;

static void end_of_sample(tally *t, sample *s, trial *run, double limit) {
  if (!s->kind[0]) return;
  const char *unknown = unknown_option(s);
  if (rule_of(s->kind) && rule_of(s->kind)->refused) {
    t->refused++;
  } else if (run->m && unknown) {
    t->refused++;
    snprintf(t->why, sizeof t->why, "'%s': the option %s", s->what, unknown);
  } else if (!run->m || !(run->worst <= limit)) {
    t->failed++;
    snprintf(t->why, sizeof t->why, "'%s' is off by %.2g", s->what, run->worst);
  } else {
    t->passed++;
    t->worst = fmax(t->worst, run->worst);
  }
  trial_close(run);
  s->kind[0] = 0;
}

static void end_of_optimizer(conformance *c, tally *t) {
  const rule *r = rule_of(t->kind);
  if (!t->kind[0]) return;
  if (!r) conformance_count(c, REFUSED, t->kind, "is not there");
  else if (r->refused) conformance_count(c, REFUSED, t->kind, "%s", r->refused);
  else if (!strcmp(t->kind, "Muon"))
    printf("%s  Muon: %d sets of options within bfloat16's accuracy, %d not, %d refused, not counted%s%s\n",
           t->failed ? "FAILED " : "looked at", t->passed, t->failed, t->refused, *t->why ? "; " : "",
           t->why);
  else
    conformance_count(c, t->failed || !t->passed ? FAILED : PASSED, t->kind,
                      "%d sets of options within %.1e, %d failed, %d refused%s%s", t->passed, t->worst,
                      t->failed, t->refused, *t->why ? "; " : "", t->why);
  if (!strcmp(t->kind, "Muon") && t->failed) c->failed++;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static int read_numbers(char *text, double *out, int room) {
  int n = 0;
  for (char *word = strtok(text, " \n"); word && n < room; word = strtok(NULL, " \n"))
    out[n++] = strtod(word, NULL);
  return n;
}

static bool read_data(problem *p, const char *name, char *text) {
  if (!strcmp(name, "x")) return read_numbers(text, p->x, ROWS * IN) == ROWS * IN;
  if (!strcmp(name, "y")) return read_numbers(text, p->y, ROWS * OUT) == ROWS * OUT;
  if (!strcmp(name, "w")) return read_numbers(text, p->w, IN * OUT) == IN * OUT;
  return !strcmp(name, "b") && read_numbers(text, p->b, OUT) == OUT;
}

typedef struct reader {
  conformance c;
  problem p;
  sample s;
  trial run;
  tally t;
} reader;

/* PyTorch's Newton-Schulz steps carry 8 bits, which 20 steps of sign-like updates add up. */
static double limit_of(const char *kind) { return strcmp(kind, "Muon") ? 1e-12 : 2e-2; }

static void read_case(reader *r, char *kind, char *what, char *options) {
  end_of_sample(&r->t, &r->s, &r->run, limit_of(r->s.kind));
  if (strcmp(r->t.kind, kind) != 0) {
    end_of_optimizer(&r->c, &r->t);
    r->t = (tally){0};
    snprintf(r->t.kind, sizeof r->t.kind, "%s", kind);
  }
  snprintf(r->s.kind, sizeof r->s.kind, "%s", kind);
  snprintf(r->s.what, sizeof r->s.what, "%s", what);
  parse_options(&r->s, options);
  const rule *ours = rule_of(kind);
  if (!ours || ours->refused) return;
  if (trial_open(&r->run, &r->s, &r->p) != TN_OK) {
    printf("%s, %s: %s\n", kind, what, r->run.m ? nn_error(r->run.m) : "out of memory");
    trial_close(&r->run);
  }
}

static bool read_line(reader *r, char *line) {
  char *field[4] = {line, NULL, NULL, NULL};
  for (int i = 1; i < 4 && field[i - 1]; i++)
    if ((field[i] = strchr(field[i - 1], '\t'))) *field[i]++ = 0;
  if (!strcmp(field[0], "data") && field[2]) return read_data(&r->p, field[1], field[2]);
  if (!strcmp(field[0], "case") && field[3]) return read_case(r, field[1], field[2], field[3]), true;
  if (strcmp(field[0], "after") != 0 || !field[2]) return false;
  double expected[SIZE];
  if (read_numbers(field[2], expected, SIZE) != SIZE) return false;
  if (r->run.m && compare(&r->run, &r->p, atoi(field[1]), expected) != TN_OK) {
    printf("%s, %s: %s\n", r->s.kind, r->s.what, nn_state_error(r->run.state));
    r->run.worst = INFINITY;
  }
  return true;
}

int main(void) {
  static reader r = {.c = {.suite = "optimizers"}};
  static char line[LINE];
  FILE *f = fopen(NABLA_FIXTURES "/optimizers.tsv", "r");
  bool good = f != NULL;
  while (good && fgets(line, sizeof line, f)) good = read_line(&r, line);
  if (f) fclose(f);
  end_of_sample(&r.t, &r.s, &r.run, limit_of(r.s.kind));
  end_of_optimizer(&r.c, &r.t);
  if (!good) return fprintf(stderr, "optimizers.tsv cannot be read\n"), 1;
  return conformance_done(&r.c);
}
