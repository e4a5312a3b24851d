/* test_sbnn_hdf5.c - HDF5 files that are damaged or made to do harm, given to the program itself: one sentence,
 * exit code 3, nothing written, little memory. */
#include "test_sbnn_malformed.h"

#include "sandbox.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

TestSuite(sbnn_hdf5, .init = make_root, .fini = remove_root, .timeout = 300);

#if NABLA_HDF5

#include "data/hdf5/lzf.h"
#include "hdf5_files.h"

enum { MOST_KB = 300 * 1024 };

/* ---- how files are spoilt ---- */

static void soft_link(hid_t f) {
  H5Lmove(f, "X", f, "hidden", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_soft("/hidden", f, "X", H5P_DEFAULT, H5P_DEFAULT);
}
static void external_link(hid_t f) {
  drop(f, "X");
  H5Lcreate_external("/etc/passwd", "/X", f, "X", H5P_DEFAULT, H5P_DEFAULT);
}
static void external_storage(hid_t f) {
  hid_t how = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(how, "/etc/passwd", 0, 48);
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){3, 2}, how, NULL);
  H5Pclose(how);
}
static void virtual_dataset(hid_t f) {
  hsize_t shape[2] = {3, 2};
  hid_t how = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, shape, NULL);
  H5Pset_virtual(how, space, "other.h5", "X", space);
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 2, shape, how, NULL);
  H5Sclose(space);
  H5Pclose(how);
}
static void layer_is_the_root(hid_t f) {
  drop(f, "X");
  H5Lcreate_hard(f, "/", f, "layers/counts", H5P_DEFAULT, H5P_DEFAULT);
}
static void obs_is_the_root(hid_t f) {
  drop(f, "obs");
  H5Lcreate_hard(f, "/", f, "obs", H5P_DEFAULT, H5P_DEFAULT);
}
static void modality_is_the_root(hid_t f) {
  put_group(f, "mod");
  H5Lcreate_hard(f, "/mod", f, "mod/rna", H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_hard(f, "/mod", f, "mod/prot", H5P_DEFAULT, H5P_DEFAULT);
}
static void no_modalities(hid_t f) { put_group(f, "mod"); }
static void categories_of_themselves(hid_t f) {
  drop(f, "obs/_index");
  put_group(f, "obs/_index");
  put_ints(f, "obs/_index/codes", 3, (int64_t[]){0, 1, 0});
  H5Lcreate_hard(f, "/obs/_index", f, "obs/_index/categories", H5P_DEFAULT, H5P_DEFAULT);
}
static void dense_claim(hid_t f) {
  hsize_t chunk[2] = {1000, 1000};
  hid_t how = chunked(2, chunk, H5Z_FILTER_DEFLATE);
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){1000000, 1000000}, how, NULL);
  H5Pclose(how);
}
static void list_claim(hid_t f) {
  hsize_t chunk = 1000;
  hid_t how = chunked(1, &chunk, 0);
  drop(f, "X/data");
  put(f, "X/data", H5T_NATIVE_DOUBLE, 1, (hsize_t[]){(hsize_t)1 << 40}, how, NULL);
  H5Pclose(how);
}
static void names_claim(hid_t f) {
  hsize_t chunk = 1000;
  hid_t how = chunked(1, &chunk, 0), type = text_type();
  drop(f, "obs/_index");
  put(f, "obs/_index", type, 1, (hsize_t[]){4000000000u}, how, NULL);
  H5Tclose(type);
  H5Pclose(how);
}
static void chunk_claim(hid_t f) {
  hsize_t chunk[2] = {100000, 1000};
  hid_t how = chunked(2, chunk, H5Z_FILTER_DEFLATE);
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 2, (hsize_t[]){100000, 1000}, how, NULL);
  H5Pclose(how);
}
static void starts_descend(hid_t f) {
  drop(f, "X/indptr");
  put_ints(f, "X/indptr", 4, (int64_t[]){0, 3, 1, 4});
}
static void starts_beyond(hid_t f) {
  drop(f, "X/indptr");
  put_ints(f, "X/indptr", 4, (int64_t[]){0, 1, 3, (int64_t)1 << 60});
}
static void starts_negative(hid_t f) {
  drop(f, "X/indptr");
  put_ints(f, "X/indptr", 4, (int64_t[]){-5, 1, 3, 4});
}
static void starts_too_few(hid_t f) {
  drop(f, "X/indptr");
  put_ints(f, "X/indptr", 3, (int64_t[]){0, 1, 4});
}
static void place_negative(hid_t f) {
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, -1, 1, 1});
}
static void place_beyond(hid_t f) {
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 0, 2, 1});
}
static void place_wraps(hid_t f) {
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 0, ((int64_t)1 << 32) + 1, 1});
}
static void place_twice(hid_t f) {
  drop(f, "X/indices");
  put_ints(f, "X/indices", 4, (int64_t[]){0, 1, 1, 1});
}
static void data_too_short(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 3, (double[]){1, 3, 5});
}
static void no_shape(hid_t f) { H5Adelete_by_name(f, "X", "shape", H5P_DEFAULT); }
static void shape_negative(hid_t f) { say_shape(f, "X", -3, 2); }
static void shape_huge(hid_t f) { say_shape(f, "X", 3, INT64_MAX); }
static void shape_other(hid_t f) { say_shape(f, "X", 3, 4000000000); }
static void shape_is_text(hid_t f) {
  no_shape(f);
  say(f, "X", "shape", "3 x 2");
}
static void places_are_floats(hid_t f) {
  drop(f, "X/indices");
  put_doubles(f, "X/indices", 4, (double[]){0, 0, 1, 1});
}
static void data_are_texts(hid_t f) {
  drop(f, "X/data");
  put_texts(f, "X/data", 4, (const char *const[]){"1", "3", "5", "1"});
}
static void data_are_records(hid_t f) {
  hid_t type = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(type, "i", 8, H5T_NATIVE_DOUBLE);
  drop(f, "X/data");
  put_list(f, "X/data", type, 4, (double[8]){1});
  H5Tclose(type);
}
static void three_dimensions(hid_t f) {
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 3, (hsize_t[]){3, 2, 1}, H5P_DEFAULT, (double[6]){1});
}
static void a_single_number(hid_t f) {
  drop(f, "X");
  put(f, "X", H5T_NATIVE_DOUBLE, 0, (hsize_t[]){1}, H5P_DEFAULT, (double[]){1});
}
static void no_obs(hid_t f) { drop(f, "obs"); }
static void no_index(hid_t f) { drop(f, "obs/_index"); }
static void empty_name(hid_t f) {
  drop(f, "obs/_index");
  put_texts(f, "obs/_index", 3, (const char *const[]){"c1", "", "c3"});
}
static void control_bytes(hid_t f) {
  drop(f, "var/_index");
  put_texts(f, "var/_index", 2, (const char *const[]){"g1", "g\n2"});
}
static void too_few_names(hid_t f) {
  drop(f, "obs/_index");
  put_texts(f, "obs/_index", 2, (const char *const[]){"c1", "c2"});
}
static void long_name(hid_t f) {
  char *name = malloc(70001);
  memset(name, 'a', 70000);
  name[70000] = '\0';
  drop(f, "obs/_index");
  put_texts(f, "obs/_index", 3, (const char *const[]){"c1", name, "c3"});
  free(name);
}
static void missing_count(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 4, (double[]){1, NAN, 5, 1});
}
static void infinite_count(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 4, (double[]){1, INFINITY, 5, 1});
}
/* A list stored in one chunk of these bytes, as if a filter had made them. */
static void raw_chunk(hid_t f, H5Z_filter_t filter, const char *bytes, size_t n) {
  hsize_t chunk = 4, at = 0;
  hid_t how = chunked(1, &chunk, filter);
  drop(f, "X/data");
  put(f, "X/data", H5T_NATIVE_DOUBLE, 1, &chunk, how, NULL);
  hid_t set = H5Dopen2(f, "X/data", H5P_DEFAULT);
  cr_assert(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &at, n, bytes) >= 0);
  H5Dclose(set);
  H5Pclose(how);
}
static void bad_deflate(hid_t f) { raw_chunk(f, H5Z_FILTER_DEFLATE, "\x78\x9c\xff\xff\xff\xff", 6); }
static void bad_lzf(hid_t f) { raw_chunk(f, 32000, "\xe0\xff\xff\x01\x02", 5); }
static void unknown_filter(hid_t f) { raw_chunk(f, 32015, "\x28\xb5\x2f\xfd", 4); }
static void unheard_filter(hid_t f) { raw_chunk(f, 300, "what", 4); }
static void nested_records(hid_t f) {
  hid_t type = H5Tcopy(H5T_NATIVE_DOUBLE);
  for (int i = 0; i < 60; i++) {
    hid_t outer = H5Tcreate(H5T_COMPOUND, 8);
    H5Tinsert(outer, "a", 0, type);
    H5Tclose(type);
    type = outer;
  }
  drop(f, "obs");
  put_list(f, "obs", type, 3, (double[3]){1});
  H5Tclose(type);
}
static void no_counts(hid_t f) {
  drop(f, "X/data");
  put_doubles(f, "X/data", 4, (double[]){0.5, 3, 5, 1});
}
static void genes_shared(hid_t f) {
  put_group(f, "mod");
  int64_t axis = 1;
  hid_t space = H5Screate(H5S_SCALAR),
        a = H5Acreate2(f, "axis", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(a, H5T_NATIVE_INT64, &axis);
  H5Aclose(a);
  H5Sclose(space);
}

/* ---- the program ---- */

typedef struct spoilt {
  void (*spoil)(hid_t f);
  const char *parts; /* of the sentence */
} spoilt;

/* Its children included. */
static long peak_kb(void) {
  struct rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  return used.ru_maxrss;
}

/* The same file as one that results are to go into: written whole, or refused in a sentence with nothing left. */
static void annotate_spoilt(const spoilt *s, size_t number) {
  char command[2048], text[4096];
  write_text("run.json", "{\"command\": \"train\", \"options\": {}}");
  write_text("latent.tsv", "cell\tz1\nc1\t1\nc2\t2\nc3\t3\n");
  snprintf(command, sizeof command,
           "cd '%s' && '%s' annotate --results . --in x.h5ad --out b.h5ad --quiet 2>&1", root,
           NABLA_SBNN_BIN);
  FILE *f = popen(command, "r");
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  const int code = WEXITSTATUS(pclose(f));
  cr_expect(code == 0 || code == 3, "case %zu (%s): annotate: exit code %d: %s", number, s->parts, code,
            text);
  cr_expect(code == 0 ? !*text : strchr(text, '\n') == text + strlen(text) - 1, "case %zu: not one line: %s",
            number, text);
  snprintf(command, sizeof command, "ls -A '%s' | grep -c -e b.h5ad", root);
  f = popen(command, "r");
  text[fread(text, 1, sizeof text - 1, f)] = '\0';
  pclose(f);
  cr_expect_eq(atoi(text), code == 0, "case %zu: annotate left %s files", number, text);
}

static void check_spoilt(const spoilt *s, size_t number) {
  const bad b = {.parts = s->parts, .x = "x.h5ad"};
  char text[4096], parts[256], out[512];
  clear_dir();
  write_text("y.csv", GOOD_Y);
  hid_t f = open_good(at("x.h5ad"));
  s->spoil(f);
  cr_assert(H5Fclose(f) >= 0);
  int code = run_cv(&b, text, sizeof text);
  cr_expect_eq(code, 3, "case %zu (%s): exit code %d: %s", number, s->parts, code, text);
  cr_expect(strlen(text) > 1 && strchr(text, '\n') == text + strlen(text) - 1, "case %zu: not one line: %s",
            number, text);
  snprintf(parts, sizeof parts, "x.h5ad|%s", s->parts);
  for (char *part = strtok(parts, "|"); part; part = strtok(NULL, "|"))
    cr_expect(strstr(text, part) != NULL, "case %zu: '%s' is not in: %s", number, part, text);
  snprintf(out, sizeof out, "%s/out", root);
  cr_expect_neq(access(out, F_OK), 0, "case %zu: something was written", number);
  if (!SBNN_SANITIZED) annotate_spoilt(s, number);
  cr_expect(SBNN_SANITIZED || peak_kb() < MOST_KB, "case %zu (%s): %ld kB", number, s->parts, peak_kb());
}

Test(sbnn_hdf5, spoilt_files) {
  static const spoilt list[] = {
      {soft_link, "no matrix X"},
      {external_link, "no matrix X"},
      {external_storage, "X|in another file"},
      {virtual_dataset, "X|in another file"},
      {layer_is_the_root, "no matrix X"},
      {obs_is_the_root, "none of AnnData"},
      {modality_is_the_root, "no matrix X in it"},
      {no_modalities, "which of its modalities holds counts: (none)?"},
      {categories_of_themselves, "categories"},
      {dense_claim, "X|more elements than the file can hold"},
      {list_claim, "X/data|more elements than the file can hold"},
      {names_claim, "obs/_index|more elements than the file can hold"},
      {chunk_claim, "X|chunks of more than 256 MB"},
      {starts_descend, "X|starts of its lines"},
      {starts_beyond, "X|starts of its lines"},
      {starts_negative, "X|starts of its lines"},
      {starts_too_few, "X|do not fit each other"},
      {place_negative, "X|lies outside"},
      {place_beyond, "X|lies outside"},
      {place_wraps, "X|lies outside"},
      {place_twice, "X|row 1, column 1|two values"},
      {data_too_short, "X|do not fit each other"},
      {no_shape, "X|it has no shape"},
      {shape_negative, "X|its shape is invalid"},
      {shape_huge, "X|its shape is invalid"},
      {shape_other, "X is 3 x 4000000000|var/_index 2"},
      {shape_is_text, "X|shape"},
      {places_are_floats, "X|do not fit each other"},
      {data_are_texts, "X/data is not a list of numbers"},
      {data_are_records, "X/data is not a list of numbers"},
      {three_dimensions, "X is not a matrix of numbers"},
      {a_single_number, "X is not a matrix of numbers"},
      {no_obs, "none of AnnData"},
      {no_index, "obs|no names for its rows"},
      {empty_name, "number 2 of obs/_index|is not a name"},
      {control_bytes, "number 2 of var/_index|is not a name"},
      {too_few_names, "X is 3 x 2|obs/_index has 2 names"},
      {long_name, "obs/_index|more than 65536 bytes"},
      {missing_count, "no matrix in it holds counts|missing values"},
      {infinite_count, "no matrix in it holds counts"},
      {bad_deflate, "X/data is damaged"},
      {bad_lzf, "X/data is damaged"},
      {unknown_filter, "X/data|Zstandard (filter 32015"},
      {unheard_filter, "X/data|filter 300"},
      {nested_records, "obs"},
      {no_counts, "no matrix in it holds counts|X (0.5)|--x-transform none"},
      {genes_shared, "share genes, not cells"},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) check_spoilt(&list[i], i);
  printf("damaged files: %zu refused in one sentence, by processes of at most %ld kB\n",
         sizeof list / sizeof *list, peak_kb());
}

/* Cut at any length, or with bytes changed: read as what it still is, or refused in a sentence. */
Test(sbnn_hdf5, cut_and_changed) {
  static unsigned char whole[1 << 17], part[1 << 17];
  char text[4096];
  const bad b = {.parts = "", .x = "x.h5ad"};
  clear_dir();
  write_text("y.csv", GOOD_Y);
  H5Fclose(open_good(at("good.h5ad")));
  FILE *f = fopen(at("good.h5ad"), "rb");
  const size_t n = fread(whole, 1, sizeof whole, f);
  fclose(f);
  cr_assert(n > 4000 && n < sizeof whole);
  for (size_t k = 0; k < 24; k++) {
    size_t length = k < 8 ? n * (k + 1) / 9 : n;
    memcpy(part, whole, n);
    for (size_t i = 0; k >= 8 && i < 30; i++) /* some of the metadata, at places that a sequence gives */
      part[(i * 2654435761u + k * 40503u) % n] ^= (unsigned char)(1 + (i * k) % 255);
    write_bytes("x.h5ad", part, length);
    int code = run_cv(&b, text, sizeof text);
    cr_expect(code == 0 || code == 3, "case %zu: exit code %d: %s", k, code, text);
    /* A sanitizer that finds libhdf5 itself at fault in the child reports it, before our sentence. */
    if (SBNN_SANITIZED && strstr(text, "Sanitizer") && strstr(text, "libhdf5")) continue;
    cr_expect(code == 0 || (strlen(text) > 1 && strchr(text, '\n') == text + strlen(text) - 1),
              "case %zu: not one sentence: %s", k, text);
    cr_expect(k >= 8 || code == 3, "case %zu: a file that is cut was read", k);
  }
  write_bytes("x.h5ad", "\x89HDF\r\n\x1a\n", 8);
  cr_expect_eq(run_cv(&b, text, sizeof text), 3);
  cr_expect(strstr(text, "cannot be opened as one"), "%s", text);
}

/* ---- the sandbox itself ---- */

static int crash(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  (void)fd, (void)out, (void)e;
  raise(*(const int *)ctx);
  return SBNN_OK;
}

static int take_memory(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  (void)ctx, (void)fd, (void)out, (void)e;
  for (size_t i = 0; i < 1000; i++) memset(sbnn_alloc(1 << 20, 1), 1, 1 << 20);
  return SBNN_OK;
}

static int take_time(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  (void)ctx, (void)fd, (void)out, (void)e;
  for (volatile uint64_t i = 0; i < UINT64_C(1) << 40; i++) {}
  return SBNN_OK;
}

/* What must fail: opening to read, opening to write, a socket. */
static int reach_out(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e) {
  (void)fd, (void)ctx;
  sbnn_sandbox_filter();
  FILE *read = fopen("/etc/passwd", "r"), *written = fopen("/tmp/sbnn-sandbox-was-left", "w");
  char answer[] = {read ? 'r' : '-', written ? 'w' : '-'};
  return sbnn_sandbox_write(out, answer, sizeof answer, e);
}

Test(sbnn_hdf5, what_goes_wrong_in_the_sandbox_is_a_sentence) {
  const char *path = write_text("file", "anything");
  const sbnn_sandbox s = {.path = path, .library = "a library", .memory = (size_t)64 << 20, .seconds = 1};
  sbnn_sandbox_output out;
  sbnn_error e = {0};
  int number = SIGSEGV;
  if (!SBNN_SANITIZED) {
    cr_expect_eq(sbnn_sandbox_run(&s, crash, &number, &out, &e), SBNN_BAD_INPUT);
    cr_expect(strstr(e.text, "a library failed on it (Segmentation fault)"), "%s", e.text);
    sbnn_sandbox_free(&out);
    e = (sbnn_error){0};
    cr_expect_eq(sbnn_sandbox_run(&s, take_memory, NULL, &out, &e), SBNN_BAD_INPUT);
    cr_expect(strstr(e.text, "more memory than the 64 MB"), "%s", e.text);
    sbnn_sandbox_free(&out);
    e = (sbnn_error){0};
    cr_expect_eq(sbnn_sandbox_run(&s, reach_out, NULL, &out, &e), SBNN_OK, "%s", e.text);
#if !SBNN_COUNTED && (defined(__x86_64__) || defined(__aarch64__))
    cr_expect(out.n == 2 && memcmp(out.data, "--", 2) == 0, "%.2s", out.data);
#endif
    sbnn_sandbox_free(&out);
  }
  e = (sbnn_error){0};
  cr_expect_eq(sbnn_sandbox_run(&s, take_time, NULL, &out, &e), SBNN_BAD_INPUT);
  cr_expect(strstr(e.text, "longer than 1 seconds"), "%s", e.text);
  sbnn_sandbox_free(&out);
}

/* ---- LZF ---- */

Test(sbnn_hdf5, lzf) {
  static const unsigned char copy[] = {0x02, 'a', 'b', 'c', 0x20 | 0, 2, 0xe0, 1, 5};
  unsigned char out[64];
  /* "abc", three bytes from 3 back, ten from 6 back */
  cr_expect_eq(sbnn_lzf_decompress(copy, sizeof copy, out, sizeof out), 16);
  cr_expect_eq(memcmp(out, "abcabcabcabcabca", 16), 0);
  for (size_t n = 1; n < sizeof copy; n++) sbnn_lzf_decompress(copy, n, out, sizeof out);
  for (size_t room = 0; room < 16; room++)
    cr_expect_eq(sbnn_lzf_decompress(copy, sizeof copy, out, room), 0, "room for %zu", room);
  cr_expect_eq(sbnn_lzf_decompress((const unsigned char *)"\x20\x05", 2, out, sizeof out), 0);
}

#else

Test(sbnn_hdf5, spoilt_files) { cr_skip_test("SKIPPED: built without libhdf5"); }

#endif
