/* Calls of primitives and compositions that must be refused, with a sentence that names the op. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct bad { /* what a bad call can be made from */
  ag_graph *g;
  ag_ref m23, m32, v4, scalar, f32, index, state;
} bad;

#define REFUSED(NAME, WORD, CALL)                                                                            \
  static const char *bad_##NAME(const bad *b) { return (void)(CALL), WORD; }
REFUSED(add, "add", ag_add(b->g, b->m23, b->v4))
REFUSED(mixed, "mul", ag_mul(b->g, b->m23, b->f32))
REFUSED(integers, "div", ag_div(b->g, b->index, b->index))
REFUSED(where, "where", ag_where(b->g, b->m23, b->m32, b->scalar))
REFUSED(contract_inner, "matmul", ag_matmul(b->g, b->m23, b->m23))
REFUSED(contract_vector, "matmul", ag_matmul(b->g, b->m23, b->v4))
REFUSED(contract_type, "matmul", ag_matmul(b->g, b->f32, b->m32))
REFUSED(sum_axes, "sum", ag_sum(b->g, b->m23, 4, false))
REFUSED(sum_integer, "sum", ag_sum(b->g, b->index, 1, false))
REFUSED(max_axes, "max", ag_max(b->g, b->scalar, 1, false))
REFUSED(row_norm, "row_norm", ag_row_norm(b->g, b->scalar))
REFUSED(reshape_size, "reshape", ag_reshape(b->g, b->m23, 1, (int64_t[]){5}))
REFUSED(reshape_negative, "reshape", ag_reshape(b->g, b->m23, 2, (int64_t[]){-2, -3}))
REFUSED(reshape_rank, "reshape", ag_reshape(b->g, b->m23, 9, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 2, 3}))
REFUSED(reshape_huge, "reshape", ag_reshape(b->g, b->m23, 3, (int64_t[]){INT64_MAX, INT64_MAX, 6}))
REFUSED(transpose_twice, "transpose", ag_transpose(b->g, b->m23, (int[]){0, 0}))
REFUSED(transpose_range, "transpose", ag_transpose(b->g, b->m23, (int[]){0, 40}))
REFUSED(transpose_negative, "transpose", ag_transpose(b->g, b->m23, (int[]){0, -1}))
REFUSED(broadcast_shape, "broadcast", ag_broadcast(b->g, b->m23, 2, (int64_t[]){2, 4}))
REFUSED(broadcast_rank, "broadcast", ag_broadcast(b->g, b->m23, 1, (int64_t[]){3}))
REFUSED(broadcast_minus, "broadcast", ag_broadcast(b->g, b->m23, -1, NULL))
REFUSED(slice_axis, "slice", ag_slice(b->g, b->m23, 2, 0, 1))
REFUSED(slice_start, "slice", ag_slice(b->g, b->m23, 0, -1, 1))
REFUSED(slice_end, "slice", ag_slice(b->g, b->m23, 0, 1, INT64_MAX))
REFUSED(pad_negative, "pad", ag_pad(b->g, b->m23, 0, 0, -1))
REFUSED(pad_huge, "pad", ag_pad(b->g, b->m23, 0, INT64_MAX, 1))
REFUSED(pad_axis, "pad", ag_pad(b->g, b->scalar, 0, 0, 0))
REFUSED(window_axis, "window", ag_window(b->g, b->m23, 2, 1, 1, 1, 0, 0))
REFUSED(window_size, "window", ag_window(b->g, b->m23, 1, 4, 1, 1, 0, 0))
REFUSED(window_dilated, "window", ag_window(b->g, b->m23, 1, 2, 1, INT64_MAX, 0, 0))
REFUSED(window_stride, "window", ag_window(b->g, b->m23, 1, 2, 0, 1, 0, 0))
REFUSED(window_huge, "window", ag_window(b->g, b->m23, 1, 2, 1, 1, INT64_MAX, INT64_MAX))
REFUSED(window_add_rank, "window_add", ag_window_add(b->g, b->v4, 0, 3, 1, 1, 0))
REFUSED(window_add_stride, "window_add", ag_window_add(b->g, b->m23, 0, 3, -1, 1, 0))
REFUSED(window_add_extent, "window_add", ag_window_add(b->g, b->m23, 0, -3, 1, 1, 0))
REFUSED(window_add_index, "window_add", ag_window_add(b->g, b->index, 0, 3, 1, 1, 0))
REFUSED(conv_rank, "conv", ag_conv(b->g, b->m23, b->m32, NULL))
REFUSED(concat_axis, "concat", ag_concat(b->g, (ag_ref[]){b->m23, b->m23}, 2, -1))
REFUSED(concat_shape, "concat", ag_concat(b->g, (ag_ref[]){b->m23, b->m32}, 2, 0))
REFUSED(concat_none, "concat", ag_concat(b->g, NULL, 0, 0))
REFUSED(gather_float, "gather", ag_gather(b->g, b->m23, b->v4))
REFUSED(gather_scalar, "gather", ag_gather(b->g, b->scalar, b->index))
REFUSED(scatter_shape, "scatter_add", ag_scatter_add(b->g, b->m23, b->index, 4))
REFUSED(scatter_rows, "scatter_add", ag_scatter_add(b->g, b->v4, b->index, -1))
REFUSED(cast, "cast", ag_cast(b->g, b->m23, (tn_dtype)17))
REFUSED(uniform_type, "uniform", ag_uniform(b->g, "u", TN_I32, 0, NULL))
REFUSED(uniform_rank, "uniform", ag_uniform(b->g, "u", TN_F32, 99, NULL))
REFUSED(uniform_name, "uniform", ag_uniform(b->g, NULL, TN_F32, 0, NULL))
REFUSED(normal_shape, "normal", ag_normal(b->g, "z", TN_F32, 1, (int64_t[]){-1}))
REFUSED(bernoulli, "bernoulli", ag_bernoulli(b->g, "c", TN_F32, 0, NULL, 1.5))
REFUSED(assign_shape, "assign", ag_assign(b->g, b->state, b->m32))
REFUSED(assign_input, "assign", ag_assign(b->g, b->m23, b->m23))
REFUSED(axis, "sum_axis", ag_sum_axis(b->g, b->m23, 2, false))
REFUSED(negative_axis, "softmax", ag_softmax(b->g, b->m23, -3))
REFUSED(axis_of_scalar, "logsumexp", ag_logsumexp(b->g, b->scalar, 0, false))
REFUSED(transpose2, "transpose2", ag_transpose2(b->g, b->v4))

