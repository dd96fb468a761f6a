"""`python -m tools.delivery`."""

import sys

from tools.delivery.main import main

sys.exit(main())
