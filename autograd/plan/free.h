/* free.h - the free ranges of an arena: a tree of gaps that finds the lowest one that is large enough, and
 * joins neighbours, in logarithmic time. */
#ifndef NABLA_FREE_H
#define NABLA_FREE_H

#include "tensor/tensor.h"

typedef struct ag__free ag__free;

/* For at most n blocks at a time; NULL: no memory. */
ag__free *ag__free_new(const tn_alloc *alloc, int n);
void ag__free_delete(ag__free *f, const tn_alloc *alloc);
size_t ag__free_take(ag__free *f, size_t bytes); /* takes the lowest offset that fits; the arena grows as
                                                  * needed */
void ag__free_give(ag__free *f, size_t offset, size_t bytes);

#endif
