# shellcheck shell=bash
# wheel: the Python package with the program in it, for Linux since Debian 12: dist/sbnn-*.whl

verb_wheel() {
  preset=wheel
  need_for_preset libbz2-dev libssl-dev libaec-dev fonts-dejavu-core binutils
  configure
  build sbnn
  venv "$root/apps/sbnn/python/requirements-wheel.txt"
  "$root/apps/sbnn/python/wheel.sh" "$root/.venv/bin/python" "$(build_dir)/bin/sbnn" "$(build_dir)/sbnn.map" "$root/dist"
}
