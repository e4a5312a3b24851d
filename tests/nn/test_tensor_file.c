/* Files of tensors at their edges: what can be written is read as the same, what could not be read again is
 * not written, and a wrong call is answered. */
#include "test_nn.h"

#include "support/throwaway.h"

#include <fcntl.h>
#include <jansson.h>

TestSuite(tensor_file, .init = make_root, .fini = remove_root);

static const float numbers[4] = {1, 2, 3, 4};

static nn_tensor vector_of(const char *name, int64_t n) {
  return (nn_tensor){.name = name, .dtype = "F32", .rank = 1, .shape = {n}, .data = numbers};
}

static nn_tensor_file *opened(const char *path) {
  nn_tensor_file *f = NULL;
  char message[256] = "";
  cr_assert_eq(nn_tensor_file_open(NULL, path, &f, message), TN_OK, "%s", message);
  return f;
}

static void put_bytes(const char *path, const void *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  cr_assert(f && fwrite(bytes, 1, n, f) == n);
  cr_assert_eq(fclose(f), 0);
}

/* ---- what can be written ---- */

Test(tensor_file, edges_that_hold) {
  static const char *const none[][2] = {{"a", "b"}};
  const nn_tensor all[] = {{.name = "wide", .dtype = "F64", .rank = 0, .data = &(double){7}},
                           {.name = "deep",
                            .dtype = "F32",
                            .rank = TN_MAX_RANK,
                            .shape = {1, 1, 2, 1, 1, 1, 2, 1},
                            .data = numbers},
                           {.name = "empty", .dtype = "I64", .rank = 2, .shape = {3, 0}},
                           {.name = "behind",
                            .dtype = "U8",
                            .rank = 1,
                            .shape = {3, -7},
                            .data = "xyz"}, /* of its rank only 3 counts */
                           {.name = "none", .dtype = "BOOL", .rank = 1, .shape = {0}}};
  enum { N = sizeof all / sizeof *all };
  for (int with = 0; with < 2; with++) { /* metadata of no pairs, and pairs of no metadata */
    OK(nn_tensor_file_write(at("f"), all, N, with ? none : NULL, with ? 0 : 2, NULL));
    nn_tensor_file *f = opened(at("f"));
    cr_assert_eq(nn_tensor_file_count(f), N);
    cr_expect_null(nn_tensor_file_metadata(f, "a"));
    for (int i = 0; i < N; i++) {
      const nn_tensor *t = nn_tensor_file_find(f, all[i].name);
      cr_assert(t && t->rank == all[i].rank && !strcmp(t->dtype, all[i].dtype), "%s", all[i].name);
      for (int a = 0; a < t->rank; a++) cr_expect_eq(t->shape[a], all[i].shape[a]);
      cr_expect_eq(t->bytes, (size_t)tn_numel(t->rank, t->shape) * nn_tensor_type_bytes(t->dtype));
      if (t->bytes) cr_expect_eq(memcmp(t->data, all[i].data, t->bytes), 0, "%s", t->name);
    }
    cr_expect_eq(*(const double *)nn_tensor_file_find(f, "wide")->data, 7);
    cr_expect_null(nn_tensor_file_find(f, "other"));
    nn_tensor_file_close(f);
  }
}

Test(tensor_file, of_no_tensors) {
  static const char *const pairs[][2] = {{"made by", "a test"}, {"\"quoted\"", "\xc3\xa9"}};
  OK(nn_tensor_file_write(at("f"), NULL, 0, pairs, 2, NULL));
  nn_tensor_file *f = opened(at("f"));
  cr_expect_eq(nn_tensor_file_count(f), 0);
  cr_expect_str_eq(nn_tensor_file_metadata(f, "made by"), "a test");
  cr_expect_str_eq(nn_tensor_file_metadata(f, "\"quoted\""), "\xc3\xa9");
  nn_tensor_file_close(f);
}

