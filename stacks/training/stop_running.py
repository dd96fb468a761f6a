"""Stops the executions of a stack's state machines before the machines are deleted.

Step Functions deletes a machine only once its executions are over (its API reference, DeleteStateMachine): for one that
trains, that can be hours of a GPU that nobody wants any more.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from stacks.shared.cleanup import Cleanup
from stacks.shared.permissions import allow
from stacks.shared.state_machine import StateMachine, execution_arn, machine_arn


class StopRunning(Construct):
    """A custom resource that stops executions and jobs when it is deleted, which is before `machines` are.

    What starts executions (rules, the first deploy's training) must depend on `resource`: then it is made after it and
    gone before it. The cleanup's function does it, which may stop the jobs already.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cleanup: Cleanup,
        machines: Sequence[StateMachine],
        job_prefix: str,
    ) -> None:
        super().__init__(scope, construct_id)
        names = [machine.name for machine in machines]
        # By their names: the machines depend on the cleanup, whose function and role this uses.
        arns = [machine_arn(self, name) for name in names]
        allow(cleanup.role, "states:ListExecutions", on=arns)
        allow(
            cleanup.role,
            "states:StopExecution",
            on=[f"{execution_arn(self, name)}:*" for name in names],
            because="Executions of this stack's machines; each has a name of its own.",
        )
        self.resource = cdk.CustomResource(
            self,
            "Resource",
            service_token=cleanup.handler.arn,
            service_timeout=cleanup.answered_within,
            resource_type="Custom::StopRunning",
            properties={"StateMachines": arns, "RunningJobPrefix": job_prefix},
        )
        self.resource.node.add_dependency(*machines)
