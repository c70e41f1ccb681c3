"""``python -m people3d``: the command line."""

import sys

from people3d.cli import main

sys.exit(main())
