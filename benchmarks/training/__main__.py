"""The command `python -m benchmarks.training`."""

import sys

from benchmarks.training.compare import main

sys.exit(main(sys.argv[1:]))
