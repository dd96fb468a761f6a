"""Runs real handlers against fakes of AWS, with anything between two calls: other calls, kills, lost answers."""

import os

# Powertools reads these when the first test imports a handler module.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "rubric-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Rubric")
