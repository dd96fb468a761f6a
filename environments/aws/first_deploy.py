"""The hour of a first deploy: CloudFormation waits no longer for the resource that trains the first model.

The parts around the training job have allowances here: a job within its own limit then also ends within the hour.
docs/preflight.md has the same parts, measured or assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

# ServiceTimeout of AWS::CloudFormation::CustomResource: "an integer from 1 to 3600" seconds (template reference).
WAIT_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the first deploy around the training job."""

    name: str
    minutes: int


# The first is the function's limit, the others are assumed.
BESIDE_THE_JOB = (
    Part(name="preparing the dataset (the function's timeout)", minutes=5),
    Part(name="an instance, and pulling a CUDA image onto it", minutes=8),
    Part(name="uploading the model, the gate, registration, approval", minutes=2),
)
LONGEST_JOB_MINUTES = WAIT_MINUTES - sum(part.minutes for part in BESIDE_THE_JOB)
