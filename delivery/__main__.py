"""`python -m delivery`, as the CDK starts it."""

import sys

from delivery.app import main

if __name__ == "__main__":
    sys.exit(main())
