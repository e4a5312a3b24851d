"""A wheel that carries the program is one of this system; without it, it is pure Python and needs a program elsewhere."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Program(BuildHookInterface):
    def initialize(self, version: str, build_data: dict) -> None:
        if Path(self.root, "sbnn", "bin", "sbnn").exists():
            build_data["pure_python"] = False
            build_data["tag"] = "py3-none-linux_x86_64"
