# shellcheck shell=bash
# build: build the library and build/bin/sbnn

verb_build() {
  need_for_preset
  configure
  build nabla sbnn
  say "built $(build_dir)/bin/sbnn"
}
