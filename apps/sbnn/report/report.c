/* report.c - see report.h. */
#include "report/report.h"

#include "figures/contour.h"
#include "nabla_version.h"
#include "output/outdir.h"
#include "output/reader.h"
#include "report/content.h"
#include "report/page.h"
#include "report/table_json.h"
#include "verdict/verdict.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sbnn_table_spec failed = {SBNN_FAILURES_FILE, "failed", "folder step code# sentence"};

static int read_failed(const char *failures, sbnn_tsv *t, sbnn_error *e) {
  *t = (sbnn_tsv){0};
  if (!sbnn_table_exists(failures, failed.file)) return SBNN_OK;
  char *path = sbnn_path_in(failures, failed.file);
  int code = sbnn_tsv_read(path, t, e);
  free(path);
  return code;
}

static bool has_failed(const sbnn_tsv *t, const char *folder) {
  for (size_t i = 0; i < t->n_rows; i++)
    if (strcmp(sbnn_tsv_text(t, i, 0), folder) == 0) return true;
  return false;
}

/* Those in the folder itself, then those in its folders, by name. */
static int put_folders(sbnn_json *j, const char *directory, const sbnn_tsv *out, size_t *found,
                       sbnn_error *e) {
  struct dirent **entry = NULL;
  int n = scandir(directory, &entry, NULL, alphasort), code = SBNN_OK;
  if (n < 0)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s cannot be read (%s); --results takes a folder of results",
                     directory, strerror(errno));
  for (int i = 0; i < n; i++) {
    const char *name = entry[i]->d_name;
    bool itself = strcmp(name, ".") == 0;
    char *inner = itself ? sbnn_strdup(directory) : sbnn_path_in(directory, name);
    if (code == SBNN_OK && (itself || *name != '.') && !has_failed(out, name) &&
        sbnn_report_has_results(inner)) {
      code = sbnn_report_put(j, inner, itself ? "" : name, e);
      ++*found;
    }
    free(inner);
    free(entry[i]);
  }
  free(entry);
  if (code == SBNN_OK && *found == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s holds no results of sbnn train, cv, srrr or stability, nor do the folders in it",
                     directory);
  return code;
}

/* The last part of the folder's real path: "results" also for "." in it. */
static char *title_of(const char *directory) {
  char *real = realpath(directory, NULL), *slash = real ? strrchr(real, '/') : NULL;
  char *title = sbnn_strdup(slash && slash[1] ? slash + 1 : directory);
  free(real);
  return title;
}

/* The colours of the overlays, as the pictures have them: 40 levels from -2 to 2 and a band beyond either
 * end. */
static void put_bands(sbnn_json *j) {
  enum { BANDS = 41 };
  const double step = 4.0 / (BANDS - 2);
  const sbnn_bands b = {-2 - step, 2 + step, BANDS};
  sbnn_json_open(j, "bands", '[');
  for (int i = 0; i < BANDS; i++) sbnn_json_color(j, sbnn_band_color(&b, i));
  sbnn_json_close(j, ']');
}

/* By model, in the order in which they appear. */
static void put_judged(sbnn_json *j, const sbnn_verdict *all) {
  for (size_t i = 0; i < all->n; i++) {
    const char *model = all->list[i].model;
    sbnn_verdict one = {0};
    bool new_model = true;
    for (size_t k = 0; k < i; k++) new_model &= strcmp(all->list[k].model, model) != 0;
    if (!new_model) continue;
    sbnn_verdict_of_model(all, model, &one);
    sbnn_json_open(j, NULL, '{');
    sbnn_json_text(j, "model", model);
    sbnn_json_whole(j, "doubt", sbnn_verdict_doubts(&one));
    sbnn_json_open(j, "findings", '[');
    for (size_t k = 0; k < one.n; k++) {
      sbnn_json_open(j, NULL, '{');
      sbnn_json_text(j, "about", one.list[k].about);
      sbnn_json_whole(j, "doubt", one.list[k].doubt);
      sbnn_json_text(j, "sentence", one.list[k].text);
      sbnn_json_close(j, '}');
    }
    sbnn_json_close(j, ']');
    sbnn_json_close(j, '}');
    sbnn_verdict_free(&one);
  }
}

static int put_verdict(sbnn_json *j, const char *directory, sbnn_error *e) {
  sbnn_verdict all = {0};
  int code = sbnn_judge_folders(directory, &all, e);
  sbnn_json_open(j, "verdict", '[');
  if (code == SBNN_OK) put_judged(j, &all);
  sbnn_json_close(j, ']');
  sbnn_verdict_free(&all);
  return code;
}

int sbnn_report_write(const char *directory, const char *failures, const char *path, sbnn_error *e) {
  sbnn_tsv out;
  char *data = NULL, *title = title_of(directory);
  size_t n = 0, found = 0;
  FILE *to = open_memstream(&data, &n);
  if (!to) return sbnn_fail(e, SBNN_FAILED, "out of memory: close other programs");
  sbnn_json j = {.to = to};
  int code = read_failed(failures, &out, e);
  sbnn_json_open(&j, NULL, '{');
  sbnn_json_text(&j, "title", title);
  sbnn_json_text(&j, "version", NABLA_VERSION " (" NABLA_COMMIT ")");
  put_bands(&j);
  if (code == SBNN_OK) code = sbnn_table_put(&j, failures, &failed, NULL, e);
  if (code == SBNN_OK) code = put_verdict(&j, directory, e);
  sbnn_json_open(&j, "folders", '[');
  if (code == SBNN_OK) code = put_folders(&j, directory, &out, &found, e);
  sbnn_json_close(&j, ']');
  sbnn_json_close(&j, '}');
  if (fclose(to) != 0 && code == SBNN_OK)
    code = sbnn_fail(e, SBNN_FAILED, "out of memory: close other programs");
  if (code == SBNN_OK) code = sbnn_page_write(path, title, data, e);
  sbnn_tsv_free(&out);
  free(data);
  free(title);
  return code;
}
