/* folds.c - see folds.h. */
#include "folds.h"

#include <string.h>

static tn_status new_folds(const tn_alloc *alloc, int64_t n_rows, int64_t n_folds, nn_folds *f) {
  if (n_folds < 2 || n_rows < n_folds || n_rows > UINT32_MAX) return TN_EINVAL;
  nn_folds made = {.n_rows = n_rows, .n_folds = n_folds, .alloc = alloc};
  made.order = tn_calloc(alloc, (size_t)n_rows, sizeof *made.order);
  made.start = tn_calloc(alloc, (size_t)n_folds + 1, sizeof *made.start);
  *f = made;
  if (made.order && made.start) return TN_OK;
  nn_folds_free(f);
  return TN_ENOMEM;
}

static bool is_permutation(const int64_t *order, int64_t n, unsigned char *seen) {
  for (int64_t i = 0; i < n; i++) {
    if (order[i] < 0 || order[i] >= n || seen[order[i]]) return false;
    seen[order[i]] = 1;
  }
  return true;
}

static tn_status take_order(nn_folds *f, const int64_t *order) {
  unsigned char *seen = tn_calloc(f->alloc, (size_t)f->n_rows, 1);
  if (!seen) return TN_ENOMEM;
  bool good = is_permutation(order, f->n_rows, seen);
  tn_free(f->alloc, seen);
  if (good) memcpy(f->order, order, (size_t)f->n_rows * sizeof *order);
  return good ? TN_OK : TN_EINVAL;
}

tn_status nn_folds_new(const tn_alloc *alloc, int64_t n_rows, int64_t n_folds, const int64_t *order,
                       uint32_t seed, nn_folds *out) {
  if (!out) return TN_EINVAL;
  *out = (nn_folds){0};
  tn_status status = new_folds(alloc, n_rows, n_folds, out);
  if (status != TN_OK) return status;
  if (order) status = take_order(out, order);
  else tn_rng_permutation((tn_rng){.seed = seed, .stream = tn_stream("folds")}, n_rows, out->order);
  for (int64_t k = 0; k < n_folds; k++)
    out->start[k + 1] = out->start[k] + n_rows / n_folds + (k < n_rows % n_folds);
  if (status != TN_OK) nn_folds_free(out);
  return status;
}

/* ---- stratified ---------------------------------------------------------------------------------------- */

typedef struct stratum {
  int64_t class, place, row; /* place: position in the drawn order */
} stratum;

static bool before(const stratum *a, const stratum *b) {
  return a->class < b->class || (a->class == b->class && a->place < b->place);
}

static void sink(stratum *s, int64_t at, int64_t n) {
  for (int64_t child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && before(&s[child], &s[child + 1])) child++;
    if (!before(&s[at], &s[child])) return;
    stratum t = s[at];
    s[at] = s[child], s[child] = t;
  }
}

static void sort(stratum *s, int64_t n) {
  for (int64_t i = n / 2; i-- > 0;) sink(s, i, n);
  for (int64_t end = n; end-- > 1;) {
    stratum t = s[0];
    s[0] = s[end], s[end] = t;
    sink(s, 0, end);
  }
}

static int64_t class_of(const tn_view *v, int64_t i) {
  const int64_t at = i * v->stride[0];
  if (v->dtype == TN_U8) return ((const uint8_t *)v->data)[at];
  return v->dtype == TN_I32 ? ((const int32_t *)v->data)[at] : ((const int64_t *)v->data)[at];
}

tn_status nn_folds_stratified(const tn_alloc *alloc, tn_view classes, int64_t n_folds, uint32_t seed,
                              nn_folds *out) {
  if (!out) return TN_EINVAL;
  *out = (nn_folds){0};
  if (classes.rank != 1) return TN_ESHAPE;
  if (classes.dtype == TN_F32 || classes.dtype == TN_F64) return TN_ETYPE;
  const int64_t n = classes.shape[0];
  tn_status status = nn_folds_new(alloc, n, n_folds, NULL, seed, out);
  if (status != TN_OK) return status;
  stratum *s = tn_calloc(alloc, (size_t)n, sizeof *s);
  if (!s) {
    nn_folds_free(out);
    return TN_ENOMEM;
  }
  for (int64_t i = 0; i < n; i++) s[i] = (stratum){class_of(&classes, out->order[i]), i, out->order[i]};
  sort(s, n);
  /* Sorted row i goes to fold i mod n_folds. Fold sizes are then those that nn_folds_new has set. */
  for (int64_t k = 0, at = 0; k < n_folds; k++)
    for (int64_t i = k; i < n; i += n_folds) out->order[at++] = s[i].row;
  tn_free(alloc, s);
  return TN_OK;
}

