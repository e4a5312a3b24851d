/* run_facts.c - see run_facts.h. */
#include "tables/run_facts.h"

#include "json_refused.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(json_t *o, const char *key) {
  const char *s = json_string_value(json_object_get(o, key));
  return s ? sbnn_strdup(s) : NULL;
}

static void take_options(json_t *from, sbnn_run_facts *f) {
  const char *name;
  json_t *v;
  f->options = sbnn_alloc(json_object_size(from), sizeof *f->options);
  json_object_foreach(from, name, v) {
    if (json_is_null(v) || json_is_object(v) || json_is_array(v)) continue;
    f->options[f->n_options++] =
        (sbnn_run_option){.name = sbnn_strdup(name),
                          .kind = json_is_string(v)    ? 's'
                                  : json_is_boolean(v) ? 'b'
                                  : json_is_integer(v) ? 'w'
                                                       : 'n',
                          .text = json_is_string(v) ? sbnn_strdup(json_string_value(v)) : NULL,
                          .number = json_is_true(v) ? 1 : json_number_value(v)};
  }
}

static double number_of(json_t *o, const char *key) {
  json_t *v = json_object_get(o, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

static void take_scores(json_t *from, sbnn_run_facts *f) {
  static const char *const splits[] = {"train", "test"};
  const char *model;
  json_t *v;
  f->scores = sbnn_alloc(json_object_size(from), sizeof *f->scores);
  json_object_foreach(from, model, v) {
    json_t *end = json_object_get(json_object_get(v, "r2"), "finetuned");
    sbnn_run_score *s = &f->scores[f->n_scores++];
    *s = (sbnn_run_score){.model = sbnn_strdup(model)};
    for (int k = 0; k < 2; k++) {
      json_t *one = json_object_get(end, splits[k]);
      s->mean[k] = number_of(one, "mean");
      s->sd[k] = number_of(one, "sd");
    }
    s->folds = json_array_size(json_object_get(v, "folds"));
  }
}

int sbnn_run_facts_read(const char *directory, sbnn_run_facts *f, sbnn_error *e) {
  char *path = sbnn_path_in(directory, "run.json");
  json_error_t error = {0};
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  *f = (sbnn_run_facts){0};
  int code = root ? SBNN_OK : sbnn_json_check_memory(&error, path, e);
  if (!root && code == SBNN_OK)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s cannot be read (%s); is this a folder of results?", path,
                     error.text);
  else if (root && (!json_is_string(json_object_get(root, "command")) ||
                    !json_is_object(json_object_get(root, "options"))))
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s is not a run.json of sbnn; run the command again", path);
  else if (root) {
    f->command = text_of(root, "command");
    f->version = text_of(json_object_get(root, "build"), "version");
    f->seed = number_of(root, "seed");
    take_options(json_object_get(root, "options"), f);
    take_scores(json_object_get(root, "results"), f);
  }
  json_decref(root);
  free(path);
  return code;
}

void sbnn_run_facts_free(sbnn_run_facts *f) {
  for (size_t i = 0; i < f->n_options; i++) {
    free(f->options[i].name);
    free(f->options[i].text);
  }
  for (size_t i = 0; i < f->n_scores; i++) free(f->scores[i].model);
  free(f->options);
  free(f->scores);
  free(f->command);
  free(f->version);
  *f = (sbnn_run_facts){0};
}

const char *sbnn_run_facts_text(const sbnn_run_facts *f, const char *option) {
  for (size_t i = 0; i < f->n_options; i++)
    if (strcmp(f->options[i].name, option) == 0) return f->options[i].text;
  return NULL;
}
