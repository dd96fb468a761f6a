"""Real handlers on fakes of AWS, with anything between two calls: other calls, kills, lost answers."""

import os

# Powertools reads these when a handler module is imported, whichever test comes first.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "rubric-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Rubric")