/* Descriptor 0 is one like others. */
Test(tensor_file, without_standard_input) {
  const nn_tensor one = vector_of("a", 2);
  close(0);
  OK(nn_tensor_file_write(at("f"), &one, 1, NULL, 0, NULL));
  nn_tensor_file *f = opened(at("f"));
  cr_expect_eq(nn_tensor_file_count(f), 1);
  cr_expect_eq(open("/dev/null", O_RDONLY), 0, "its file is left open");
  nn_tensor_file_close(f);
}

/* ---- what could not be read again ---- */

static const struct {
  nn_tensor tensor;
  const char *says;
} unwritable[] = {
    {{.name = "b", .dtype = "F8", .rank = 1, .shape = {1}, .data = numbers},
     "'b' has a type or rank that the format lacks"},
    {{.name = "b", .dtype = NULL, .rank = 1, .shape = {1}, .data = numbers}, "type or rank"},
    {{.name = "b", .dtype = "F32", .rank = -1, .data = numbers}, "type or rank"},
    {{.name = "b", .dtype = "F32", .rank = TN_MAX_RANK + 1, .data = numbers}, "type or rank"},
    {{.name = "b", .dtype = "F32", .rank = 2, .shape = {1, -1}, .data = numbers},
     "'b' has a negative extent"},
    {{.name = "b", .dtype = "F32", .rank = 2, .shape = {INT64_C(1) << 40, INT64_C(1) << 40}, .data = numbers},
     "'b' has more elements than memory can hold"},
    {{.name = "b", .dtype = "F32", .rank = 1, .shape = {1}}, "'b' has no data"},
    {{.name = NULL, .dtype = "F32", .rank = 1, .shape = {1}, .data = numbers}, "tensor 1 has no name"},
    {{.name = "__metadata__", .dtype = "F32", .rank = 1, .shape = {1}, .data = numbers},
     "'__metadata__' has the reserved name of the metadata"},
    {{.name = "a", .dtype = "F32", .rank = 1, .shape = {1}, .data = numbers},
     "two tensors have the same name"},
    {{.name = "\xff", .dtype = "F32", .rank = 1, .shape = {1}, .data = numbers}, "not UTF-8"}};

Test(tensor_file, unwritable_tensors) {
  for (size_t i = 0; i < sizeof unwritable / sizeof *unwritable; i++) {
    const nn_tensor both[] = {vector_of("a", 2), unwritable[i].tensor};
    char message[256] = "";
    cr_assert_neq(nn_tensor_file_write(at("f"), both, 2, NULL, 0, message), TN_OK, "case %zu", i);
    SAYS(message, unwritable[i].says);
    SAYS(message, "cannot write ");
    cr_assert_null(strchr(message, '\n'));
    cr_assert_neq(access(at("f"), F_OK), 0, "case %zu: a file is there", i);
  }
}

Test(tensor_file, unwritable_metadata) {
  static const char *const twice[][2] = {{"phase", "1"}, {"seed", "7"}, {"phase", "2"}},
                           *const half[][2] = {{"phase", NULL}}, *const nameless[][2] = {{NULL, "1"}};
  const nn_tensor one = vector_of("a", 2);
  char message[256] = "";
  cr_assert_eq(nn_tensor_file_write(at("f"), &one, 1, twice, 3, message), TN_EINVAL);
  SAYS(message, "two pairs of the metadata have the name 'phase'");
  cr_assert_eq(nn_tensor_file_write(at("f"), &one, 1, half, 1, message), TN_EINVAL);
  SAYS(message, "pair 0 of the metadata lacks");
  cr_assert_eq(nn_tensor_file_write(at("f"), &one, 1, nameless, 1, message), TN_EINVAL);
  cr_assert_neq(access(at("f"), F_OK), 0);
  OK(nn_tensor_file_write(at("f"), &one, 1, twice, 2, NULL)); /* the first two */
}

