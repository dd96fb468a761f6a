"""The command `python -m benchmarks.serving`."""

import sys

from benchmarks.serving.compare import main

sys.exit(main(sys.argv[1:]))
