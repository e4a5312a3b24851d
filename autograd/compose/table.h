/* table.h - constants that compositions compute. */
#ifndef NABLA_COMPOSE_TABLE_H
#define NABLA_COMPOSE_TABLE_H

#include "autograd/autograd.h"

/* The constant [n] of value(ctx, 0), value(ctx, 1), ... */
ag_ref ag__table(ag_graph *g, tn_dtype dtype, int64_t n, double (*value)(const void *ctx, int64_t i),
                 const void *ctx);

#endif