/* ---- grouped ------------------------------------------------------------------------------------------- */

/* A group has the rows of the sorted strata [first, first + size). */
typedef struct group {
  int64_t first, size, fold;
} group;

/* Finds the groups in the sorted rows; returns their number. */
static int64_t find_groups(const stratum *row, int64_t n, group *g) {
  int64_t n_groups = 0;
  for (int64_t i = 0; i < n; i++) {
    if (i == 0 || row[i].class != row[i - 1].class) g[n_groups++].first = i;
    g[n_groups - 1].size++;
  }
  return n_groups;
}

/* Assigns groups, the largest first, each to the fold that has the fewest rows. `by_size` has room for
 * n_groups. */
static void deal_groups(const stratum *row, int64_t n_groups, group *g, stratum *by_size, nn_folds *f) {
  int64_t *size = f->start + 1; /* rows of each fold; place_groups adds them up */
  memset(f->start, 0, ((size_t)f->n_folds + 1) * sizeof *f->start);
  for (int64_t i = 0; i < n_groups; i++) by_size[i] = (stratum){-g[i].size, row[g[i].first].place, i};
  sort(by_size, n_groups);
  for (int64_t i = 0; i < n_groups; i++) {
    int64_t least = 0;
    for (int64_t k = 1; k < f->n_folds; k++)
      if (size[k] < size[least]) least = k;
    g[by_size[i].row].fold = least;
    size[least] += g[by_size[i].row].size;
  }
}

/* Writes the rows of each fold; its groups are in the drawn order of their first rows. */
static void place_groups(const stratum *row, int64_t n_groups, const group *g, stratum *by_place,
                         nn_folds *f) {
  for (int64_t i = 0; i < n_groups; i++) by_place[i] = (stratum){g[i].fold, row[g[i].first].place, i};
  sort(by_place, n_groups);
  for (int64_t i = 0, at = 0; i < n_groups; i++) {
    const group *one = &g[by_place[i].row];
    for (int64_t j = 0; j < one->size; j++) f->order[at++] = row[one->first + j].row;
  }
  for (int64_t k = 0; k < f->n_folds; k++) f->start[k + 1] += f->start[k];
}

tn_status nn_folds_grouped(const tn_alloc *alloc, tn_view groups, int64_t n_folds, uint32_t seed,
                           nn_folds *out) {
  if (!out) return TN_EINVAL;
  *out = (nn_folds){0};
  if (groups.rank != 1) return TN_ESHAPE;
  if (groups.dtype == TN_F32 || groups.dtype == TN_F64) return TN_ETYPE;
  const int64_t n = groups.shape[0];
  tn_status status = nn_folds_new(alloc, n, n_folds, NULL, seed, out);
  if (status != TN_OK) return status;
  stratum *row = tn_calloc(alloc, (size_t)n, sizeof *row),
          *sorted = tn_calloc(alloc, (size_t)n, sizeof *sorted);
  group *g = tn_calloc(alloc, (size_t)n, sizeof *g);
  if (!row || !sorted || !g) status = TN_ENOMEM;
  else {
    for (int64_t i = 0; i < n; i++) row[i] = (stratum){class_of(&groups, out->order[i]), i, out->order[i]};
    sort(row, n);
    const int64_t n_groups = find_groups(row, n, g);
    if (n_groups < n_folds) status = TN_EINVAL;
    else {
      deal_groups(row, n_groups, g, sorted, out);
      place_groups(row, n_groups, g, sorted, out);
    }
  }
  tn_free(alloc, row);
  tn_free(alloc, sorted);
  tn_free(alloc, g);
  if (status != TN_OK) nn_folds_free(out);
  return status;
}

/* ---- use ----------------------------------------------------------------------------------------------- */

static bool exists(const nn_folds *f, int64_t k) { return f && f->order && k >= 0 && k < f->n_folds; }

nn_split nn_fold_test(const nn_folds *f, int64_t k) {
  static const int64_t none[1];
  if (!exists(f, k)) return (nn_split){none, 0};
  return (nn_split){f->order + f->start[k], f->start[k + 1] - f->start[k]};
}

nn_split nn_fold_train(const nn_folds *f, int64_t k, int64_t *rows) {
  if (!exists(f, k)) return (nn_split){rows, 0};
  const int64_t first = f->start[k], behind = f->n_rows - f->start[k + 1];
  memcpy(rows, f->order, (size_t)first * sizeof *rows);
  memcpy(rows + first, f->order + f->start[k + 1], (size_t)behind * sizeof *rows);
  return (nn_split){rows, first + behind};
}

void nn_folds_free(nn_folds *f) {
  if (!f) return;
  tn_free(f->alloc, f->order);
  tn_free(f->alloc, f->start);
  *f = (nn_folds){0};
}
