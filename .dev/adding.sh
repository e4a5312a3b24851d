# shellcheck shell=bash
# adding: add a thing of each kind to a copy of the tree, count what that touches, build and test the copy

# KIND NAME FILES TABLE LINE NAMES: copies the files of NAME, and its line in TABLE, as NAME_again; NAMES is an extended
# regular expression of the identifiers that others see. Prints the row: what git counts. More than one line is a failure.
add_like() {
  local kind=$1 name=$2 files=$3 table=$4 line=$5 names=$6 file new=0 lines=0 added path
  for file in $files; do
    sed -E "s/\\b($names)\\b/\\1_again/g; s/\\b(NABLA_[A-Z0-9_]+)_H\\b/\\1_AGAIN_H/" "$file" >"${file/$name./${name}_again.}"
  done
  awk -v line="$line" -v name="$name" '{ print } index($0, line) == 1 { sub(name, name "_again"); print }' "$table" >"$table.new"
  mv "$table.new" "$table"
  git add -A
  while read -r added _ path; do
    if git cat-file -e "HEAD:$path" 2>/dev/null; then lines=$((lines + added)); else new=$((new + 1)); fi
  done < <(git diff --cached --numstat)
  git commit -qm "$kind"
  printf '%-18s %9d %15d  %s\n' "$kind" "$new" "$lines" "$table"
  if [ "$lines" -ne 1 ]; then say "a new $kind took $lines lines elsewhere"; return 1; fi
}

add_all() {
  local failed=0
  printf '%-18s %9s %15s\n' KIND FILES-NEW LINES-ELSEWHERE
  add_like op erfc autograd/ops/elementwise/erfc.c autograd/ops/ops.def 'AG_OP(erfc,' 'erfc|ag_erfc|ag_op_erfc' || failed=1
  add_like layer flatten "nn/layers/flatten.c nn/layers/flatten.h" nn/layers/layers.h '#include "flatten.h"' \
    '(nn_|nn_layer_)?(flatten|pixel_shuffle)' || failed=1
  add_like loss mae "nn/losses/mae.c nn/losses/mae.h" nn/losses/losses.h '#include "mae.h"' '(nn_|nn_loss_)?mae' || failed=1
  add_like metric accuracy "nn/metrics/accuracy.c nn/metrics/accuracy.h" nn/metrics/metrics.h '#include "accuracy.h"' \
    '(nn_|nn_metric_)?accuracy' || failed=1
  add_like optimizer lion "nn/optim/lion.c nn/optim/lion.h" nn/optim/optim.h '#include "lion.h"' \
    '(nn_|nn_optimizer_)?lion(_rule|_options)?' || failed=1
  add_like penalty elastic_net "nn/penalties/elastic_net.c nn/penalties/elastic_net.h" nn/penalties/penalties.h \
    '#include "elastic_net.h"' '(nn_)?(elastic_net|l1|l2)' || failed=1
  add_like prox prox_l1 "nn/prox/prox_l1.c nn/prox/prox_l1.h" nn/prox/operators.h '#include "prox_l1.h"' '(nn_)?prox_l1' || failed=1
  add_like subcommand info apps/sbnn/commands/info.c apps/sbnn/commands/commands.def 'SBNN_COMMAND(info)' \
    'info|sbnn_command_info' || failed=1
  add_like "table format" npy apps/sbnn/data/table_npy.c apps/sbnn/data/formats.def 'SBNN_FORMAT(npy)' sbnn_format_npy || failed=1
  add_like figure by_genes apps/sbnn/pictures/by_genes.c apps/sbnn/pictures/pictures.def 'SBNN_PICTURE(by_genes)' \
    sbnn_picture_by_genes || failed=1
  return "$failed"
}

# The new things are found where tables lead: reference pages, help, and the tests that go over all rows.
try_all() { # BUILD FOLDER
  local build=$1 failed=0 test
  local tests=(test_ops test_ops_values test_ops_refused test_layers test_rows_refused test_nn_losses test_nn_gradients test_nn_optim)
  quietly "configuring the copy" cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O0 -DNABLA_TESTS=ON || return 1
  quietly "the build of the copy" cmake --build "$build" --target sbnn docs_generate_ops docs_generate_reference "${tests[@]}" || return 1
  shown() { # WHAT NAME COMMAND...
    if "${@:3}" 2>/dev/null | grep "$2" >/dev/null; then echo "ok: $2 in $1"; else say "$2 is missing in $1"; failed=1; fi
  }
  local reference=("$(find "$build" -name docs_generate_reference -type f)" nn/losses nn/losses/*.h)
  shown "docs/ops.md" erfc_again "$(find "$build" -name docs_generate_ops -type f)"
  shown "docs/reference/losses.md" nn_mae_again "${reference[@]}"
  shown "sbnn help" info_again "$build/bin/sbnn" help
  shown "sbnn help info_again" print-config "$build/bin/sbnn" help info_again
  for test in "${tests[@]}"; do
    if quietly "$test" "$build/tests/$test"; then echo "ok: $test"; else failed=1; fi
  done
  return "$failed"
}

verb_adding() {
  local failed=0
  need_for_preset "${test_packages[@]}" git
  copy=$(mktemp -d) # not local: the trap reads it
  trap 'rm -rf "$copy"' EXIT
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null | tar -cf - -T -) | tar -xf - -C "$copy"
  cd "$copy"
  git init -q && git config user.name adding && git config user.email adding@localhost && git config gc.auto 0
  git add -A && git commit -qm "the tree"
  add_all || failed=1
  say "building the copy ..."
  try_all "$copy/build" || failed=1
  return "$failed"
}
