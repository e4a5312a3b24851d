# shellcheck shell=bash
# docs: compile and run the documentation's examples, rewrite its generated pages

verb_docs() {
  need_for_preset "${test_packages[@]}"
  configure -DNABLA_TESTS=ON
  build all
  build docs_pages
  run_verb test '^docs_'
}
