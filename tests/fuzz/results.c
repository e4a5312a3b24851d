/* results.c - fuzzes folders of results, as `sbnn report` reads them: files separated by lines of "--", each
 * with its name in the first line ("genes.tsv", or "a/genes.tsv" of a folder in the folder). */
#include "fuzz.h"
#include "report/report.h"
#include "tables/stored.h"

#include <sys/stat.h>

static const char *const known[] = {
    "run.json",     "metrics.tsv", "genes.tsv",     "history.tsv",        "latent.tsv",
    "overlays.tsv", "labels.tsv",  "measured.tsv",  "srrr.tsv",           "srrr_folds.tsv",
    "failed.tsv",   "verdict.tsv", "stability.tsv", "stability_runs.tsv", "stability_summary.tsv"};
enum { KNOWN = sizeof known / sizeof *known };

static char folder[128], page[160];

static void file_path(int inner, int i, char path[256]) {
  snprintf(path, 256, "%s/%s%s", folder, inner ? "a/" : "", known[i]);
}

static void empty_folder(void) {
  char path[256];
  if (!*folder) {
    snprintf(folder, sizeof folder, "%s", fuzz_path("results"));
    snprintf(page, sizeof page, "%s", fuzz_path("page.html"));
    snprintf(path, sizeof path, "%s/a", folder);
    if (mkdir(folder, 0777) != 0 || mkdir(path, 0777) != 0) abort();
  }
  for (int inner = 0; inner < 2; inner++)
    for (int i = 0; i < KNOWN; i++) file_path(inner, i, path), unlink(path);
  unlink(page);
}

/* Of a part the first line is a name; one that is none stands for nothing. */
static void put_file(const uint8_t *part, size_t n) {
  char path[256];
  const uint8_t *end = memchr(part, '\n', n);
  const size_t length = end ? (size_t)(end - part) : n;
  const int inner = length > 2 && memcmp(part, "a/", 2) == 0;
  for (int i = 0; i < KNOWN; i++) {
    if (strlen(known[i]) != length - 2u * inner ||
        memcmp(part + 2 * inner, known[i], length - 2u * inner) != 0)
      continue;
    const size_t from = end ? length + 1 : n;
    file_path(inner, i, path);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(part + from, 1, n - from, f) != n - from || fclose(f) != 0) abort();
  }
}

static void check(int code, const sbnn_error *e) {
  fuzz_check(code, e);
  if (code != SBNN_OK && code != SBNN_BAD_INPUT) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  empty_folder();
  while (size > 0) {
    size_t n;
    const uint8_t *part = fuzz_part(&data, &size, &n);
    put_file(part, n);
  }
  sbnn_error e = {0}, e2 = {0};
  int code = sbnn_report_write(folder, folder, page, &e);
  check(code, &e);
  if ((code == SBNN_OK) != (access(page, F_OK) == 0)) abort();
  sbnn_stored s;
  code = sbnn_stored_read_latent(folder, &s, &e2);
  check(code, &e2);
  if (code == SBNN_OK) sbnn_stored_free(&s);
  else if (s.experiments || s.data.cell_names) abort();
  return 0;
}
