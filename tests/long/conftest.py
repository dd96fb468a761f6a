"""Long tests: each module or folder is a suite of its own, run in a process of its own, with a local AWS of its own."""

from tests.e2e.deployment import cloud, demo, deployed  # noqa: F401
