"""The IAM actions that reading an environment's stacks takes, for the roles of whoever reads them.

All of them read. `sts:GetCallerIdentity`, which both commands also call, needs no permission (STS API reference).
"""

from __future__ import annotations

# `rubric stacks changes`, on the environment's stacks: `stack/Rubric-dev-*/*`.
CHANGES = ("cloudformation:DescribeStacks", "cloudformation:GetTemplate")
