/* free.c - the gaps of an arena in a treap ordered by offset; each node has the size of the largest gap in
 * its subtree. The last gap is endless. Priorities are a hash of the gap's number, so that the same calls
 * give the same tree. */
#include "autograd/plan/free.h"

typedef struct gap {
  size_t offset, bytes, largest; /* largest: in the subtree */
  uint32_t priority;
  int left, right;
} gap;

struct ag__free {
  gap *gaps;
  int root, unused; /* a list by `left`; -1: none */
};

static const size_t endless = SIZE_MAX / 2;

static size_t largest_of(const ag__free *f, int i) { return i < 0 ? 0 : f->gaps[i].largest; }

static void update(ag__free *f, int i) {
  gap *x = &f->gaps[i];
  size_t left = largest_of(f, x->left), right = largest_of(f, x->right), most = left > right ? left : right;
  x->largest = x->bytes > most ? x->bytes : most;
}

static uint32_t hash(uint32_t x) { /* the finalizer of MurmurHash3 */
  x = (x ^ x >> 16) * 0x85ebca6bu;
  x = (x ^ x >> 13) * 0xc2b2ae35u;
  return x ^ x >> 16;
}

ag__free *ag__free_new(const tn_alloc *alloc, int n) {
  ag__free *f = tn_calloc(alloc, 1, sizeof *f);
  gap *gaps = tn_calloc(alloc, (size_t)n + 2, sizeof *gaps);
  if (!f || !gaps) {
    tn_free(alloc, f);
    tn_free(alloc, gaps);
    return NULL;
  }
  for (int i = 0; i < n + 2; i++)
    gaps[i] = (gap){.priority = hash((uint32_t)i), .left = i <= n ? i + 1 : -1, .right = -1};
  *f = (ag__free){gaps, 0, 1};
  gaps[0] = (gap){0, endless, endless, gaps[0].priority, -1, -1};
  return f;
}

void ag__free_delete(ag__free *f, const tn_alloc *alloc) {
  if (f) tn_free(alloc, f->gaps);
  tn_free(alloc, f);
}

/* Joins two trees; all of a lies before all of b. */
static int join(ag__free *f, int a, int b) {
  if (a < 0 || b < 0) return a < 0 ? b : a;
  if (f->gaps[a].priority < f->gaps[b].priority) {
    f->gaps[a].right = join(f, f->gaps[a].right, b);
    return update(f, a), a;
  }
  f->gaps[b].left = join(f, a, f->gaps[b].left);
  return update(f, b), b;
}

/* Splits a tree into the gaps before `offset` and the others. */
static void split(ag__free *f, int i, size_t offset, int *before, int *others) {
  if (i < 0) {
    *before = *others = -1;
  } else if (f->gaps[i].offset < offset) {
    split(f, f->gaps[i].right, offset, &f->gaps[i].right, others);
    update(f, *before = i);
  } else {
    split(f, f->gaps[i].left, offset, before, &f->gaps[i].left);
    update(f, *others = i);
  }
}

static void drop(ag__free *f, int i) {
  f->gaps[i].left = f->unused;
  f->unused = i;
}

static int make(ag__free *f, size_t offset, size_t bytes) {
  int i = f->unused;
  f->unused = f->gaps[i].left;
  f->gaps[i] = (gap){offset, bytes, bytes, f->gaps[i].priority, -1, -1};
  return i;
}

size_t ag__free_take(ag__free *f, size_t bytes) {
  int i = f->root, before, here, after;
  if (bytes == 0) return 0;
  while (largest_of(f, f->gaps[i].left) >= bytes || f->gaps[i].bytes < bytes)
    i = largest_of(f, f->gaps[i].left) >= bytes ? f->gaps[i].left : f->gaps[i].right;
  size_t offset = f->gaps[i].offset, rest = f->gaps[i].bytes - bytes;
  if (f->gaps[i].bytes > endless / 2) rest = f->gaps[i].bytes; /* stays endless */
  split(f, f->root, offset, &before, &here);
  split(f, here, offset + 1, &here, &after);
  drop(f, here);
  if (rest) before = join(f, before, make(f, offset + bytes, rest));
  f->root = join(f, before, after);
  return offset;
}

static int last_of(const ag__free *f, int i) {
  while (i >= 0 && f->gaps[i].right >= 0) i = f->gaps[i].right;
  return i;
}
static int first_of(const ag__free *f, int i) {
  while (i >= 0 && f->gaps[i].left >= 0) i = f->gaps[i].left;
  return i;
}

void ag__free_give(ag__free *f, size_t offset, size_t bytes) {
  int before, after, dropped;
  if (bytes == 0) return;
  split(f, f->root, offset, &before, &after);
  int left = last_of(f, before), right = first_of(f, after);
  if (left >= 0 && f->gaps[left].offset + f->gaps[left].bytes == offset) {
    offset = f->gaps[left].offset;
    bytes += f->gaps[left].bytes;
    split(f, before, offset, &before, &dropped);
    drop(f, dropped);
  }
  if (right >= 0 && f->gaps[right].offset == offset + bytes) {
    bytes = f->gaps[right].bytes > endless / 2 ? endless : bytes + f->gaps[right].bytes;
    split(f, after, f->gaps[right].offset + 1, &dropped, &after);
    drop(f, dropped);
  }
  f->root = join(f, join(f, before, make(f, offset, bytes)), after);
}
