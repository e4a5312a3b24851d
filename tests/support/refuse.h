/* refuse.h - an attempt repeated with each of its requests for memory refused in turn. */
#ifndef NABLA_TEST_REFUSE_H
#define NABLA_TEST_REFUSE_H

#include "tensor/tensor.h"

typedef tn_status refused_attempt(const tn_alloc *alloc, void *ctx);

/* Every attempt with a refused request must end in TN_ENOMEM and leave nothing allocated, the one without in TN_OK. Returns the
 * number of requests. refuse_from: all that follow the request are refused too. */
long refuse_each(refused_attempt *f, void *ctx, const char *what);
long refuse_from(refused_attempt *f, void *ctx, const char *what);

#endif
