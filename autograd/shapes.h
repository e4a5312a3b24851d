/* shapes.h - compositions that move, choose and make elements; part of autograd.h, which includes it.
 *
 * Axes may be negative (from the end). Values of any element type, unless said; results have the type of x. */
#ifndef NABLA_SHAPES_H
#define NABLA_SHAPES_H

/* Constants: start, start + step, ... below (above, if step < 0) stop; n values from `first` to `last`; ones on
 * the diagonal of [rows, cols]; one value everywhere. Of any element type. */
ag_ref ag_arange(ag_graph *g, tn_dtype dtype, double start, double stop, double step);
ag_ref ag_linspace(ag_graph *g, tn_dtype dtype, int64_t n, double first, double last);
ag_ref ag_eye(ag_graph *g, tn_dtype dtype, int64_t rows, int64_t cols);
ag_ref ag_full(ag_graph *g, tn_dtype dtype, int rank, const int64_t *shape, double value);

/* Axes: of extent 1 taken away or put in (before `axis`; -1: behind the last), moved, exchanged, merged. */
ag_ref ag_squeeze(ag_graph *g, ag_ref x, int axis);
ag_ref ag_unsqueeze(ag_graph *g, ag_ref x, int axis);
ag_ref ag_movedim(ag_graph *g, ag_ref x, int from, int to);
ag_ref ag_swapaxes(ag_graph *g, ag_ref x, int a, int b);
ag_ref ag_flatten(ag_graph *g, ag_ref x, int first, int last); /* axes first to last, both included, as one */

/* Copies along axes: to a shape, where -1 keeps the extent; the whole `repeats[a]` times along each axis (n of
 * them, leading axes are added for more than x has); each place `repeats` times. */
ag_ref ag_expand(ag_graph *g, ag_ref x, int rank, const int64_t *shape);
ag_ref ag_tile(ag_graph *g, ag_ref x, int n, const int64_t *repeats);
ag_ref ag_repeat_interleave(ag_graph *g, ag_ref x, int axis, int64_t repeats);

/* Places along one axis: in reverse; every step-th (backwards if step < 0); shifted round by `shift` (x[i] goes
 * to i + shift). */
ag_ref ag_flip(ag_graph *g, ag_ref x, int axis);
ag_ref ag_slice_step(ag_graph *g, ag_ref x, int axis, int64_t start, int64_t count, int64_t step);
ag_ref ag_roll(ag_graph *g, ag_ref x, int axis, int64_t shift);

/* Of n values of one shape, a value with a new axis; and back: parts of given extents (they add up to x's), and
 * single places without the axis. out: room for n refs, or for the extent of the axis; not written
 * where the graph fails. */
ag_ref ag_stack(ag_graph *g, const ag_ref *x, int n, int axis);
void ag_split(ag_graph *g, ag_ref x, int axis, int n, const int64_t *extents, ag_ref *out);
void ag_unbind(ag_graph *g, ag_ref x, int axis, ag_ref *out);

/* What lies around x along one axis: zeros (interior: also between each two places), a value, or x itself:
 * mirrored without its edge (before, after < extent), its edge, or x continued (before, after <= extent). */
typedef enum ag_border { AG_PAD_REFLECT, AG_PAD_REPLICATE, AG_PAD_CIRCULAR } ag_border;
ag_ref ag_pad_interior(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, int64_t interior);
ag_ref ag_pad_value(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, double value);
ag_ref ag_pad_mode(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, ag_border mode);

/* A value whose last axis becomes the `offset`-th diagonal of two new ones; diag: that of a vector, and the
 * diagonal of a matrix. Triangles and diagonals of any axes: linear.h. */
ag_ref ag_diag_embed(ag_graph *g, ag_ref x, int64_t offset);
ag_ref ag_diag(ag_graph *g, ag_ref x, int64_t offset);

/* n vectors spread out over the grid [extent 0, ..., extent n-1]: out[i] varies along axis i. */
void ag_meshgrid(ag_graph *g, const ag_ref *x, int n, ag_ref *out);

/* By index (i32 or i64). One beyond its rows fails the run, with position and count.
 *   gather_axis       x [batch..., outer..., rows, inner...], index [batch..., places...]: the result is
 *                     [batch..., outer..., places..., inner...]; `axis` is that of the rows, the first `batch`
 *                     axes are shared. Axes count from the front here.
 *   scatter_add_axis  its adjoint: x as that result, onto `rows` rows, repeated ones summed, others 0
 *   index_select      axis replaced by the index's axes
 *   embedding         rows [..., width] of a table [rows, width] by index [...]
 *   take_along_axis   index of x's rank, and of its extents but along axis: out[.., j, ..] = x[.., index[.., j, ..], ..]
 *   index_add         x plus, in its place index[j] along axis, y's place j
 *   put_along_axis_add  x plus y's elements where take_along_axis would take them
 *   one_hot           index [...] -> [..., classes], in a float type; all 0 for an index that is no class
 * And those that overwrite. Of places that are named more than once the last counts, in the index's order; x has derivative 0
 * where it is overwritten, y where it does not count. The index is sorted for it. Float types.
 *   put_along_axis    x with y's elements where take_along_axis would take them (PyTorch's scatter)
 *   index_copy        x with, in its place index[j] along axis, y's place j
 *   index_fill        x with one value in the places index[j] along axis
 *   select_put        x with y, which lacks the axis, in one place along it */
ag_ref ag_gather_axis(ag_graph *g, ag_ref x, ag_ref index, int axis, int batch);
ag_ref ag_scatter_add_axis(ag_graph *g, ag_ref x, ag_ref index, int axis, int batch, int64_t rows);
ag_ref ag_index_select(ag_graph *g, ag_ref x, int axis, ag_ref index);
ag_ref ag_embedding(ag_graph *g, ag_ref table, ag_ref index);
ag_ref ag_take_along_axis(ag_graph *g, ag_ref x, ag_ref index, int axis);
ag_ref ag_index_add(ag_graph *g, ag_ref x, int axis, ag_ref index, ag_ref y);
ag_ref ag_put_along_axis_add(ag_graph *g, ag_ref x, ag_ref index, ag_ref y, int axis);
ag_ref ag_one_hot(ag_graph *g, ag_ref index, int64_t classes, tn_dtype dtype);
ag_ref ag_put_along_axis(ag_graph *g, ag_ref x, ag_ref index, ag_ref y, int axis);
ag_ref ag_index_copy(ag_graph *g, ag_ref x, int axis, ag_ref index, ag_ref y);
ag_ref ag_index_fill(ag_graph *g, ag_ref x, int axis, ag_ref index, double value);
ag_ref ag_select_put(ag_graph *g, ag_ref x, int axis, int64_t place, ag_ref y);

#endif
