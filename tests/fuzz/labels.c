/* labels.c - fuzzes the reader of tables of text, and labels and colours joined to cells. */
#include "data/dataset_labels.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *cells[] = {"a", "b", "c"};
  sbnn_labels l;
  sbnn_error e = {0}, e2 = {0};
  sbnn_dataset_options o = {.labels_path = fuzz_write("labels.tsv", data, size)};
  int code = sbnn_labels_read(o.labels_path, &l, &e);
  fuzz_check(code, &e);
  if (code == SBNN_OK) sbnn_labels_free(&l);
  sbnn_dataset d = {.n_cells = 3, .cell_names = cells};
  code = sbnn_dataset_add_labels(&o, &d, &e2);
  fuzz_check(code, &e2);
  for (size_t i = 0; code == SBNN_OK && i < d.n_cells; i++)
    if (d.labels[i] < 0 || (size_t)d.labels[i] >= d.n_labels) abort();
  d.n_cells = 0;
  d.cell_names = NULL; /* not ours to free */
  sbnn_dataset_free(&d);
  return 0;
}
