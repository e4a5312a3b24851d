# shellcheck shell=bash
# build.sh: configures and builds the preset

build_dir() { if [ "$preset" = release ]; then echo "$root/build"; else echo "$root/build-$preset"; fi; }

configure() { # CMAKE ARGUMENT...
  command -v cmake >/dev/null || die "cmake is not installed"
  command -v ninja >/dev/null || die "ninja is not installed"
  cd "$root"
  local dir
  dir=$(build_dir)
  # A tree that was moved or copied with its build directory: that one belongs to another place.
  if [ -f "$dir/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$dir/CMakeCache.txt"; then
    rm -rf "$dir"
  fi
  [ -f "$dir/build.ninja" ] || say "looking at this machine's compiler and libraries ..."
  quietly "configuring" cmake --preset "$preset" ${NABLA_WERROR:+"-DNABLA_WERROR=$NABLA_WERROR"} "$@"
}

# Follows ninja's "[done/total]" in its log: says how many files there are, soon how long they will take, then once a minute.
watch_build() { # LOG
  local start=$SECONDS spoken=0 next=5 finished total passed left
  while sleep 1; do
    read -r finished total < <(sed -nE 's/^\[([0-9]+)\/([0-9]+)\] (Building|Linking).*/\1 \2/p' "$1" | tail -n 1) || continue
    passed=$((SECONDS - start))
    if [ "$spoken" != "$total" ]; then say "  $total files on $(nproc) cores"; fi
    spoken=$total
    if [ "$passed" -lt "$next" ] || [ "$finished" -lt 5 ]; then continue; fi
    next=$((passed + 60)) left=$(((total - finished) * passed / finished))
    if [ "$left" -ge 90 ]; then say "  $finished of $total after $passed s, about $(((left + 30) / 60)) minutes to go"; fi
    if [ "$left" -ge 5 ] && [ "$left" -lt 90 ]; then say "  $finished of $total after $passed s, about $left s to go"; fi
  done
}

build() { # TARGET...
  local dir log watcher status=0
  dir=$(build_dir)
  log=$(mktemp)
  say "building ${dir#"$root"/} ..."
  watch_build "$log" &
  watcher=$!
  cmake --build "$dir" --target "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$watcher"
  wait "$watcher" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  if [ "$status" -ne 0 ]; then say "the build failed"; fi
  return "$status"
}
