/* refuse.c - see refuse.h. */
#include "refuse.h"

#include "test_alloc.h"

#include <criterion/criterion.h>

static long refuse(refused_attempt *f, void *ctx, const char *what, bool fail_after) {
  for (long k = 1;; k++) {
    test_alloc a;
    test_alloc_init(&a, k, fail_after);
    tn_status status = f(&a.alloc, ctx);
    cr_assert_eq(a.live, 0, "%s: request %ld refused, %ld allocations leaked", what, k, (long)a.live);
    if (a.asked < k) {
      cr_assert_eq(status, TN_OK, "%s: nothing refused, yet %s", what, tn_status_text(status));
      return k - 1;
    }
    cr_assert_eq(status, TN_ENOMEM, "%s: request %ld refused, yet %s", what, k, tn_status_text(status));
  }
}

long refuse_each(refused_attempt *f, void *ctx, const char *what) { return refuse(f, ctx, what, false); }

long refuse_from(refused_attempt *f, void *ctx, const char *what) { return refuse(f, ctx, what, true); }
