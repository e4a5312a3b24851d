#!/usr/bin/env bash
# check_includes.sh [ROOT]: the layers of docs/architecture.md, as a check. Exits 1 and names each offending line.
#   tensor/     nothing of ours above it
#   autograd/   tensor/
#   nn/         tensor/, and of autograd/ only autograd.h and ops/ops.def; its layers, losses and metrics are written with
#               public calls: not nn/internal.h
#   apps/       of the library only tensor/tensor.h, tensor/files/, autograd/autograd.h, nn/nn.h
#   apps/sbnn/  its folders in the order given below, each on those before it and on the files of apps/sbnn/ itself
#   docs/code/  the same three, as a user writes them: <nabla/...>
# Public headers name each other by relative path, so that they work from any include directory.
# No circles: no header includes itself by way of others; inside a folder a .c file counts as one with its header, so no two
# files of a folder need each other.
set -euo pipefail
root=${1:-$(dirname "$0")/..}
cd "$root"

folders=()
for folder in tensor autograd nn apps docs/code; do
  if [ -d "$folder" ]; then folders+=("$folder"); fi
done
if [ ${#folders[@]} -eq 0 ]; then
  echo "check_includes: no source folder under $root" >&2
  exit 1
fi

edges=$(mktemp)
trap 'rm -f "$edges"' EXIT

find "${folders[@]}" -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.inc' \) -print0 | sort -z |
  xargs -0 -r grep -nHE '^[[:space:]]*#[[:space:]]*include' | awk -v edges="$edges" '
    function normal(path,    n, i, part, out, top) { # "a/b/../c" -> "a/c"
      n = split(path, part, "/"); top = 0
      for (i = 1; i <= n; i++) {
        if (part[i] == "" || part[i] == ".") continue
        if (part[i] == ".." && top > 0 && out[top] != "..") top--
        else out[++top] = part[i]
      }
      path = ""
      for (i = 1; i <= top; i++) path = path (i > 1 ? "/" : "") out[i]
      return path
    }
    function ours(path) { return path ~ /^(tensor|autograd|nn|apps)\// }
    function exists(path,    line, status) { status = (getline line < path); close(path); return status >= 0 }
    function floor_of(path) { # of a file of apps/sbnn/; 0: in none of its folders
      sub(/^apps\/sbnn\//, "", path)
      if (path !~ /\//) return 0
      sub(/\/.*/, "", path)
      return path in floor ? floor[path] : -1
    }
    function refuse(why) { print file ":" line ": " why ": " text > "/dev/stderr"; bad++ }

    BEGIN {
      floors = split("data linear embed figures output results verdict pictures tables annotate parts training report options commands", order, " ")
      for (i = 1; i <= floors; i++) floor[order[i]] = i
    }

    {
      file = $0; sub(/:.*/, "", file)
      text = substr($0, length(file) + 2); line = text; sub(/:.*/, "", line); text = substr(text, length(line) + 2)
      public = file ~ /^(tensor\/tensor|tensor\/isa|tensor\/vmath(_more)?|autograd\/[a-fh-z][a-z]*|autograd\/autograd|nn\/nn|nn\/.*\/.*|tensor\/files\/.*)\.h$/

      name = text
      if (text ~ /include[[:space:]]*"/) { gsub(/^[^"]*"|".*$/, "", name); quoted = 1 }
      else if (text ~ /include[[:space:]]*</) { gsub(/^[^<]*<|>.*$/, "", name); quoted = 0 }
      else if (text ~ /include[[:space:]]+AG_EXPRESSIONS$/ && file == "autograd/expressions.inc") next # a table of the includer
      else { refuse("an include this check cannot read"); next }

      folder = file; sub(/[^\/]*$/, "", folder)
      near = normal(folder name)
      if (quoted && ours(near) && exists(near)) target = near
      else if (name ~ /^nabla\//) target = substr(name, 7)
      else target = normal(name)
      if (quoted && !ours(target) && ours(near) && name ~ /\.\.\//) target = near
      if (public && ours(target) && target != near) refuse("a public header must include by relative path")
      if (file ~ /^docs\/code\// && ours(target) && name !~ /^nabla\//) refuse("an example must include <nabla/...>")
      other = near
      if (quoted && file ~ /^apps\/sbnn\// && file != "apps/sbnn/main.c") {
        head = name; sub(/\/.*/, "", head)
        other = head in floor ? "apps/sbnn/" name : near
        if (floor_of(file) < 0) refuse("a folder of apps/sbnn/ that this check has no place for")
        if (other ~ /^apps\/sbnn\// && floor_of(other) > floor_of(file)) refuse("apps/sbnn/ includes upwards")
      }
      if (quoted && file ~ /\.h$/ && file != "tensor/files/atomic_file.h" && exists(other)) # that one is a part of tensor.h
        print file, other > edges
      if (folder ~ /^(apps\/sbnn\/.|nn\/|autograd\/|tensor\/)/ && index(other, folder) == 1) {
        one = file; two = other; sub(/\.[ch]$/, "", one); sub(/\.[ch]$/, "", two)
        if (one != two) print one, two > edges
      }
      if (!ours(target)) next

      layer = file; sub(/\/.*/, "", layer)
      if (layer == "tensor" && target !~ /^tensor\//) refuse("tensor/ stands on nothing of ours")
      if (layer == "autograd" && target !~ /^(tensor|autograd)\//) refuse("autograd/ includes upwards")
      if (layer == "nn" && target ~ /^apps\//) refuse("nn/ includes upwards")
      if (layer == "nn" && target ~ /^autograd\// && target !~ /^autograd\/(autograd\.h|expressions\.(h|inc)|ops\/ops\.def)$/)
        refuse("nn/ may use autograd/autograd.h only")
      if (file ~ /^nn\/(layers|losses|metrics)\// && target == "nn/internal.h")
        refuse("a layer, loss or metric is written with public calls")
      if ((layer == "apps" || layer == "docs") && target !~ /^apps\// &&
          target !~ /^(tensor\/tensor|tensor\/files\/[a-z_]+|autograd\/autograd|nn\/nn)\.h$/)
        refuse(layer "/ may use the public headers of the library only")
      if (layer == "docs" && target ~ /^apps\//) refuse("an example may not use an application")
    }
    END { exit bad > 0 }'

if ! circle=$(tsort "$edges" 2>&1 >/dev/null); then
  echo "check_includes: files that include each other in a circle:" >&2
  echo "$circle" | sed -n 's/^tsort: /  /p' | grep -v ': input contains a loop' >&2
  exit 1
fi
echo "check_includes: the layers hold" >&2
