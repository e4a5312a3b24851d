# shellcheck shell=bash
# files.sh: the project's own files

c_files() { # all of ours, NUL-separated
  cd "$root"
  find tensor autograd nn apps tests benchmarks docs -type f -name '*.[ch]' -print0 2>/dev/null | sort -z
}
