"""Long tests: each module or folder is a separate suite, with its own process and its own local AWS."""

from tests.e2e.deployment import cloud, demo, deployed  # noqa: F401
