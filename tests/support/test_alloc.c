/* test_alloc.c - see test_alloc.h. */
#include "test_alloc.h"

#include <string.h>

static void *take(void *ctx, size_t bytes) {
  test_alloc *a = ctx;
  long request = ++a->asked;
  if (a->fail_at && (request == a->fail_at || (a->fail_after && request > a->fail_at))) return NULL;
  void *p = tn_default_alloc.alloc(tn_default_alloc.ctx, bytes);
  if (!p) return NULL;
  a->made++;
  a->live++;
  return memset(p, 0xCB, bytes);
}

static void give_back(void *ctx, void *p) {
  test_alloc *a = ctx;
  if (p) a->live--;
  tn_default_alloc.free(tn_default_alloc.ctx, p);
}

void test_alloc_init(test_alloc *a, long fail_at, bool fail_after) {
  memset(a, 0, sizeof *a);
  a->alloc = (tn_alloc){take, give_back, a};
  a->fail_at = fail_at;
  a->fail_after = fail_after;
}
