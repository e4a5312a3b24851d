# mutants.awk: of a C file one line a mutant: number of the line, the line changed. One operator or constant is changed in each.
function emit(from, to,    at, left, rest) {
  rest = $0
  left = ""
  while ((at = index(rest, from)) > 0) {
    print NR "\t" left substr(rest, 1, at - 1) to substr(rest, at + length(from))
    left = left substr(rest, 1, at - 1 + length(from))
    rest = substr(rest, at + length(from))
  }
}
/^[ \t]*\/?\*/ { comment = !/\*\//; next }
comment { comment = !/\*\//; next }
/^#|^[a-z].*[;,]$|^[a-z].*\{$|^\}/ { next } # declarations, heads of functions
{
  emit(" < ", " <= "); emit(" <= ", " < "); emit(" > ", " >= "); emit(" >= ", " > ")
  emit(" == ", " != "); emit(" != ", " == "); emit(" && ", " || "); emit(" || ", " && ")
  emit(" + 1", " - 1"); emit(" - 1", " + 1"); emit("return true", "return false"); emit("return false", "return true")
  emit("if (!", "if (")
}
