# shellcheck shell=bash
# packages.sh: what a verb needs of Debian's packages

build_packages=(gcc libc6-dev cmake ninja-build pkg-config zlib1g-dev libjansson-dev librandom123-dev)
optional_packages=(libcairo2-dev libqhull-dev libzip-dev libhdf5-dev fonts-dejavu-core)
test_packages=(libcriterion-dev libmatio-dev) # the second writes MATLAB files, which the tests read
cross_packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)

missing_packages() { # PACKAGE...: prints those that are not installed
  local package status
  for package in "$@"; do
    # shellcheck disable=SC2016 # dpkg's own ${...}
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || printf '%s\n' "$package"
  done
}

# Runs a command with its output in a log; the log is shown only if the command fails.
quietly() { # WHAT COMMAND...
  local what=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    cat "$log" >&2
    rm -f "$log"
    say "$what failed"
    return 1
  fi
  rm -f "$log"
}

# Follows apt-get in its log: says every five seconds what it is at, and since when.
watch_install() { # LOG
  local start=$SECONDS at
  while sleep 5; do
    at=$(sed -nE -e 's/^(Hit|Ign|Get):[0-9]+ .*(InRelease|Packages|Translation).*/reading the lists of packages/p;t' \
      -e 's/^Get:[0-9]+ [^ ]+ [^ ]+ [^ ]+ ([^ ]+) .*/fetching \1/p' -e 's/^Unpacking ([^ ]+) .*/unpacking \1/p' \
      -e 's/^Setting up ([^ ]+) .*/setting up \1/p' "$1" | tail -n 1)
    say "  ${at:-waiting for apt-get}, $((SECONDS - start)) s"
  done
}

# Runs apt-get with its output in a log, which is shown only if it fails and WHAT is not empty.
attended() { # WHAT COMMAND...
  local what=$1 log watcher status=0
  shift
  log=$(mktemp)
  watch_install "$log" &
  watcher=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$watcher"
  wait "$watcher" 2>/dev/null || true
  if [ "$status" -ne 0 ] && [ -n "$what" ]; then
    cat "$log" >&2
    say "$what failed"
  fi
  rm -f "$log"
  return "$status"
}

need() { # PACKAGE...: installs what is missing
  local as_root=() apt missing
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "no apt-get here; what this needs, by its Debian names: $*"
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "not root and no sudo; please install: ${missing[*]}"
      return 0
    fi
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} packages, which takes a minute or two: ${missing[*]}"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  # The package lists are fetched when there are none, or when they turn out to be stale.
  if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
    attended "apt-get update" "${apt[@]}" update || return 1
  elif attended "" "${apt[@]}" install --no-install-recommends "${missing[@]}"; then
    return 0
  else
    attended "apt-get update" "${apt[@]}" update || return 1
  fi
  attended "apt-get install" "${apt[@]}" install --no-install-recommends "${missing[@]}"
}

need_for_preset() { # PACKAGE...: those, and what the preset compiles with
  local packages=("${build_packages[@]}" "$@")
  case $preset in
    minimal) ;;
    tsan | msan) packages+=(clang libomp-dev) ;;
    clang | fuzz) packages+=("${optional_packages[@]}" clang libomp-dev) ;;
    *) packages+=("${optional_packages[@]}") ;;
  esac
  need "${packages[@]}"
  case $preset in fuzz | tsan | msan)
    if command -v apt-get >/dev/null; then
      local version
      version=$(clang -dumpversion)
      need "libclang-rt-${version%%.*}-dev" # libFuzzer, the sanitizers
    fi
    ;;
  esac
}
