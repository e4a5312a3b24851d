/* quadtree.c - see quadtree.h. */
#include "embed/quadtree.h"

#include "sbnn.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdlib.h>

/* Beyond this depth a square is 2^-64 of the map: its cells coincide. */
enum { DEEPEST = 64, CHUNK = 64 };

/* A square with the cells order[first] .. order[last - 1]. Nodes stand in depth-first order, so that a node's
 * first child is the next and `skip` is the next node outside it: a walk needs no stack. */
typedef struct node {
  double x, y; /* mean of its cells */
  double width2;
  size_t first, last, skip; /* skip is the next one: a leaf */
} node;

typedef struct tree {
  const double *y;
  size_t n, n_nodes, room;
  size_t *order; /* cells, those of a square side by side */
  node *nodes;
  double theta2, *force, *sum; /* sum [n]: of w over the other cells */
} tree;

static size_t add_node(tree *t, size_t first, size_t last, double width) {
  if (t->n_nodes == t->room) t->nodes = sbnn_realloc(t->nodes, t->room *= 2, sizeof *t->nodes);
  node *v = &t->nodes[t->n_nodes];
  *v = (node){.width2 = width * width, .first = first, .last = last};
  for (size_t i = first; i < last; i++) {
    v->x += t->y[2 * t->order[i]];
    v->y += t->y[2 * t->order[i] + 1];
  }
  v->x /= (double)(last - first);
  v->y /= (double)(last - first);
  return t->n_nodes++;
}

/* Those below `limit` along the axis come first; returns where the others begin. */
static size_t part(tree *t, size_t first, size_t last, int axis, double limit) {
  for (size_t i = first; i < last; i++)
    if (t->y[2 * t->order[i] + (size_t)axis] < limit) {
      size_t cell = t->order[i];
      t->order[i] = t->order[first];
      t->order[first++] = cell;
    }
  return first;
}

typedef struct square {
  double x, y, width; /* its corner */
} square;

/* The square and all in it. */
static void build(tree *t, size_t first, size_t last, square q, int depth) {
  if (first == last) return;
  size_t me = add_node(t, first, last, q.width);
  if (last - first > 1 && depth < DEEPEST) {
    double half = q.width / 2;
    size_t middle = part(t, first, last, 0, q.x + half);
    size_t left = part(t, first, middle, 1, q.y + half), right = part(t, middle, last, 1, q.y + half);
    build(t, first, left, (square){q.x, q.y, half}, depth + 1);
    build(t, left, middle, (square){q.x, q.y + half, half}, depth + 1);
    build(t, middle, right, (square){q.x + half, q.y, half}, depth + 1);
    build(t, right, last, (square){q.x + half, q.y + half, half}, depth + 1);
  }
  t->nodes[me].skip = t->n_nodes;
}

/* On the cell at `place` in the order. A square that holds the cell is opened whatever theta; a leaf that
 * does holds cells at its very place, which push nowhere. */
static void push(tree *t, size_t place) {
  size_t i = t->order[place];
  double x = t->y[2 * i], y = t->y[2 * i + 1], fx = 0, fy = 0, sum = 0;
  for (size_t at = 0; at < t->n_nodes;) {
    const node *v = &t->nodes[at];
    bool leaf = v->skip == at + 1, inside = place >= v->first && place < v->last;
    double dx = x - v->x, dy = y - v->y, d2 = dx * dx + dy * dy, cells = (double)(v->last - v->first);
    if (leaf && inside) sum += cells - 1;
    else if (leaf || (!inside && v->width2 < t->theta2 * d2)) {
      double w = 1 / (1 + d2);
      sum += cells * w;
      fx += cells * w * w * dx;
      fy += cells * w * w * dy;
    } else {
      at++;
      continue;
    }
    at = v->skip;
  }
  t->force[2 * i] = fx;
  t->force[2 * i + 1] = fy;
  t->sum[i] = sum;
}

static void push_chunk(void *ctx, int64_t chunk) {
  tree *t = ctx;
  size_t first = (size_t)chunk * CHUNK;
  for (size_t place = first; place < first + CHUNK && place < t->n; place++) push(t, place);
}

double sbnn_repulsion(const double *y, size_t n, double theta, int threads, double *force) {
  tree t = {.y = y, .n = n, .room = 2 * n + 64, .theta2 = theta * theta, .force = force};
  double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY}, total = 0;
  t.order = sbnn_alloc(n, sizeof *t.order);
  t.nodes = sbnn_alloc(t.room, sizeof *t.nodes);
  t.sum = sbnn_alloc(n, sizeof *t.sum);
  for (size_t i = 0; i < n; i++) {
    t.order[i] = i;
    for (size_t k = 0; k < 2; k++) {
      lo[k] = fmin(lo[k], y[2 * i + k]);
      hi[k] = fmax(hi[k], y[2 * i + k]);
    }
  }
  build(&t, 0, n, (square){lo[0], lo[1], fmax(hi[0] - lo[0], hi[1] - lo[1])}, 0);
  tn_parallel_for((int64_t)((n + CHUNK - 1) / CHUNK), threads, push_chunk, &t);
  for (size_t i = 0; i < n; i++) total += t.sum[i];
  free(t.order);
  free(t.nodes);
  free(t.sum);
  return total;
}
