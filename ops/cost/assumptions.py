"""What a request and a run are taken to use, where no template and no setting says it. docs/cost.md repeats them."""

from __future__ import annotations

from typing import Final

from ops.cost.amounts import Amounts, same

# Seconds of a function for a request: docs/load.md, where both together take some 40 ms on this machine.
AUTHORIZER_SECONDS: Final = Amounts(0.005, 0.01, 0.02)
CLASSIFY_SECONDS: Final = Amounts(0.015, 0.03, 0.08)
# Of a function that a schedule starts, and that mostly finds nothing to do.
SCHEDULED_SECONDS: Final = Amounts(0.1, 0.5, 2.0)
# Seconds of a serverless endpoint for a request: the model's own answer and its server.
SERVERLESS_SECONDS: Final = Amounts(0.01, 0.03, 0.1)
# Log lines of a request, in GB, in each of three log groups: 2 to 4 KB together (docs/load.md).
LOGGED_GB: Final = Amounts(0.7e-6, 1.0e-6, 1.3e-6)
# An item of the request log and its entries in two indexes, in GB (docs/load.md, "How much the request log can take").
LOGGED_TEXT_GB: Final = Amounts(0.7e-6, 0.9e-6, 1.4e-6)
# Write units of a text: the table's and its two indexes' (docs/load.md).
LOG_WRITES: Final = Amounts(3.0, 3.0, 4.0)
# The authorizer counts each request with one write (decision 16); it reads the key once in a while.
COUNTED_WRITES: Final = same(1.0)
# Captured in S3: a request and its answer, in GB; SageMaker writes several to one object.
CAPTURED_GB: Final = Amounts(0.3e-6, 0.6e-6, 1.5e-6)
# Share of `training.max_runtime_minutes` that a run takes.
TRAINING_SHARE: Final = Amounts(0.15, 0.4, 1.0)
# Transitions of the pipeline's state machine in a run, and of the one that decides.
TRANSITIONS: Final = Amounts(15.0, 25.0, 60.0)
# Lambda's pollers of a queue ask for 20 seconds at a time, and there are five of them ("Using Lambda with Amazon SQS").
POLLERS: Final = 5
POLL_SECONDS: Final = 20
# GB of the serving image in ECR, and of a build minutes of CodeBuild.
IMAGE_GB: Final = Amounts(0.3, 0.5, 1.0)
# Minutes without a request after which an endpoint that may go to zero is asleep. Application Auto Scaling's guide
# ("How target tracking scaling works") only says that it removes capacity more slowly than it adds it: decision 96.
IDLE_MINUTES: Final = 15
