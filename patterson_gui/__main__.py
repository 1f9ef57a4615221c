"""`python -m patterson_gui`."""

import sys

from patterson_gui.cli import main

if __name__ == "__main__":
    sys.exit(main())
