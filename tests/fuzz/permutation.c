/* permutation.c - fuzzes the order of cells that --fold-permutation reads; the first byte is the number of
 * cells. */
#include "data/folds.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t n = 2 + data[0] % 16;
  sbnn_folds f;
  sbnn_error e = {0};
  int code = sbnn_folds_make(&(sbnn_folds_options){SBNN_PROTOCOL_STRICT, n, 2,
                                                   fuzz_write("order.txt", data + 1, size - 1), 0, NULL, 0},
                             &f, &e);
  fuzz_check(code, &e);
  unsigned seen = 0;
  for (size_t i = 0; code == SBNN_OK && i < n; i++) seen |= 1u << f.order[i];
  if (code == SBNN_OK && seen != (1u << n) - 1) abort();
  if (code != SBNN_OK && f.order) abort();
  sbnn_folds_free(&f);
  return 0;
}
