/* data.c - fuzzes the reader of data files (sbnn prep). */
#include "data/dataset.h"
#include "fuzz.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sbnn_dataset d;
  sbnn_error e = {0};
  sbnn_dataset_options o = {
      .data_path = fuzz_write("data", data, size), .missing = (sbnn_missing)(size % 4), .variable_genes = 1};
  int code = sbnn_dataset_read(&o, &d, &e);
  fuzz_check(code, &e);
  if (code != SBNN_OK) {
    if (d.mapping || d.cell_names || d.counts.start) abort();
    return 0;
  }
  for (size_t i = 0; i < d.n_cells; i++)
    for (size_t g = 0; g < d.n_genes; g++)
      if (!(sbnn_counts_at(&d.counts, i, g) >= 0)) abort();
  for (size_t i = 0; i < d.n_cells * d.n_responses; i++)
    if (isnan(d.responses[i]) && o.missing != SBNN_MISSING_KEEP) abort();
  for (size_t i = 0; d.labels && i < d.n_cells; i++)
    if (d.labels[i] < 0 || (size_t)d.labels[i] >= d.n_labels) abort();
  sbnn_dataset_free(&d);
  return 0;
}