Test(ops, bad_calls_fail_the_graph_with_a_sentence) {
  static const char *(*const calls[])(const bad *) = {bad_add,
                                                      bad_mixed,
                                                      bad_integers,
                                                      bad_where,
                                                      bad_contract_inner,
                                                      bad_contract_vector,
                                                      bad_contract_type,
                                                      bad_sum_axes,
                                                      bad_sum_integer,
                                                      bad_max_axes,
                                                      bad_row_norm,
                                                      bad_reshape_size,
                                                      bad_reshape_negative,
                                                      bad_reshape_rank,
                                                      bad_reshape_huge,
                                                      bad_transpose_twice,
                                                      bad_transpose_range,
                                                      bad_transpose_negative,
                                                      bad_broadcast_shape,
                                                      bad_broadcast_rank,
                                                      bad_broadcast_minus,
                                                      bad_slice_axis,
                                                      bad_slice_start,
                                                      bad_slice_end,
                                                      bad_pad_negative,
                                                      bad_pad_huge,
                                                      bad_pad_axis,
                                                      bad_window_axis,
                                                      bad_window_size,
                                                      bad_window_dilated,
                                                      bad_window_stride,
                                                      bad_window_huge,
                                                      bad_window_add_rank,
                                                      bad_window_add_stride,
                                                      bad_window_add_extent,
                                                      bad_window_add_index,
                                                      bad_conv_rank,
                                                      bad_concat_axis,
                                                      bad_concat_shape,
                                                      bad_concat_none,
                                                      bad_gather_float,
                                                      bad_gather_scalar,
                                                      bad_scatter_shape,
                                                      bad_scatter_rows,
                                                      bad_cast,
                                                      bad_uniform_type,
                                                      bad_uniform_rank,
                                                      bad_uniform_name,
                                                      bad_normal_shape,
                                                      bad_bernoulli,
                                                      bad_assign_shape,
                                                      bad_assign_input,
                                                      bad_axis,
                                                      bad_negative_axis,
                                                      bad_axis_of_scalar,
                                                      bad_transpose2};
  for (int i = 0; i < COUNT(calls); i++) {
    bad b = {.g = new_graph()};
    b.m23 = ag_input(b.g, "m23", TN_F64, 2, (int64_t[]){2, 3});
    b.m32 = ag_input(b.g, "m32", TN_F64, 2, (int64_t[]){3, 2});
    b.v4 = ag_input(b.g, "v4", TN_F64, 1, (int64_t[]){4});
    b.scalar = ag_input(b.g, "scalar", TN_F64, 0, NULL);
    b.f32 = ag_input(b.g, "f32", TN_F32, 2, (int64_t[]){2, 3});
    b.index = ag_input(b.g, "index", TN_I32, 1, (int64_t[]){4});
    b.state = ag_state(b.g, "state", TN_F64, 2, (int64_t[]){2, 3});
    cr_assert_eq(ag_status(b.g), TN_OK);
    const char *word = calls[i](&b);
    cr_expect(ag_status(b.g) != TN_OK, "call %d (%s) was accepted", i, word);
    cr_expect(strstr(ag_error(b.g), word), "call %d: '%s' does not name %s", i, ag_error(b.g), word);
    char first[512];
    snprintf(first, sizeof first, "%s", ag_error(b.g));
    ag_ref later = ag_logsumexp(b.g, ag_add(b.g, b.m23, b.m23), 0, false);
    cr_expect(later.id == 0 && strcmp(first, ag_error(b.g)) == 0, "the first failure sticks: %s",
              ag_error(b.g));
    ag_graph_free(b.g);
  }
}
