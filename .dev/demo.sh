# shellcheck shell=bash
# demo [ARGUMENTS]: build, then run 'sbnn demo' on synthetic data of known truth (under a minute)

verb_demo() {
  local here=$PWD
  need_for_preset
  configure
  build sbnn
  cd "$here"
  exec "$(build_dir)/bin/sbnn" demo "$@"
}
