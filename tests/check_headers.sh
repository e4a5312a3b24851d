#!/usr/bin/env bash
# check_headers.sh CC GENERATED: each public header compiles by itself, in C and (where the compiler has it) in C++, with nothing
# but the public headers in reach; and what a layer must not see is not on its include path.
set -euo pipefail
cc=$1 generated=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
cd / # "..." is looked up here first
failed=0 n=0
languages=("c -std=c11 -Wpedantic -Wstrict-prototypes")
if "$cc" -x c++ -fsyntax-only - </dev/null 2>/dev/null; then languages+=("c++ -std=c++17"); fi

compiles() { # LANGUAGE INCLUDE_PATH LINE: with its complaints on standard error
  # shellcheck disable=SC2086 # words
  printf '%s\nint nothing;\n' "$3" | "$cc" -x $1 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I "$2" -
}

# part.h says "part of whole.h, which includes it": it is seen through whole.h.
is_part() { head -n 6 "$1" | tr -d '\n *' | grep -q 'partof[a-z_]*\.h,whichincludesit'; }

while read -r header; do
  n=$((n + 1))
  if is_part "$generated/public/nabla/$header"; then continue; fi
  for language in "${languages[@]}"; do
    compiles "$language" "$generated/public" "#include <nabla/$header>" || { echo "check_headers: $header, as $language" && failed=1; }
  done
done < <(cd "$generated/public/nabla" && find . -name '*.h' | sed 's|^\./||' | sort)
[ "$n" -gt 50 ] || { echo "check_headers: only $n public headers" && exit 1; }

# A user's table of expressions.
expressions=$'#define AG_EXPRESSIONS "'$here$'/../nn/optim/expressions.def"\n#define AG_EXPRESSION_TABLE mine\n'
compiles "c -std=c11" "$generated/public" "$expressions#define AG_EXPRESSION_EXTERN"$'\n#include <nabla/autograd/expressions.inc>' || failed=1

refuse() { # INCLUDE_PATH HEADER
  if compiles c "$generated/$1" "#include \"$2\"" 2>/dev/null; then echo "check_headers: $2 is in reach of $1" && failed=1; fi
}
for private in nn/internal.h autograd/graph.h autograd/ops/op.h tensor/conv.h tensor/kernels/product.h; do
  refuse public "nabla/$private"
  refuse public/nabla "$private"
done
refuse layers/tensor autograd/autograd.h
refuse layers/tensor nn/nn.h
refuse layers/autograd nn/nn.h
echo "check_headers: $n headers, as ${languages[*]%% *}"
exit $failed
