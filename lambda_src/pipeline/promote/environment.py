"""The promote function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PromoteSettings:
    """The parameter that names the approved model, the stack that serves it, the types of that stack's resources, the
    paths of the parameters that say which approvals have been acted on and whose turn it is to promote, and the
    registry's group.
    """

    environment: str
    approved_model_parameter: str
    serving_stack_name: str
    serving_resource_types: list[str]
    approvals_path: str
    promotions_path: str
    model_package_group: str
