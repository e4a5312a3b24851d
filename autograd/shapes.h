/* shapes.h - compositions that move, choose and create elements; part of autograd.h, which includes it.
 *
 * A negative axis counts from the end. x may have any element type unless stated; results have it too. */
#ifndef NABLA_SHAPES_H
#define NABLA_SHAPES_H

/* Constants: start, start + step, ... below (above, if step < 0) stop; n values from `first` to `last`; ones on
 * the diagonal of [rows, cols]; one value everywhere. Of any element type. */
ag_ref ag_arange(ag_graph *g, tn_dtype dtype, double start, double stop, double step);
ag_ref ag_linspace(ag_graph *g, tn_dtype dtype, int64_t n, double first, double last);
ag_ref ag_eye(ag_graph *g, tn_dtype dtype, int64_t rows, int64_t cols);
ag_ref ag_full(ag_graph *g, tn_dtype dtype, int rank, const int64_t *shape, double value);

/* Axes: squeeze drops one of extent 1, unsqueeze adds one (before `axis`; -1: after the last), movedim moves,
 * swapaxes exchanges, flatten merges. */
ag_ref ag_squeeze(ag_graph *g, ag_ref x, int axis);
ag_ref ag_unsqueeze(ag_graph *g, ag_ref x, int axis);
ag_ref ag_movedim(ag_graph *g, ag_ref x, int from, int to);
ag_ref ag_swapaxes(ag_graph *g, ag_ref x, int a, int b);
ag_ref ag_flatten(ag_graph *g, ag_ref x, int first, int last); /* axes first to last, both included, as one */

/* Copies along axes. expand: to a shape, where -1 keeps the extent. tile: all of x, repeats[a] times along
 * axis a (n axes; leading ones are added if x has fewer). repeat_interleave: each place `repeats` times. */
ag_ref ag_expand(ag_graph *g, ag_ref x, int rank, const int64_t *shape);
ag_ref ag_tile(ag_graph *g, ag_ref x, int n, const int64_t *repeats);
ag_ref ag_repeat_interleave(ag_graph *g, ag_ref x, int axis, int64_t repeats);

/* Along one axis. flip: in reverse. slice_step: `count` places, `step` apart (backwards if step < 0). roll:
 * x[i] goes to place i + shift, and round the end. */
ag_ref ag_flip(ag_graph *g, ag_ref x, int axis);
ag_ref ag_slice_step(ag_graph *g, ag_ref x, int axis, int64_t start, int64_t count, int64_t step);
ag_ref ag_roll(ag_graph *g, ag_ref x, int axis, int64_t shift);

/* stack: n values of one shape along a new axis. split: parts of the given extents, which add up to x's;
 * `out` has room for n refs. unbind: each place of the axis, without the axis; `out` has room for as many
 * refs as the axis has places. If the graph fails, out is not written. */
ag_ref ag_stack(ag_graph *g, const ag_ref *x, int n, int axis);
void ag_split(ag_graph *g, ag_ref x, int axis, int n, const int64_t *extents, ag_ref *out);
void ag_unbind(ag_graph *g, ag_ref x, int axis, ag_ref *out);

/* Padding along one axis. pad_interior: zeros, also `interior` of them between any two places. pad_value: a
 * value. pad_mode: x mirrored without its edge (before, after < extent), its edge repeated, or x repeated
 * (before, after <= extent). */
typedef enum ag_border { AG_PAD_REFLECT, AG_PAD_REPLICATE, AG_PAD_CIRCULAR } ag_border;
ag_ref ag_pad_interior(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, int64_t interior);
ag_ref ag_pad_value(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, double value);
ag_ref ag_pad_mode(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, ag_border mode);

/* diag_embed: the last axis of x becomes diagonal number `offset` of two new axes. diag: the same for a
 * vector; of a matrix, its diagonal. Triangles and diagonals of any axes: linear.h. */
ag_ref ag_diag_embed(ag_graph *g, ag_ref x, int64_t offset);
ag_ref ag_diag(ag_graph *g, ag_ref x, int64_t offset);

/* n vectors spread out over the grid [extent 0, ..., extent n-1]: out[i] varies along axis i. */
void ag_meshgrid(ag_graph *g, const ag_ref *x, int n, ag_ref *out);

/* By index (i32 or i64). An index out of range makes the run fail; the message has its position and the
 * number of rows.
 *   gather_axis       x [batch..., outer..., rows, inner...], index [batch..., places...]: the result is
 *                     [batch..., outer..., places..., inner...]; `axis` is the axis of rows; x and index
 *                     share the first `batch` axes. `axis` is not negative here.
 *   scatter_add_axis  its adjoint: x has that result's shape; rows of one index are summed, others 0
 *   index_select      axis replaced by the index's axes
 *   embedding         rows [..., width] of a table [rows, width] by index [...]
 *   take_along_axis   index of x's rank, and of its extents but along axis: out[.., j, ..] = x[.., index[.., j, ..], ..]
 *   index_add         x; to place index[j] along axis, place j of y is added
 *   put_along_axis_add  x; where take_along_axis would read, y's elements are added
 *   one_hot           index [...] -> [..., classes], in a float type; all 0 for an index that is no class
 * The next four overwrite. If an index names a place more than once, the last one counts. The derivative of x
 * is 0 where x is overwritten, that of y where y is not used. Float types; the index is sorted.
 *   put_along_axis    x, with y's elements where take_along_axis would read (PyTorch's scatter)
 *   index_copy        x, whose place index[j] along axis is replaced by place j of y
 *   index_fill        x, whose places index[j] along axis are set to one value
 *   select_put        x, one place of which along axis is replaced by y, which lacks that axis */
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
