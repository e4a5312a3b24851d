/* free.h - which parts of an arena are free: a tree of gaps, in which the lowest that is large enough is
 * found, and neighbours are joined, in logarithmic time. */
#ifndef NABLA_FREE_H
#define NABLA_FREE_H

#include "tensor/tensor.h"

typedef struct ag__free ag__free;

/* For at most n blocks taken at a time; NULL: no memory. */
ag__free *ag__free_new(const tn_alloc *alloc, int n);
void ag__free_delete(ag__free *f, const tn_alloc *alloc);
size_t ag__free_take(ag__free *f, size_t bytes); /* the lowest offset; the arena grows as it must */
void ag__free_give(ag__free *f, size_t offset, size_t bytes);

#endif