Test(tensor_file, wrong_calls) {
  const nn_tensor one = vector_of("a", 2);
  nn_tensor_file *f = (nn_tensor_file *)&numbers;
  char message[256] = "";
  cr_expect_eq(nn_tensor_file_write(NULL, &one, 1, NULL, 0, message), TN_EINVAL);
  SAYS(message, "nn_tensor_file_write");
  cr_expect_eq(nn_tensor_file_write(at("f"), NULL, 1, NULL, 0, NULL), TN_EINVAL);
  cr_expect_eq(nn_tensor_file_open(NULL, NULL, &f, message), TN_EINVAL);
  SAYS(message, "nn_tensor_file_open");
  cr_expect_null(f);
  cr_expect_eq(nn_tensor_file_open(NULL, at("f"), NULL, NULL), TN_EINVAL);
  cr_expect_eq(nn_tensor_file_write(at("no/f"), &one, 1, NULL, 0, message), TN_EIO);
  SAYS(message, "No such file");
  OK(nn_tensor_file_write(at("f"), &one, 1, NULL, 0, NULL));
  f = opened(at("f"));
  cr_expect_not_null(nn_tensor_file_at(f, 0));
  cr_expect_null(nn_tensor_file_at(f, 1));
  cr_expect_null(nn_tensor_file_at(NULL, 0));
  cr_expect_null(nn_tensor_file_find(f, NULL));
  cr_expect_null(nn_tensor_file_find(NULL, "a"));
  cr_expect_null(nn_tensor_file_metadata(f, NULL));
  cr_expect_null(nn_tensor_file_metadata(f, "phase"));
  cr_expect_null(nn_tensor_file_metadata(NULL, "phase"));
  cr_expect_eq(nn_tensor_file_count(NULL), 0);
  nn_tensor_file_close(f);
  nn_tensor_file_close(NULL);
  cr_expect_eq(nn_tensor_type_bytes("BF16"), 2);
  cr_expect_eq(nn_tensor_type_bytes("BOOL"), 1);
  cr_expect_eq(nn_tensor_type_bytes("BOOLE"), 0);
}

/* ---- reading at the edges ---- */

static void expect_refused(const char *path, const char *says) {
  nn_tensor_file *f;
  char message[256] = "";
  cr_expect_eq(nn_tensor_file_open(NULL, path, &f, message), TN_EFORMAT, "%s", message);
  cr_expect_null(f);
  SAYS(message, says);
}

Test(tensor_file, lengths_at_their_limits) {
  static const unsigned char longest[8] = {0x00, 0xe1, 0xf5, 0x05}, longer[8] = {0x01, 0xe1, 0xf5, 0x05};
  put_bytes(at("eight"), "\0\0\0\0\0\0\0\0", 8);
  expect_refused(at("eight"), "its header is not a JSON object");
  put_bytes(at("seven"), "\0\0\0\0\0\0\0\0", 7);
  expect_refused(at("seven"), "too short");
  put_bytes(at("longest"), longest, 8); /* 100,000,000 bytes, the format's limit, and there */
  cr_assert_eq(truncate(at("longest"), 8 + 100000001), 0);
  expect_refused(at("longest"), "its header is not a JSON object");
  put_bytes(at("longest"), longer, 8);
  cr_assert_eq(truncate(at("longest"), 8 + 100000001), 0);
  expect_refused(at("longest"), "its header would be 100000001 bytes");
}

/* Its reader of JSON asks for memory in its own way; of the first request a refusal is survived. */
static int refusals;
static void *refuse_first(size_t bytes) { return refusals-- > 0 ? NULL : malloc(bytes); }

Test(tensor_file, memory_for_the_header) {
  const nn_tensor one = vector_of("a", 2);
  nn_tensor_file *f;
  char message[256] = "";
  OK(nn_tensor_file_write(at("f"), &one, 1, NULL, 0, NULL));
  json_set_alloc_funcs(refuse_first, free);
  refusals = 1;
  tn_status status = nn_tensor_file_open(NULL, at("f"), &f, message);
  json_set_alloc_funcs(malloc, free);
  cr_expect_eq(status, TN_ENOMEM, "%s", message);
  SAYS(message, "out of memory for the header of ");
  cr_expect_null(f);
}

