"""``python -m people3d``: the command line, also for ``torchrun -m people3d train …``."""

import sys

from people3d.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
