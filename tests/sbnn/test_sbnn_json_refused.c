/* test_sbnn_json_refused.c - a file whose reader was refused memory is not called damaged: one sentence says what was
 * lacking, and the exit code is that of a failure. */
#include "test_sbnn_results.h"

#include "commands/shards.h"
#include "json_refused.h"
#include "options/config.h"
#include "tables/run_facts.h"
#include "tables/run_json.h"
#include "training/model_file.h"

TestSuite(sbnn_json_refused, .init = make_root, .fini = remove_root);

static int left;

/* The first request; of later ones jansson makes an end of the program (an assertion of 2.14). */
static void *refuse_first(size_t bytes) { return left-- == 0 ? NULL : malloc(bytes); }

static int read_config(sbnn_error *e) {
  sbnn_settings s = {0};
  int code = sbnn_config_read(at("f/run.json"), NULL, &s, e);
  sbnn_settings_free(&s);
  return code;
}

static int read_facts(sbnn_error *e) {
  sbnn_run_facts f;
  return sbnn_run_facts_read(at("f"), &f, e);
}

static int read_command(sbnn_error *e) {
  cr_expect_null(sbnn_shard_command(at("f"), at("out"), e));
  return e->code;
}

static int read_model(sbnn_error *e) {
  sbnn_model_file m;
  return sbnn_model_file_read(at("f"), &m, e);
}

Test(sbnn_json_refused, memory_is_not_damage) {
  static int (*const readers[])(sbnn_error *) = {read_config, read_facts, read_command, read_model};
  static const char *const files[] = {"f/run.json", "f/command.json", "f/model.json"};
  cr_assert_eq(mkdir(at("f"), 0777), 0);
  for (int i = 0; i < 3; i++) put_file(at(files[i]), "{\"options\": {}, \"command\": \"cv\"}\n");
  json_set_alloc_funcs(refuse_first, free);
  for (int i = 0; i < 4; i++) {
    sbnn_error e = {0};
    left = 0;
    int code = readers[i](&e);
    cr_expect_eq(code, SBNN_FAILED, "reader %d: %s", i, e.text);
    expect_sentence(&e, "out of memory", "f/");
    cr_expect_null(strstr(e.text, "line"), "reader %d: %s", i, e.text);
  }
  json_set_alloc_funcs(malloc, free);
}
