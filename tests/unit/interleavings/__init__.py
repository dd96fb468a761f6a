"""Runs real handlers against fakes of AWS, with anything between two calls: other calls, kills, lost answers.

A function runs in a greenlet that stops before each call to AWS (explorer/engine.py). The bench runs several of them
and timed events to the end (explorer/bench.py), and puts a deviation before a chosen call: the call fails, the function
is killed or doubled, its answer is lost. A run is repeated with each possible deviation (explorer/deviating.py), and
its invariants are checked at the end. So a new case needs three modules: the fake of the service in fakes, a `Run` with
its events and invariants in worlds, and a test that also removes the guards one by one, and must then find a fault.

Promotions and rejections have a folder: run.py runs scenarios.py, exploring.py repeats it, judging.py checks it,
operators.py is the operator; the fakes are in fakes/cloud.py and fakes/asl.py. The other cases are in worlds. API keys:
api_keys.py. The cursors' key: cursor_keys.py, with fakes/secrets_manager.py. Idempotency keys: idempotent.py. Redrive
and erasure: redrives.py and log_records.py, with fakes/log_stores.py.
"""

import os

# Powertools reads these when the first test imports a handler module.
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "rubric-test")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Rubric")
