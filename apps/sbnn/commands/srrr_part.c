/* srrr_part.c - see srrr_part.h: numbers [n, NUMBERS], whole numbers [n, WHOLE], and the genes of all fits one after the
 * other. */
#include "commands/srrr_part.h"

#include "commands/shards.h"

#include <stdlib.h>
#include <string.h>

enum { LAMBDA, R2, RELAXED = R2 + SBNN_N_SPLITS, NUMBERS = RELAXED + SBNN_N_SPLITS };
enum { RANK, GENES, WHOLE };

sbnn_task sbnn_srrr_task(int fold) { return (sbnn_task){.model = "srrr", .fold = fold}; }

static size_t all_genes(const sbnn_srrr_fold *f) {
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++) n += f->scores[i * f->step].n_genes;
  return n;
}

int sbnn_srrr_store(sbnn_session *session, const sbnn_srrr_fold *f, sbnn_error *e) {
  size_t genes = all_genes(f), at = 0;
  double *number = sbnn_alloc(f->n * NUMBERS, sizeof *number), *norm = sbnn_alloc(genes, sizeof *norm);
  int64_t *whole = sbnn_alloc(f->n * WHOLE, sizeof *whole), *gene = sbnn_alloc(genes, sizeof *gene);
  for (size_t i = 0; i < f->n; i++) {
    const sbnn_srrr_score *s = &f->scores[i * f->step];
    number[i * NUMBERS + LAMBDA] = s->lambda;
    memcpy(&number[i * NUMBERS + R2], s->r2, sizeof s->r2);
    memcpy(&number[i * NUMBERS + RELAXED], s->relaxed, sizeof s->relaxed);
    whole[i * WHOLE + RANK] = (int64_t)s->rank;
    whole[i * WHOLE + GENES] = (int64_t)s->n_genes;
    for (size_t k = 0; k < s->n_genes; k++, at++) {
      gene[at] = (int64_t)s->genes[k];
      norm[at] = s->norms[k];
    }
  }
  const sbnn_task task = sbnn_srrr_task(f->fold);
  const char *note = *f->note ? *f->note : "";
  const nn_tensor tensors[] = {{"numbers", "F64", 2, {(int64_t)f->n, NUMBERS}, .data = number},
                               {"norms", "F64", 1, {(int64_t)genes}, .data = norm},
                               {"whole", "I64", 2, {(int64_t)f->n, WHOLE}, .data = whole},
                               {"genes", "I64", 1, {(int64_t)genes}, .data = gene},
                               {"note", "U8", 1, {(int64_t)strlen(note)}, .data = note}};
  int code = sbnn_parts_store_tensors(session->parts, &task, tensors, sizeof tensors / sizeof *tensors, e);
  free(number), free(norm), free(whole), free(gene);
  return code;
}

static const void *tensor(const nn_tensor_file *f, const char *name, const char *dtype, size_t elements) {
  const nn_tensor *t = nn_tensor_file_find(f, name);
  bool good = t && strcmp(t->dtype, dtype) == 0 && t->bytes == elements * nn_tensor_type_bytes(dtype);
  return good ? t->data : NULL;
}

/* Every gene is a column of the data, and the numbers of genes add up to what there is. */
static bool fits(const sbnn_session *session, const sbnn_srrr_fold *f, const nn_tensor_file *file,
                 const int64_t *whole) {
  const nn_tensor *t = nn_tensor_file_find(file, "genes");
  size_t n = t ? t->bytes / sizeof(int64_t) : 0, sum = 0;
  const int64_t *gene = t ? tensor(file, "genes", "I64", n) : NULL;
  if (!gene || !tensor(file, "norms", "F64", n)) return false;
  for (size_t i = 0; i < f->n; i++) {
    int64_t own = whole[i * WHOLE + GENES];
    if (own < 0 || (size_t)own > n - sum || whole[i * WHOLE + RANK] < 1) return false;
    sum += (size_t)own;
  }
  for (size_t k = 0; k < n; k++)
    if (gene[k] < 0 || (size_t)gene[k] >= session->data->n_genes) return false;
  return sum == n;
}

static bool take(const sbnn_session *session, sbnn_srrr_fold *f, const nn_tensor_file *file) {
  const double *number = tensor(file, "numbers", "F64", f->n * NUMBERS);
  const int64_t *whole = tensor(file, "whole", "I64", f->n * WHOLE);
  const nn_tensor *note = nn_tensor_file_find(file, "note");
  if (!number || !whole || !note || !fits(session, f, file, whole)) return false;
  const int64_t *gene = nn_tensor_file_find(file, "genes")->data;
  const double *norm = nn_tensor_file_find(file, "norms")->data;
  for (size_t i = 0; i < f->n; i++, number += NUMBERS, whole += WHOLE) {
    sbnn_srrr_score *s = &f->scores[i * f->step];
    size_t n = (size_t)whole[GENES];
    *s = (sbnn_srrr_score){.rank = (size_t)whole[RANK],
                           .fold = f->fold,
                           .lambda = number[LAMBDA],
                           .n_genes = n,
                           .genes = sbnn_alloc(n, sizeof *s->genes),
                           .norms = sbnn_alloc(n, sizeof *s->norms)};
    memcpy(s->r2, &number[R2], sizeof s->r2);
    memcpy(s->relaxed, &number[RELAXED], sizeof s->relaxed);
    for (size_t k = 0; k < n; k++) s->genes[k] = (size_t)*gene++;
    if (n) memcpy(s->norms, norm, n * sizeof *norm);
    norm += n;
  }
  if (note->bytes) *f->note = sbnn_format("%.*s", (int)note->bytes, (const char *)note->data);
  return true;
}

int sbnn_srrr_load(const sbnn_session *session, sbnn_srrr_fold *f, bool *found, sbnn_error *e) {
  const sbnn_merge *m = session->options->merge;
  const sbnn_task task = sbnn_srrr_task(f->fold);
  sbnn_error bad = {0};
  nn_tensor_file *file = sbnn_parts_open_tensors(session->parts, NULL, &task, &bad);
  for (int i = 0; m && i < m->n_folders && !file; i++)
    file = sbnn_parts_open_tensors(session->parts, m->folders[i], &task, &bad);
  *found = file != NULL;
  if (!file) return bad.code == SBNN_OK ? SBNN_OK : sbnn_fail(e, bad.code, "%s", bad.text);
  bool good = take(session, f, file);
  nn_tensor_file_close(file);
  return good ? SBNN_OK
              : sbnn_fail(e, SBNN_BAD_INPUT,
                          "the part of fold %d does not hold what srrr writes; compute it again", f->fold);
}
