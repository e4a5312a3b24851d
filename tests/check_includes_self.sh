#!/usr/bin/env bash
# Feeds check_includes.sh a clean tree, then one bad line at a time: each must be refused, with its file and line.
set -euo pipefail
check=$(realpath "$(dirname "$0")")/check_includes.sh
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failed=0

clean_tree() {
  rm -rf "${root:?}"/*
  mkdir -p "$root"/{tensor,autograd/{ops,plan},nn/{model,layers},apps/sbnn/{data,tables},docs/code}
  touch "$root"/tensor/{tensor.h,vmath.h} "$root"/autograd/{ops/op.h,ops/ops.def,plan/plan.h} "$root"/apps/sbnn/sbnn.h
  printf '#include "../tensor/tensor.h"\n#include "ops/ops.def"\n' >"$root/autograd/autograd.h"
  printf '#include "../autograd/autograd.h"\n' >"$root/nn/nn.h"
  touch "$root/nn/internal.h" "$root/nn/model/model.h" "$root"/apps/sbnn/data/{table,rows}.h
  printf '#include "../../autograd/autograd.h"\n' >"$root/nn/model/network.h"
  printf '#include "../model/network.h"\n' >"$root/nn/layers/dense.c"
  printf '#include "tensor/tensor.h"\n#include <math.h>\n' >"$root/tensor/array.c"
  printf '#include "autograd/ops/op.h"\n#include "op.h"\n#include "tensor/vmath.h"\n' >"$root/autograd/ops/exp.c"
  printf '#include "nn/nn.h"\n#include "autograd/autograd.h"\n#include "tensor/tensor.h"\n' >"$root/nn/model/model.c"
  printf '#include <nabla/nn/nn.h>\n#include "sbnn.h"\n#include "../sbnn.h"\n' >"$root/apps/sbnn/data/table.c"
  printf '#include "data/table.h"\n#include "output/writer.h"\n' >"$root/apps/sbnn/tables/tables.c"
  printf '#include "tables/tables.h"\n' >"$root/apps/sbnn/main.c"
  printf '#include <nabla/nn/nn.h>\n' >"$root/docs/code/first.c"
}

expect() { # accepted|refused FILE LINE
  clean_tree
  printf '%s\n' "$3" >>"$root/$2"
  local outcome=refused report
  if report=$("$check" "$root" 2>&1); then outcome=accepted; fi
  if [ "$outcome" != "$1" ] || { [ "$1" = refused ] && ! grep -q "^$2:[0-9]*: " <<<"$report"; }; then
    echo "check_includes_self: in $2, '$3' was $outcome, not $1: $report" >&2
    failed=1
  fi
}

expect accepted tensor/array.c '#include "vmath.h"'
expect refused tensor/array.c '#include "autograd/autograd.h"'
expect refused tensor/array.c '  #  include "../nn/nn.h"'
expect refused tensor/vmath.h '#include <nabla/nn/nn.h>'
expect refused tensor/array.c '#include "apps/sbnn/sbnn.h"'
expect refused tensor/array.c '#include SOME_MACRO'
expect refused autograd/ops/exp.c '#include "nn/nn.h"'
expect refused autograd/ops/exp.c '#include "../../nn/nn.h"'
expect refused autograd/plan/plan.h '#include "apps/sbnn/sbnn.h"'
expect accepted nn/model/model.c '#include "autograd/ops/ops.def"'
expect refused nn/model/model.c '#include "autograd/ops/op.h"'
expect refused nn/model/model.c '#include "../../autograd/plan/plan.h"'
expect accepted nn/model/model.c '#include "nn/internal.h"'
expect refused nn/layers/dense.c '#include "nn/internal.h"'
expect refused nn/model/network.h '#include "nn/nn.h"'
expect refused nn/model/model.c '#include "autograd/not_written_yet.h"'
expect refused nn/model/model.c '#include "apps/sbnn/sbnn.h"'
expect accepted apps/sbnn/sbnn.h '#include "autograd/autograd.h"'
expect refused apps/sbnn/sbnn.h '#include "autograd/ops/op.h"'
expect refused apps/sbnn/data/table.c '#include "../../../autograd/plan/plan.h"'
expect refused apps/sbnn/data/table.c '#include <nabla/tensor/vmath.h>'
expect refused apps/sbnn/data/table.c '#include <tensor/vmath.h>'
expect refused apps/sbnn/data/table.c '#include "tables/tables.h"'
expect refused apps/sbnn/data/table.c '#include "../tables/tables.h"'
expect refused apps/sbnn/sbnn.h '#include "data/table.h"'
expect refused apps/sbnn/data/table.c '#include "options/options.h"'
expect refused apps/sbnn/tables/tables.c '#include "commands/session.h"'
expect refused nn/nn.h '#include "tensor/tensor.h"'
expect refused docs/code/first.c '#include "nn/nn.h"'
expect refused docs/code/first.c '#include <nabla/autograd/ops/op.h>'

expect_circle() { # NAME FILE LINE FILE LINE: refused for the circle that the two lines close
  clean_tree
  printf '%s\n' "$3" >>"$root/$2"
  printf '%s\n' "$5" >>"$root/$4"
  local report
  if report=$("$check" "$root" 2>&1) || ! grep -q "circle" <<<"$report" || ! grep -q "$1" <<<"$report"; then
    echo "check_includes_self: '$3' in $2 and '$5' in $4 close no circle: $report" >&2
    failed=1
  fi
}

expect_circle nn/model/network.h nn/model/network.h '#include "model.h"' nn/model/model.h '#include "network.h"'
expect_circle data/rows apps/sbnn/data/rows.h '#include "data/table.h"' apps/sbnn/data/table.c '#include "data/rows.h"'
expect_circle model/rows nn/model/rows.h '#include "model.h"' nn/model/model.c '#include "rows.h"'
exit $failed
