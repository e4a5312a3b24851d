/* model.c - fuzzes what predict opens: model.json, a line of "--", model.safetensors. The first
 * "@@@@@@@@@@@@@@@@" of the former stands for the hash of the latter, so that changed weights are still
 * believed to belong there. */
#include "commands/commands.h"
#include "fuzz.h"
#include "hash.h"
#include "training/model_file.h"

static const char mark[] = "@@@@@@@@@@@@@@@@";
enum { HEX = sizeof mark - 1 };

static void write_model(const uint8_t *data, size_t size) {
  size_t n;
  const uint8_t *part = fuzz_part(&data, &size, &n);
  char *json = malloc(n + 1), hex[HEX + 1];
  if (!json) abort();
  memcpy(json, part, n);
  char *place = memmem(json, n, mark, HEX);
  snprintf(hex, sizeof hex, "%016llx", (unsigned long long)tn_hash(TN_HASH_START, data, size));
  if (place) memcpy(place, hex, HEX);
  fuzz_write(SBNN_MODEL_FILE, json, n);
  fuzz_write(SBNN_WEIGHTS_FILE, data, size);
  free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char counts[] = "cell,g1,g2,g3\nc1,1,0,3\nc2,0,5,1\n";
  char out[128], x[128];
  write_model(data, size);
  snprintf(x, sizeof x, "%s", fuzz_write("x.csv", counts, sizeof counts - 1));
  snprintf(out, sizeof out, "%s", fuzz_path("out.tsv"));
  sbnn_options o = {.command = &sbnn_command_predict, .x = x, .model = fuzz_dir, .out = out, .quiet = true};
  sbnn_error e = {0};
  unlink(out);
  int code = sbnn_command_predict.run(&o, &e);
  fuzz_check(code, &e);
  if ((code == SBNN_OK) != (access(out, F_OK) == 0)) abort();
  return 0;
}
