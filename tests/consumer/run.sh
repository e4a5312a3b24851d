#!/usr/bin/env bash
# run.sh [release|shared]: builds that preset, installs it, moves the installed tree elsewhere (it must not remember where it
# was), then builds and runs this folder's project against it, with find_package and with pkg-config.
set -euo pipefail
preset=${1:-release}
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
build=$root/build
[ "$preset" = release ] || build=$root/build-$preset
"$root/dev" --preset "$preset" build

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/installed" >"$work/install.log"
mv "$work/installed" "$work/moved"
prefix=$work/moved

cmake -S "$here" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release >"$work/cmake.log"
cmake --build "$work/build" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/build/consumer"
echo "find_package: ok"

pc=$(find "$prefix" -name nabla.pc)
export PKG_CONFIG_PATH=${pc%/*}
libdir=$(pkg-config --variable=libdir nabla)
version=$(pkg-config --modversion nabla)
grep -q "^#define NABLA_VERSION *\"$version\"\$" "$prefix/include/nabla/version.h" ||
  { echo "the installed <nabla/version.h> is not of version $version, which nabla.pc tells"; exit 1; }
for static in "" --static; do
  if [ -n "$static" ] && [ "$preset" = shared ]; then continue; fi # there is no libnabla.a in this one
  # shellcheck disable=SC2046 # words, as in any Makefile
  gcc -std=c17 "$here/consumer.c" $(pkg-config --cflags --libs $static nabla) -o "$work/consumer"
  LD_LIBRARY_PATH=$libdir "$work/consumer"
  echo "pkg-config${static:+ $static}: ok"
done

# The examples are installed, and compile against what is installed.
examples=$prefix/share/doc/nabla/code
# shellcheck disable=SC2046
gcc -std=c17 "$examples/quickstart.c" $(pkg-config --cflags --libs nabla) -o "$work/quickstart"
LD_LIBRARY_PATH=$libdir "$work/quickstart" >"$work/quickstart.txt" || { cat "$work/quickstart.txt"; exit 1; }
echo "installed examples: $(find "$examples" -name '*.c' | wc -l), quickstart: ok"

# Nothing but our own headers is installed, and the program that was installed runs.
(cd "$prefix/include" && find . -type f | sort | tr '\n' ' ') && echo
(unset LD_LIBRARY_PATH; "$prefix/bin/sbnn" help >/dev/null) # finds its library by itself
echo "installed sbnn: ok"
