"""Resources that the Serving stack uses but that a promotion, which may update that stack, must not change."""

from __future__ import annotations

from dataclasses import dataclass

from constructs import Construct

from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.serving.endpoint_role import endpoint_role
from stacks.serving.rollback_alarms import RollbackAlarms
from stacks.serving.rollout_check import RolloutCheck
from stacks.shared.images import ServingImage
from stacks.stores import Stores


@dataclass(frozen=True, kw_only=True)
class ServingNames:
    """The model's role and the function that checks rollouts, as ARNs, and the names of the alarms that take a rollout
    back (none for an endpoint without guardrails).
    """

    role_arn: str
    check_arn: str
    alarms: tuple[str, ...]


class ServingBase(Construct):
    """The model's role, the rollback alarms and the check of rollouts."""

    def __init__(
        self,
        scope: RubricStack,
        construct_id: str,
        *,
        deployment: Deployment,
        stores: Stores,
        image: ServingImage,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = deployment.settings
        # A serverless endpoint has no guardrails.
        guarded = settings.serving.mode == "real-time"
        alarms = RollbackAlarms(self, "RollbackAlarms", settings=settings) if guarded else None
        role = endpoint_role(self, "ModelRole", deployment=deployment, stores=stores, repository=image.repository)
        check = RolloutCheck(self, "RolloutCheck", deployment=deployment)
        if alarms is not None:
            alarms.visible_to(role)
            alarms.visible_to(check.role)
        self.names = ServingNames(
            role_arn=scope.share(role.role_arn),
            check_arn=scope.share(check.arn),
            alarms=tuple(alarms.names) if alarms is not None else (),
        )
