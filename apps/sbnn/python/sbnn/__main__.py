"""python -m sbnn: the program."""

from ._binary import main

main()
