# embed.cmake: writes OUTPUT, a C file that holds FILES (separated by commas) as the table sbnn_page_files of page_files.h.
# Arrays of numbers: C17 promises string literals of 4095 characters only.
string(REPLACE "," ";" FILES "${FILES}")
set(arrays "")
set(rows "")
foreach(file ${FILES})
  get_filename_component(name "${file}" NAME)
  string(MAKE_C_IDENTIFIER "${name}" id)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${id}[] = {\n${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", ${id}, sizeof ${id} - 1},\n")
endforeach()
file(WRITE "${OUTPUT}" "/* Made by cmake/embed.cmake. */
#include \"report/page_files.h\"

${arrays}
const sbnn_page_file sbnn_page_files[] = {
${rows}    {NULL, NULL, 0}};
")
