/* Archives of NumPy arrays: written and read again in every type, those that NumPy and SciPy wrote, and damaged ones. */
#include "tensor/files/npz.h"

#include "support/throwaway.h"

TestSuite(npz, .init = make_root, .fini = remove_root);

#if NABLA_LIBZIP

static const char *stored(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/tests/fuzz/corpus/npz/%s", NABLA_SOURCE_DIR, name);
  return path;
}

static void same(tn_npz *z, const char *name, tn_view want) {
  tn_array a;
  char message[TN_FILE_MESSAGE] = "";
  tn_status status = tn_npz_read(z, name, &a, message);
  cr_assert_eq(status, TN_OK, "%s", message);
  cr_assert_eq(a.view.dtype, want.dtype);
  cr_assert(tn_same_shape(a.view.rank, a.view.shape, want.rank, want.shape), "%s", name);
  for (int64_t i = 0; i < tn_view_numel(&want); i++)
    cr_assert_eq(tn_get(&a.view, i), tn_get(&want, i), "%s, element %d", name, (int)i);
  tn_array_free(&a);
}

/* Every type, no axis, no element, and a view whose rows are the columns of its memory. */
static void round_trip(bool compress) {
  float f[6] = {1, 2, 3, 4, 5, -0.5f};
  double d = 1e300;
  int32_t i[2] = {INT32_MIN, 7};
  int64_t l[1] = {INT64_MAX};
  uint8_t b[3] = {0, 1, 255};
  const tn_npz_array list[] = {
      {"turned", tn_view_permute(tn_matrix(f, TN_F32, 2, 3), (int[]){1, 0})},
      {"scalar", tn_view_of(&d, TN_F64, 0, NULL)},
      {"i", tn_view_of(i, TN_I32, 1, (int64_t[]){2})},
      {"l", tn_view_of(l, TN_I64, 3, (int64_t[]){1, 1, 1})},
      {"b", tn_view_of(b, TN_U8, 1, (int64_t[]){3})},
      {"none", tn_view_of(f, TN_F32, 2, (int64_t[]){0, 3})},
  };
  enum { N = sizeof list / sizeof *list };
  char message[TN_FILE_MESSAGE] = "";
  tn_npz *z;
  const char *path = at("a.npz");
  tn_status status = tn_npz_write(path, list, N, compress, message);
  cr_assert_eq(status, TN_OK, "%s", message);
  status = tn_npz_open(NULL, path, &z, message);
  cr_assert_eq(status, TN_OK, "%s", message);
  cr_assert_eq(tn_npz_count(z), (size_t)N);
  for (size_t k = 0; k < N; k++) {
    cr_expect_str_eq(tn_npz_at(z, k)->name, list[k].name);
    same(z, list[k].name, list[k].view);
  }
  cr_expect_eq(tn_npz_read(z, "absent", &(tn_array){0}, message), TN_EINVAL);
  cr_expect(strstr(message, "there is no array 'absent'"), "%s", message);
  tn_npz_close(z);
}
Test(npz, written_and_read) { round_trip(false); }
Test(npz, compressed) { round_trip(true); }

static size_t bytes_of(const char *path, char *to, size_t room) {
  FILE *f = fopen(path, "rb");
  cr_assert(f);
  size_t n = fread(to, 1, room, f);
  fclose(f);
  return n;
}

Test(npz, same_arrays_give_the_same_bytes) {
  float f[100];
  char one[2048], two[2048], message[TN_FILE_MESSAGE] = "";
  for (int k = 0; k < 100; k++) f[k] = (float)k;
  const tn_npz_array a = {"a", tn_matrix(f, TN_F32, 10, 10)};
  cr_assert_eq(tn_npz_write(at("one.npz"), &a, 1, true, message), TN_OK, "%s", message);
  cr_assert_eq(tn_npz_write(at("two.npz"), &a, 1, true, message), TN_OK, "%s", message);
  size_t n = bytes_of(at("one.npz"), one, sizeof one);
  cr_assert_eq(n, bytes_of(at("two.npz"), two, sizeof two));
  cr_assert_arr_eq(one, two, n);
}

Test(npz, of_numpy_and_scipy) {
  static const char *const files[] = {"both.npz", "flat.npz", "fortran.npz", "csr.npz"};
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    tn_npz *z;
    char message[TN_FILE_MESSAGE] = "";
    tn_status status = tn_npz_open(NULL, stored(files[k]), &z, message);
    cr_assert_eq(status, TN_OK, "%s", message);
    cr_assert(tn_npz_count(z) > 0);
    for (size_t i = 0; i < tn_npz_count(z); i++) {
      tn_array a;
      const tn_npz_member *m = tn_npz_at(z, i);
      bool text = m->header.kind == 'U' || m->header.kind == 'S';
      status = tn_npz_read(z, m->name, &a, message);
      cr_expect_eq(status, text ? TN_EFORMAT : TN_OK, "%s, %s: %s", files[k], m->name, message);
      if (status == TN_OK) tn_array_free(&a);
    }
    tn_npz_close(z);
  }
}

