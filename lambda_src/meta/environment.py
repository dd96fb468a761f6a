"""The settings of the routes about the service."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class MetaSettings:
    """The parameter with the approved model, the bucket with its evaluation, and the endpoint that serves it.

    With `backend` bedrock: the foundation model and its labels instead. task: as in contracts/api/task.py.
    """

    approved_model_parameter: str
    artifact_bucket: str
    environment: str
    endpoint_name: str = ""
    component_name: str = ""
    backend: str = "sagemaker"
    bedrock_model_id: str = ""
    bedrock_labels: list[str] = field(default_factory=list)
    api_auth: str = "keys"
    jwt_issuer: str = ""
    task: str = ""
