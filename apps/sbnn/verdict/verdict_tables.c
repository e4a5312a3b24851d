/* verdict_tables.c - verdict.tsv, written and read (verdict.h, docs/output.md). */
#include "output/folder.h"
#include "output/writer.h"
#include "verdict/verdict.h"

#include <stdlib.h>
#include <string.h>

int sbnn_write_verdict(const char *directory, const sbnn_verdict *v, sbnn_error *e) {
  sbnn_writer w;
  if (v->n == 0) return SBNN_OK;
  sbnn_writer_open_in(&w, directory, SBNN_VERDICT_FILE);
  sbnn_put(&w, "model\tabout\tdoubt\tseen\tlimit\tsentence\n");
  for (size_t i = 0; i < v->n; i++) {
    const sbnn_finding *f = &v->list[i];
    sbnn_put(&w, "%s\t%s\t%s\t", f->model, f->about, f->doubt ? "yes" : "no");
    sbnn_put_number(&w, f->seen);
    sbnn_put(&w, "\t");
    sbnn_put_number(&w, f->limit);
    sbnn_put(&w, "\t");
    sbnn_put_name(&w, f->text);
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

static int read_rows(const sbnn_tsv *t, const char *folder, sbnn_verdict *v, sbnn_error *e) {
  static const char *const names[] = {"model", "about", "doubt", "sentence", "seen", "limit"};
  enum { MODEL, ABOUT, DOUBT, SENTENCE, SEEN, LIMIT, N };
  size_t column[N];
  int code = SBNN_OK;
  for (size_t i = 0; i < N && code == SBNN_OK; i++) code = sbnn_tsv_column(t, names[i], &column[i], e);
  for (size_t i = 0; i < t->n_rows && code == SBNN_OK; i++) {
    sbnn_finding f = {.folder = (char *)folder,
                      .model = (char *)sbnn_tsv_text(t, i, column[MODEL]),
                      .about = (char *)sbnn_tsv_text(t, i, column[ABOUT]),
                      .doubt = strcmp(sbnn_tsv_text(t, i, column[DOUBT]), "yes") == 0};
    code = sbnn_tsv_number(t, i, column[SEEN], &f.seen, e);
    if (code == SBNN_OK) code = sbnn_tsv_number(t, i, column[LIMIT], &f.limit, e);
    if (code != SBNN_OK) break;
    f.text = sbnn_strdup(sbnn_tsv_text(t, i, column[SENTENCE]));
    sbnn_verdict_add(v, &f);
  }
  return code;
}

int sbnn_read_verdict(const char *directory, const char *folder, sbnn_verdict *v, sbnn_error *e) {
  if (!sbnn_folder_has(directory, SBNN_VERDICT_FILE)) return SBNN_OK;
  sbnn_tsv t;
  int code = sbnn_folder_table(directory, SBNN_VERDICT_FILE, &t, e);
  if (code == SBNN_OK) code = read_rows(&t, folder, v, e);
  sbnn_tsv_free(&t);
  return code;
}
