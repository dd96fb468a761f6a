"""How long preflight waits for one call: less than the other commands, because it makes many."""

from __future__ import annotations

from botocore.config import Config

QUICK = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})
# Reading thirty pages runs into Service Quotas' throttling.
PATIENT = Config(connect_timeout=4, read_timeout=10, retries={"mode": "standard", "max_attempts": 6})