Test(npz, streams_give_all_bytes) {
  tn_npz *z;
  char message[TN_FILE_MESSAGE] = "", bytes[64];
  cr_assert_eq(tn_npz_open(NULL, stored("both.npz"), &z, message), TN_OK, "%s", message);
  for (size_t i = 0; i < tn_npz_count(z); i++) {
    uint64_t all = 0;
    size_t got = sizeof bytes;
    cr_assert_eq(tn_npz_begin(z, i, message), TN_OK, "%s", message);
    for (; got == sizeof bytes; all += got)
      cr_assert_eq(tn_npz_next(z, bytes, sizeof bytes, &got, message), TN_OK, "%s", message);
    cr_expect_eq(all, tn_npz_at(z, i)->bytes);
  }
  cr_expect_eq(tn_npz_begin(z, tn_npz_count(z), message), TN_EINVAL);
  tn_npz_close(z);
}

static void refuses(const char *path, tn_status want, const char *part) {
  tn_npz *z;
  char message[TN_FILE_MESSAGE] = "";
  cr_expect_eq(tn_npz_open(NULL, path, &z, message), want, "%s", message);
  cr_expect(strstr(message, part), "'%s' does not say '%s'", message, part);
  cr_expect_null(z);
}

/* Cut anywhere, or with one byte another: refused, or read without a fault. */
Test(npz, damaged) {
  char all[4096], message[TN_FILE_MESSAGE];
  size_t n = bytes_of(stored("both.npz"), all, sizeof all);
  cr_assert(n < sizeof all);
  refuses(at("absent.npz"), TN_EIO, "absent.npz: ");
  for (size_t cut = 0; cut < n; cut += 97) {
    FILE *f = fopen(at("cut.npz"), "wb");
    fwrite(all, 1, cut, f);
    fclose(f);
    refuses(at("cut.npz"), TN_EFORMAT, "cut.npz: the archive cannot be read");
  }
  for (size_t k = 0; k < n; k += 5) {
    FILE *f = fopen(at("changed.npz"), "wb");
    all[k] ^= 0x40;
    fwrite(all, 1, n, f);
    fclose(f);
    all[k] ^= 0x40;
    tn_npz *z;
    if (tn_npz_open(NULL, at("changed.npz"), &z, message) != TN_OK) continue;
    for (size_t i = 0; i < tn_npz_count(z); i++) {
      tn_array a;
      if (tn_npz_read(z, tn_npz_at(z, i)->name, &a, message) == TN_OK) tn_array_free(&a);
    }
    tn_npz_close(z);
  }
}

/* Every bit of the elements is under the checksum. */
Test(npz, checksum) {
  uint8_t b[8] = "elements";
  char all[1024], message[TN_FILE_MESSAGE] = "";
  const tn_npz_array a = {"a", tn_view_of(b, TN_U8, 1, (int64_t[]){8})};
  cr_assert_eq(tn_npz_write(at("a.npz"), &a, 1, false, message), TN_OK, "%s", message);
  size_t n = bytes_of(at("a.npz"), all, sizeof all);
  char *there = memmem(all, n, b, sizeof b);
  cr_assert(there);
  *there = 'E';
  FILE *f = fopen(at("a.npz"), "wb");
  fwrite(all, 1, n, f);
  fclose(f);
  tn_npz *z;
  tn_array read;
  cr_assert_eq(tn_npz_open(NULL, at("a.npz"), &z, message), TN_OK, "%s", message);
  cr_expect_eq(tn_npz_read(z, "a", &read, message), TN_EFORMAT);
  cr_expect(strstr(message, "CRC"), "%s", message);
  tn_npz_close(z);
}

/* Changes `width` bytes at this place behind the mark of a header: "PK\1\2" begins those of the directory, "PK\3\4" the member's. */
typedef struct patch {
  int in_directory, in_member; /* places; -1: none */
  int width;
  unsigned char to[5];
} patch;

static void overwrite(char *all, size_t n, const char *mark, int place, const patch *p) {
  char *there = memmem(all, n, mark, 4);
  cr_assert(there != NULL);
  if (place >= 0) memcpy(there + place, p->to, (size_t)p->width);
}

