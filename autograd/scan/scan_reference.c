/* scan_reference.c - a loop as the reference computes it: step after step, with all results. */
#include "autograd/scan/body.h"

#include <string.h>

static size_t bytes_of(const ag_type *t) {
  return (size_t)tn_numel(t->rank, t->shape) * tn_dtype_size(t->dtype);
}

size_t ag__body_offset(const ag__body *b, int k) {
  size_t at = 0;
  for (int i = 0; i < k; i++) {
    ag_type t = ag__part_type(b, i);
    at += (bytes_of(&t) + 63) / 64 * 64;
  }
  return at;
}

typedef struct oracle {
  const ag__body *b;
  const char **names;
  tn_view *leaves, *results;
  unsigned char *next; /* the next carried values, until the step is done */
} oracle;

static tn_view view_at(ag_graph *g, ag_ref x, void *data) {
  ag_type t = ag_type_of(g, x);
  return tn_view_of(data, t.dtype, t.rank, t.shape);
}

static tn_status run_step(oracle *o, const tn_view *in, tn_rng rng, int64_t t, unsigned char *out) {
  const ag__body *b = o->b;
  int n_in = b->n_carry + b->n_each + b->n_shared;
  for (int k = 0; k < n_in; k++) {
    ag_type type = ag_type_of(b->g, b->in[k]);
    unsigned char *data = in[k].data;
    if (k < b->n_carry) data = out + ag__body_offset(b, k);
    else if (k < b->n_carry + b->n_each) data += (size_t)t * bytes_of(&type);
    o->leaves[k] = view_at(b->g, b->in[k], data);
    o->names[k] = ag__node_of(b->g, b->in[k])->name;
  }
  for (int k = 0; k < b->n_out; k++) {
    ag_type type = ag_type_of(b->g, b->out[k]);
    unsigned char *data = k < b->n_carry ? o->next : out + (size_t)t * bytes_of(&type);
    o->results[k] = view_at(b->g, b->out[k], data + ag__body_offset(b, k));
  }
  tn_status status = ag_reference(b->g, b->out, b->n_out, false, o->names, o->leaves, n_in,
                                  ag__rng_of_step(rng, t), o->results);
  if (status == TN_OK) memcpy(out, o->next, ag__body_offset(b, b->n_carry));
  return status;
}

tn_status ag__body_reference(const ag__body *b, const tn_view *in, tn_rng rng, unsigned char *out) {
  const tn_alloc *a = b->g->alloc;
  size_t n_in = (size_t)b->n_carry + (size_t)b->n_each + (size_t)b->n_shared;
  oracle o = {b, tn_calloc(a, n_in + 1, sizeof *o.names), tn_calloc(a, n_in + 1, sizeof *o.leaves),
              tn_calloc(a, (size_t)b->n_out + 1, sizeof *o.results),
              tn_calloc(a, ag__body_offset(b, b->n_carry) + 1, 1)};
  tn_status status = o.names && o.leaves && o.results && o.next ? TN_OK : TN_ENOMEM;
  rng.stream += b->stream;
  for (int k = 0; k < b->n_carry && status == TN_OK; k++)
    tn_copy(view_at(b->g, b->in[k], out + ag__body_offset(b, k)), in[k]);
  for (int64_t s = 0; s < b->length && status == TN_OK; s++)
    status = run_step(&o, in, rng, b->reverse ? b->length - 1 - s : s, out);
  tn_free(a, o.names);
  tn_free(a, o.leaves);
  tn_free(a, o.results);
  tn_free(a, o.next);
  return status;
}
