"""`python -m feedpath` is the command line."""

import sys

from feedpath.cli import main

if __name__ == "__main__":
    sys.exit(main())
