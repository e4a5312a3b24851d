# shellcheck shell=bash
# venv.sh: Python's packages, in .venv

venv() { # REQUIREMENTS...: a virtual environment in .venv with these installed
  local file
  need python3-venv python3-dev g++ # torch.compile compiles
  [ -x "$root/.venv/bin/python" ] || quietly "python3 -m venv" python3 -m venv "$root/.venv"
  for file in "$@"; do
    # Asked first, for installing takes a while even if there is nothing to install.
    if ! "$root/.venv/bin/pip" install --quiet --dry-run --no-index -r "$file" >/dev/null 2>&1; then
      say "installing what ${file#"$root"/} lists into .venv ..."
      quietly "pip install" "$root/.venv/bin/pip" install -r "$file"
    fi
  done
}
