# shellcheck shell=bash
# acceptance [NAME...] [quick]: results on real data against published figures (m1 srrr recipe without NAME); quick: one seed
# acceptance list: what each NAME does

# A script of tests/acceptance is a NAME. Its line "# needs: PACKAGE..." names Debian packages; "# needs of Python: FILE", the
# requirements of which land in .venv, whose programs it finds in its PATH.

acceptance_list() {
  local script
  for script in "$root"/tests/acceptance/*.sh; do
    if [ -x "$script" ]; then awk 'NR == 1 || /^# needs/ { next } !/^# / { exit } { print (NR == 2 ? "" : "    ") substr($0, 3) }' "$script"; fi
  done
}

verb_acceptance() { # [NAME...] [quick]
  local name script names=() mode=() packages=() requirements
  if [ "${1:-}" = list ]; then acceptance_list && return; fi
  for name in "$@"; do
    if [ "$name" = quick ]; then mode=(quick); else names+=("$name"); fi
  done
  [ ${#names[@]} -gt 0 ] || names=(m1 srrr recipe)
  for name in "${names[@]}"; do
    script=$root/tests/acceptance/$name.sh
    [ -x "$script" ] || die "there is no tests/acceptance/$name.sh; ./$self acceptance list shows what is there"
    read -r -a packages < <(sed -n 's/^# needs: //p' "$script" && echo)
    need_for_preset "${packages[@]}"
    requirements=$(sed -n 's/^# needs of Python: //p' "$script")
    if [ -n "$requirements" ]; then
      venv "$root/tests/acceptance/$requirements" || say "what $requirements lists cannot be installed here"
      export PATH="$root/.venv/bin:$PATH"
    fi
  done
  configure
  build sbnn
  for name in "${names[@]}"; do "$root/tests/acceptance/$name.sh" "$(build_dir)/bin/sbnn" "${mode[@]}"; done
}
