"""``python -m decoding``: see `decoding.cli.main`."""

import sys

from decoding.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
