/* config.c - fuzzes configuration files, key = value and JSON: the options that come out of one must resolve,
 * and be refused with a sentence if they do not. */
#include "options/config.h"
#include "fuzz.h"
#include "options/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *path = fuzz_write("run.conf", data, size);
  char config[160];
  snprintf(config, sizeof config, "--config=%s", path);
  static const char *const commands[] = {"train", "cv"};
  for (int i = 0; i < 2; i++) {
    char *argv[] = {"sbnn", (char *)commands[i], "--x=x.csv", "--y=y.csv", "--out=out", config, NULL};
    sbnn_options o;
    sbnn_error e = {0};
    int code = sbnn_options_parse(6, argv, &o, &e);
    fuzz_check(code, &e);
    if (code != SBNN_OK && code != SBNN_BAD_INPUT && code != SBNN_USAGE) abort();
  }
  sbnn_config_forget();
  return 0;
}
