"""`python -m tools.acceptance`."""

import sys

from tools.acceptance.main import main

sys.exit(main())
