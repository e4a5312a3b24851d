/* answer.c - the protocol: https://github.com/gradbench/gradbench/blob/main/CONTRIBUTING.md#protocol */
#include "gradbench.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const gb_evaluation *const evaluations[] = {
#define EVALUATION(name) &gb_##name,
#include "evaluations.def"
#undef EVALUATION
};

static const gb_evaluation *find(const char *name) {
  for (size_t i = 0; i < sizeof evaluations / sizeof *evaluations; i++)
    if (!strcmp(evaluations[i]->name, name)) return evaluations[i];
  return NULL;
}

static bool has(const char *words, const char *word) {
  size_t n = strlen(word);
  for (const char *at = words; n && (at = strstr(at, word)) != NULL; at += n)
    if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n])) return true;
  return false;
}

/* ---- results -------------------------------------------------------------------------------------------- */

static json_t *nested(const tn_view *v, int axis, const double **at) {
  if (axis == v->rank) return json_real(*(*at)++);
  json_t *array = json_array();
  for (int64_t i = 0; i < v->shape[axis]; i++) json_array_append_new(array, nested(v, axis + 1, at));
  return array;
}

json_t *gb_array(const gb_call *c, int i) {
  tn_view v = ag_run_output(c->run, i);
  const double *at = v.data;
  return nested(&v, 0, &at);
}

const double *gb_values(const gb_call *c, int i) { return ag_run_output(c->run, i).data; }

/* ---- one evaluation ------------------------------------------------------------------------------------- */

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void add_timing(json_t *timings, const char *name, int64_t nanoseconds) {
  json_array_append_new(timings,
                        json_pack("{s:s, s:I}", "name", name, "nanoseconds", (json_int_t)nanoseconds));
}

void gb_step(gb_call *c) {
  if (!*c->error && ag_run_step(c->run, (tn_rng){0}) != TN_OK) gb_fail(c, "%s", ag_run_error(c->run));
}

static void compile(gb_call *c, ag_plan **plan) {
  tn_status status = ag_compile(c->g, c->out, c->n_out, 0, plan);
  if (status == TN_OK) status = ag_run_new(*plan, 1, &c->run);
  for (int i = 0; status == TN_OK && i < c->n_leaves; i++) {
    int leaf = ag_plan_find_leaf(*plan, c->leaves[i].name);
    if (leaf >= 0) status = ag_run_bind(c->run, leaf, c->leaves[i].view);
  }
  if (status != TN_OK) gb_fail(c, "%s", *ag_error(c->g) ? ag_error(c->g) : tn_status_text(status));
}

/* As often, and at least as long, as the input asks for. */
static void repeat(gb_call *c, const gb_evaluation *e, json_t *timings) {
  double least_runs = json_number_value(json_object_get(c->input, "min_runs"));
  double least_seconds = json_number_value(json_object_get(c->input, "min_seconds"));
  int64_t total = 0;
  for (int i = 0; !*c->error && (i < 1 || i < least_runs || (double)total < 1e9 * least_seconds); i++) {
    int64_t start = now();
    if (e->run) e->run(c);
    else gb_step(c);
    int64_t spent = now() - start;
    add_timing(timings, "evaluate", spent);
    total += spent;
  }
}

static void evaluate(const gb_evaluation *e, gb_call *c, json_t *answer) {
  json_t *timings = json_array(), *output = NULL;
  ag_plan *plan = NULL;
  int64_t start = now();
  if (!has(e->functions, c->function)) gb_fail(c, "%s has no function '%s'", e->name, c->function);
  else if (ag_graph_new(NULL, &c->g) != TN_OK) gb_fail(c, "out of memory");
  if (!*c->error) e->build(c);
  if (!*c->error) compile(c, &plan);
  add_timing(timings, "prepare", now() - start);
  repeat(c, e, timings);
  if (!*c->error) output = e->result ? e->result(c) : gb_array(c, 0);
  json_object_set_new(answer, "success", json_boolean(!*c->error));
  if (output) json_object_set_new(answer, "output", output);
  if (*c->error) json_object_set_new(answer, "error", json_string(c->error));
  json_object_set_new(answer, "timings", timings);
  ag_run_free(c->run);
  ag_plan_free(plan);
  ag_graph_free(c->g);
  for (int i = 0; i < c->n_leaves; i++) free(c->leaves[i].view.data);
}

static const char *text(const json_t *message, const char *key) {
  const char *value = json_string_value(json_object_get(message, key));
  return value ? value : "";
}

json_t *gb_answer(const json_t *message) {
  json_t *answer = json_object();
  const char *kind = text(message, "kind");
  const gb_evaluation *e = find(text(message, "module"));
  json_object_set(answer, "id", json_object_get(message, "id"));
  if (!strcmp(kind, "start")) json_object_set_new(answer, "tool", json_string("nabla"));
  if (!strcmp(kind, "define") || (!strcmp(kind, "evaluate") && !e))
    json_object_set_new(answer, "success", json_boolean(e != NULL));
  if (strcmp(kind, "evaluate") != 0 || !e) return answer;
  gb_call c = {.function = text(message, "function"), .input = json_object_get(message, "input")};
  evaluate(e, &c, answer);
  return answer;
}
