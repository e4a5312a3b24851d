# shellcheck shell=bash
# figures [NAME...]: make the pictures of docs/figures anew, from runs of our own: m1, pbmc, v1 (the last two take long)

verb_figures() { # [NAME...]
  need_for_preset
  configure
  build sbnn
  "$root/docs/figures.sh" "$(build_dir)/bin/sbnn" "$@"
}
