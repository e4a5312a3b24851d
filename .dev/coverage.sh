# shellcheck shell=bash
# coverage [FILTER]: lines and branches that the tests reach, by folder, against the floors of tests/coverage_floors.tsv (gcov; no AVX-512)
# coverage gaps FILE...: lines of these files with a branch that no test takes, from the last run
# coverage raise: lift the floors to what the last run has reached

# FOLDER, lines covered, lines, branches covered, branches: one row a folder, then tensor, autograd, nn and sbnn.
coverage_folders() { # CSV of gcovr
  awk -F, '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    {
      sub(/^build-[^\/]*\/generated\/(layers\/[a-z]*|public\/nabla)\//, "", $1) # a header, by the link it was found by
      n = split($1, part, "/"); top = part[1]; folder = top
      if (top == "apps") { top = "sbnn"; folder = "apps/sbnn" (n > 3 ? "/" part[3] : "") }
      else if (n > 2) folder = top "/" part[2]
      if (!((top, folder) in seen)) { seen[top, folder] = 1; of[top] = of[top] " " folder }
      split(folder == top ? top : folder " " top, keys, " ")
      for (k in keys) {
        key = keys[k]
        l[key] += $at["line_covered"]; lines[key] += $at["line_total"]
        b[key] += $at["branch_covered"]; branches[key] += $at["branch_total"]
      }
    }
    END { for (key in lines) print key, l[key], lines[key], b[key], branches[key] }' OFS='\t' "$1" | LC_ALL=C sort
}

coverage_percent='function percent(part, all) { return all ? 100 * part / all : 100 }'

# Of two tables, floors and folders: what is below its floor, or the floors that hold now.
coverage_print() { # FLOORS FOLDERS
  awk -F '\t' "$coverage_percent"'
    FILENAME == ARGV[1] { if ($1 !~ /^#/) { line[$1] = $2; branch[$1] = $3 } next }
    FNR == 1 { printf "%-26s %8s %8s\n", "folder", "lines", "branches" }
    {
      low = percent($2, $3) < line[$1] || percent($4, $5) < branch[$1]; below += low
      printf "%-26s %7.1f%% %7.1f%%  of %d branches%s\n", $1, percent($2, $3), percent($4, $5), $5,
        low ? sprintf("  BELOW ITS FLOOR: %.1f, %.1f", line[$1], branch[$1]) : ""
      if ($1 ~ /^(tensor|autograd|nn|sbnn)$/) last = last sprintf(" %s=%.1f", $1, percent($4, $5))
    }
    END { print "coverage branches" last " below=" below + 0; exit below > 0 }' "$1" "$2"
}

coverage_raise() { # FLOORS FOLDERS
  local new
  new=$(awk -F '\t' "$coverage_percent"'
    # Threads and time decide a few branches: a floor is half a percent below what was seen.
    function floor_of(part, all, old,    now) { now = int(2 * percent(part, all) - 1) / 2; if (now < 0) now = 0; return now > old ? now : old }
    FILENAME == ARGV[1] { if ($1 ~ /^#/) print; else { line[$1] = $2; branch[$1] = $3 } next }
    { printf "%s\t%.1f\t%.1f\n", $1, floor_of($2, $3, line[$1]), floor_of($4, $5, branch[$1]) }' "$1" "$2")
  printf '%s\n' "$new" >"$1"
}

coverage_gaps() { # TRACE FILE...
  local file
  for file in "${@:2}"; do
    awk -v file="$file" -F '[:,]' '
      /^SF:/ { mine = substr($0, length($0) - length(file)) == "/" file }
      mine && /^BRDA:/ { total[$2]++; if ($5 == "-" || $5 == 0) missed[$2]++ }
      END { while ((getline text < file) > 0) { n++; if (n in missed) printf "%s:%d: %d of %d not taken: %s\n", file, n, missed[n], total[n], text } }' "$1"
  done
}

verb_coverage() {
  local dir floors=$root/tests/coverage_floors.tsv tests=0
  preset=coverage
  dir=$(build_dir)
  cd "$root"
  case ${1:-} in
    gaps) coverage_gaps "$dir/coverage.info" "${@:2}" && return ;;
    raise) coverage_raise "$floors" "$dir/coverage_folders.tsv" && return ;;
  esac
  venv "$root/tests/coverage_requirements.txt"
  export GCOV_ERROR_FILE=/dev/null # a test under a limit on files cannot write its counts
  if [ -d "$dir" ]; then find "$dir" -name '*.gcda' -delete; fi
  run_verb test "$@" || tests=1
  "$root/.venv/bin/gcovr" --root "$root" --object-directory "$dir" -j "$(nproc)" --filter '(tensor|autograd|nn|apps)/' \
    --gcov-ignore-errors=all --gcov-suspicious-hits-threshold 0 --exclude-unreachable-branches --merge-mode-functions=separate --csv "$dir/coverage.csv" --lcov "$dir/coverage.info" "$dir" \
    >"$dir/gcovr.log" 2>&1 || { cat "$dir/gcovr.log" >&2 && die "gcovr failed"; }
  coverage_folders "$dir/coverage.csv" >"$dir/coverage_folders.tsv"
  # A part of the tests tells of the files that it is about: no floors.
  if [ $# -gt 0 ]; then floors=/dev/null; fi
  coverage_print "$floors" "$dir/coverage_folders.tsv" && [ "$tests" -eq 0 ]
}
