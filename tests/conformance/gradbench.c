/* GradBench's evaluations (benchmarks/gradbench) on small inputs, against the results of its own `manual` tool: lines of
 * gradbench.jsonl, which gradbench.py exports. One item a module and function; every number within 1e-8 by
 * GradBench's measure, |x - y| / max(1, |x| + |y|). */
#include "gradbench.h"
#include "conformance.h"

#include <math.h>
#include <stdlib.h>

/* The largest difference; infinity where they differ in more than numbers. */
static double difference(const json_t *have, const json_t *want) {
  if (json_is_number(have) && json_is_number(want)) {
    double x = json_number_value(have), y = json_number_value(want),
           d = fabs(x - y) / fmax(1, fabs(x) + fabs(y));
    return isfinite(d) ? d : INFINITY;
  }
  bool same = json_typeof(have) == json_typeof(want) && json_array_size(have) == json_array_size(want) &&
              json_object_size(have) == json_object_size(want);
  double most = same ? 0 : INFINITY;
  const char *key;
  json_t *member;
  size_t i;
  if (!same) return most;
  json_array_foreach(want, i, member) most = fmax(most, difference(json_array_get(have, i), member));
  json_object_foreach((json_t *)(uintptr_t)want, key, member) {
    json_t *other = json_object_get(have, key);
    most = fmax(most, other ? difference(other, member) : INFINITY);
  }
  return most;
}

static void check(conformance *c, const json_t *line) {
  char name[96];
  const char *module = json_string_value(json_object_get(line, "module"));
  const char *function = json_string_value(json_object_get(line, "function"));
  json_t *want = json_object_get(line, "output");
  json_t *message = json_pack("{s:i, s:s, s:s, s:s, s:O}", "id", 1, "kind", "evaluate", "module", module,
                              "function", function, "input", json_object_get(line, "input"));
  json_t *answer = gb_answer(message), *have = json_object_get(answer, "output");
  double error = have ? difference(have, want) : INFINITY;
  const char *why = json_string_value(json_object_get(answer, "error"));
  snprintf(name, sizeof name, "%s, %s", module, function);
  conformance_count(c, error <= 1e-8 ? PASSED : FAILED, name, "error %.2g%s%s", error, why ? "; " : "",
                    why ? why : "");
  json_decref(answer);
  json_decref(message);
}

int main(void) {
  conformance c = {.suite = "gradbench"};
  char *line = NULL;
  size_t room = 0;
  FILE *f = fopen(NABLA_FIXTURES "/gradbench.jsonl", "r");
  if (!f) return fprintf(stderr, "gradbench.jsonl cannot be read\n"), 1;
  while (getline(&line, &room, f) > 0) {
    json_t *parsed = json_loads(line, 0, NULL);
    if (parsed) check(&c, parsed);
    else conformance_count(&c, FAILED, "gradbench.jsonl", "a line is not JSON");
    json_decref(parsed);
  }
  free(line);
  fclose(f);
  return conformance_done(&c);
}
