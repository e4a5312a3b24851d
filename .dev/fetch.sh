# shellcheck shell=bash
# fetch m1|v1|cbmc DIR: fetch a data set of the paper, check its shape, record its SHA-256 (needs a network)

verb_fetch() {
  [ $# -eq 2 ] || die "fetch takes a data set of the paper, m1, v1 or cbmc, and a folder"
  local here=$PWD
  need_for_preset curl
  configure
  build sbnn
  cd "$here"
  "$root/apps/sbnn/fetch.sh" "$(build_dir)/bin/sbnn" "$root/apps/sbnn/fetch.tsv" "$@"
}
