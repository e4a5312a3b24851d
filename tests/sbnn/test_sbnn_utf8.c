/* test_sbnn_utf8.c - which bytes are a character of UTF-8 (RFC 3629, section 4), at the edges of each of its ranges. */
#include "utf8.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(sbnn_utf8, edges_of_the_ranges) {
  static const struct {
    const char *bytes;
    size_t length; /* 0: no character */
  } list[] = {
      {"a", 1},
      {"\x7F", 1},
      {"\x80", 0},
      {"\xBF", 0},
      {"\xC1\xBF", 0}, /* overlong */
      {"\xC2\x80", 2},
      {"\xDF\xBF", 2},
      {"\xC3", 0}, /* cut off */
      {"\xC3z", 0},
      {"\xE0\x9F\xBF", 0}, /* overlong */
      {"\xE0\xA0\x80", 3},
      {"\xE1\x80\x80", 3},
      {"\xED\x9F\xBF", 3},
      {"\xED\xA0\x80", 0}, /* a surrogate */
      {"\xEF\xBF\xBF", 3},
      {"\xE2\x82", 0},
      {"\xF0\x8F\xBF\xBF", 0}, /* overlong */
      {"\xF0\x90\x80\x80", 4},
      {"\xF1\x80\x80\x80", 4},
      {"\xF4\x8F\xBF\xBF", 4},
      {"\xF4\x90\x80\x80", 0}, /* beyond Unicode */
      {"\xF5\x80\x80\x80", 0},
      {"\xF1\x80\x80", 0},
      {"\xFF", 0},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    cr_expect_eq(sbnn_utf8_length((const unsigned char *)list[i].bytes), list[i].length, "case %zu", i);
}

Test(sbnn_utf8, others_become_question_marks) {
  char *text = sbnn_utf8("a\xFF\xC3\xA4\xE2\x82z");
  cr_expect_str_eq(text, "a?\xC3\xA4??z");
  free(text);
}