static void *refuse_table(void *ctx, size_t bytes) {
  int *left = ctx;
  return (*left)-- == 0 ? NULL : malloc(bytes);
}
static void give_back(void *ctx, void *p) { (void)ctx, free(p); }

Test(tensor_file, memory_of_its_own) {
  const nn_tensor one = vector_of("a", 2);
  OK(nn_tensor_file_write(at("f"), &one, 1, NULL, 0, NULL));
  for (int i = 0; i < 2; i++) {
    int left = i;
    const tn_alloc alloc = {refuse_table, give_back, &left};
    nn_tensor_file *f;
    char message[256] = "";
    cr_expect_eq(nn_tensor_file_open(&alloc, at("f"), &f, message), TN_ENOMEM);
    SAYS(message, "out of memory");
    cr_expect_null(f);
  }
}

/* A file of eight bytes of data with this header. */
static const char *with_header(const char *json) {
  unsigned char all[512] = {(unsigned char)strlen(json)};
  memcpy(all + 8, json, strlen(json));
  put_bytes(at("header"), all, 8 + strlen(json) + 8);
  return at("header");
}

#define ENTRY(DTYPE, SHAPE, OFFSETS)                                                                         \
  "{\"a\":{\"dtype\":" DTYPE ",\"shape\":" SHAPE ",\"data_offsets\":" OFFSETS "}}"

Test(tensor_file, entries_that_make_no_sense) {
  static const char *const damaged[] = {"{\"a\":7}",
                                        "{\"a\":{}}",
                                        ENTRY("4", "[2]", "[0,8]"),
                                        ENTRY("\"F32\"", "2", "[0,8]"),
                                        ENTRY("\"F32\"", "[\"2\"]", "[0,8]"),
                                        ENTRY("\"F32\"", "[-2]", "[0,8]"),
                                        ENTRY("\"F32\"", "[3]", "[0,8]"),
                                        ENTRY("\"F32\"", "[1]", "[0,8]"),
                                        ENTRY("\"F32\"", "[4611686018427387904, 4]", "[0,8]"),
                                        ENTRY("\"F32\"", "[2]", "[\"0\",8]"),
                                        ENTRY("\"F32\"", "[2]", "[0,\"8\"]"),
                                        ENTRY("\"F32\"", "[2]", "[0,8,9]"),
                                        ENTRY("\"F32\"", "[2]", "[-8,0]"),
                                        ENTRY("\"F32\"", "[0]", "[8,0]"),
                                        ENTRY("\"F32\"", "[2]", "[1,9]")};
  for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
    expect_refused(with_header(damaged[i]), "the entry of 'a' makes no sense");
  expect_refused(with_header("{\"a\\n\\u007fb\":1}"), "the entry of 'a??b' makes no sense"); /* one line */
  expect_refused(with_header("{}"), "it has 8 bytes of data, its header accounts for 0");
  expect_refused(with_header(ENTRY("\"F32\"", "[1]", "[0,4]")), "its header accounts for 4");
  expect_refused(with_header(ENTRY("\"F32\"", "[1]", "[4,8]")), "overlap or leave a gap");
  expect_refused(with_header("[7]"), "its header is not a JSON object");
  nn_tensor_file *f = opened(with_header(ENTRY("\"F4\"", "[0, 16]", "[0,8]")));
  cr_expect_eq(nn_tensor_file_at(f, 0)->bytes, 8, "a type that is not known may have any size");
  nn_tensor_file_close(f);
  f = opened(with_header(ENTRY("\"F32\"", "[1,1,1,1,1,1,1,1,2]", "[0,8]")));
  cr_expect_eq(nn_tensor_file_at(f, 0)->rank, -1, "more axes than we have");
  nn_tensor_file_close(f);
}
