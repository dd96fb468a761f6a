"""The promote function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The parameter that names the approved model, the stack that serves it, the types of that stack's resources, the
    path of the parameters that say which approvals have been acted on, and the registry's group.
    """

    approved_model_parameter: str
    serving_stack_name: str
    serving_resource_types: list[str]
    approvals_path: str
    model_package_group: str