/* An archive that states what cannot be: refused before memory is allocated for it. */
Test(npz, false_statements) {
  static const struct {
    patch p;
    bool compress;
    const char *part;
  } rows[] = {
      {{10, 8, 2, {12, 0}}, true, "compressed in a way that NumPy does not use"},
      {{8, 6, 2, {1, 0}}, true, "it is encrypted"},
      {{24, 22, 4, {0, 0, 0, 64}}, true, "it cannot be as large as it says"},
      {{24, 22, 4, {1, 0, 0, 0}}, false, "it cannot be as large as it says"},
      {{20, 18, 4, {0, 0, 16, 0}}, true, "it cannot be as large as it says"},
  };
  float f[100] = {0};
  const tn_npz_array a = {"a", tn_matrix(f, TN_F32, 10, 10)};
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
    char all[2048];
    cr_assert_eq(tn_npz_write(at("a.npz"), &a, 1, rows[k].compress, NULL), TN_OK);
    size_t n = bytes_of(at("a.npz"), all, sizeof all);
    overwrite(all, n, "PK\1\2", rows[k].p.in_directory, &rows[k].p);
    overwrite(all, n, "PK\3\4", rows[k].p.in_member, &rows[k].p);
    cr_assert_eq(tn_atomic_write(at("a.npz"), all, n), TN_OK);
    refuses(at("a.npz"), TN_EFORMAT, rows[k].part);
  }
}

/* Members of other names are no arrays; what is called one must be one. */
Test(npz, members_that_are_no_arrays) {
  static const patch txt = {46, 30, 5, "a.txt"}, npy = {46, 30, 5, "b.npy"};
  float f[4] = {0};
  const tn_npz_array a = {"a", tn_matrix(f, TN_F32, 2, 2)};
  char all[2048], message[TN_FILE_MESSAGE] = "";
  tn_npz *z;
  cr_assert_eq(tn_npz_write(at("a.npz"), &a, 1, false, NULL), TN_OK);
  size_t n = bytes_of(at("a.npz"), all, sizeof all);
  overwrite(all, n, "PK\1\2", txt.in_directory, &txt);
  overwrite(all, n, "PK\3\4", txt.in_member, &txt);
  cr_assert_eq(tn_atomic_write(at("a.npz"), all, n), TN_OK);
  cr_assert_eq(tn_npz_open(NULL, at("a.npz"), &z, message), TN_OK, "%s", message);
  cr_expect_eq(tn_npz_count(z), 0);
  tn_npz_close(z);
  overwrite(all, n, "PK\1\2", npy.in_directory, &npy);
  overwrite(all, n, "PK\3\4", npy.in_member, &npy);
  *(char *)memmem(all, n, "NUMPY", 5) = 'n';
  cr_assert_eq(tn_atomic_write(at("a.npz"), all, n), TN_OK);
  refuses(at("a.npz"), TN_EFORMAT, "array 'b': this is no NumPy array");
}

Test(npz, wrong_calls) {
  float x = 1;
  char message[TN_FILE_MESSAGE] = "";
  tn_view v = tn_view_of(&x, TN_F32, 0, NULL);
  const tn_npz_array twice[] = {{"a", v}, {"a", v}}, nameless = {"", v};
  cr_expect_eq(tn_npz_write(at("a.npz"), twice, 2, false, message), TN_EINVAL);
  cr_expect(strstr(message, "two arrays have the same name"), "%s", message);
  cr_expect_eq(tn_npz_write(at("a.npz"), &nameless, 1, false, message), TN_EINVAL);
  cr_expect(strstr(message, "has no name"), "%s", message);
  cr_expect_eq(tn_npz_write(at("none/a.npz"), twice, 1, false, message), TN_EIO);
  cr_expect(strstr(message, "none/a.npz: "), "%s", message);
  refuses(at("a.npz"), TN_EIO, "a.npz: ");
  char name[600];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const tn_npz_array bad[] = {{NULL, v}, {name, v}, {"\xff\xfe", v}};
  static const char *const says[] = {"has no name", "a very long one", "name is not UTF-8"};
  for (int i = 0; i < 3; i++) {
    cr_expect_eq(tn_npz_write(at("a.npz"), &bad[i], 1, false, message), TN_EINVAL);
    cr_expect(strstr(message, says[i]), "%s", message);
    cr_expect_eq(tn_npz_write(at("a.npz"), &bad[i], 1, false, NULL), TN_EINVAL, "without a message");
  }
  tn_npz_close(NULL);
}

#else

Test(npz, is_refused_by_a_build_without_it) {
  tn_npz *z;
  char message[TN_FILE_MESSAGE] = "";
  cr_expect_eq(tn_npz_open(NULL, at("a.npz"), &z, message), TN_ENOTSUP);
  cr_expect(strstr(message, "without libzip"), "%s", message);
  cr_expect_eq(tn_npz_write(at("a.npz"), NULL, 0, false, message), TN_ENOTSUP);
}

#endif
