/* report.c - see report.h. */
#include "report/report.h"

#include "figures/contour.h"
#include "nabla_version.h"
#include "output/folder.h"
#include "output/outdir.h"
#include "report/content.h"
#include "report/page.h"
#include "report/table_json.h"
#include "verdict/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const sbnn_table_spec failed = {SBNN_FAILURES_FILE, "failed", "folder step code# sentence"};

static bool has_failed(const sbnn_tsv *t, const char *folder) {
  for (size_t i = 0; i < t->n_rows; i++)
    if (strcmp(sbnn_tsv_text(t, i, 0), folder) == 0) return true;
  return false;
}

typedef struct listing {
  sbnn_json *json;
  const sbnn_tsv *failed;
  size_t found;
} listing;

static int put_folder(const char *path, const char *name, void *ctx, sbnn_error *e) {
  listing *l = ctx;
  if (has_failed(l->failed, name) || !sbnn_report_has_results(path)) return SBNN_OK;
  l->found++;
  return sbnn_report_put(l->json, path, name, e);
}

/* Those in the folder itself, then those in its folders, by name. */
static int put_folders(sbnn_json *j, const char *directory, const sbnn_tsv *out, sbnn_error *e) {
  listing l = {j, out, 0};
  int code = sbnn_folder_each(directory, put_folder, &l, e);
  if (code == SBNN_OK && l.found == 0)
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
  size_t n = 0;
  FILE *to = open_memstream(&data, &n);
  if (!to) return sbnn_fail(e, SBNN_FAILED, "out of memory: close other programs");
  sbnn_json j = {.to = to};
  int code = sbnn_folder_table_if_there(failures, failed.file, &out, e);
  sbnn_json_open(&j, NULL, '{');
  sbnn_json_text(&j, "title", title);
  sbnn_json_text(&j, "version", NABLA_VERSION " (" NABLA_COMMIT ")");
  put_bands(&j);
  if (code == SBNN_OK) code = sbnn_table_put(&j, failures, &failed, NULL, e);
  if (code == SBNN_OK) code = put_verdict(&j, directory, e);
  sbnn_json_open(&j, "folders", '[');
  if (code == SBNN_OK) code = put_folders(&j, directory, &out, e);
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
