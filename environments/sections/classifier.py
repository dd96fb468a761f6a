"""The section `classifier` of an environment file: the backend, the fallback and the Bedrock model's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from environments.sections.base import Section

Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]


class Bedrock(Section):
    """A Bedrock foundation model that must take a forced tool choice: Amazon Nova or Anthropic Claude."""

    model_id: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+\.[A-Za-z0-9.:_-]+$",
        description="The foundation model, such as `amazon.nova-micro-v1:0`. Needed where Bedrock is used.",
    )
    inference_profile: str | None = Field(
        None,
        pattern=r"^([a-z-]+\.[a-z0-9-]+\.[A-Za-z0-9.:_-]+|arn:aws[a-z-]*:bedrock:\S+:application-inference-profile/\S+)$",
        description="Asks the model through this inference profile: one of AWS's, such as `us.amazon.nova-micro-v1:0`, "
        "or the ARN of an application inference profile. Some models have no other way.",
    )
    region: str | None = Field(
        None, pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", description="Region that is asked; unset, the environment's own."
    )
    labels: list[Label] = Field(
        default_factory=list,
        description="The labels to choose from. Only with `backend: bedrock`: a fallback uses the approved model's.",
    )
    timeout_seconds: int = Field(8, ge=1, le=16, description="Time for all texts of a call together, seconds.")
    max_concurrency: int = Field(8, ge=1, le=64, description="Texts of one call that are asked at the same time.")


class Classifier(Section):
    """What answers `POST /v1/classify`."""

    backend: Literal["sagemaker", "bedrock"] = Field(
        "sagemaker",
        description="`sagemaker`: the trained model's endpoint. `bedrock`: a Bedrock foundation model; the stacks "
        "Training and Serving are then left out.",
    )
    fallback: Literal["none", "bedrock"] = Field(
        "none",
        description="`bedrock`: a Bedrock foundation model answers while the endpoint is unavailable; the texts "
        "are then sent to it.",
    )
    endpoint_seconds: int | None = Field(
        None, ge=1, le=16, description="Time that the endpoint has to answer; unset, 16 seconds, or 6 with a fallback."
    )
    bedrock: Bedrock = Field(Bedrock(), description="The Bedrock model. Only where it is the backend or the fallback.")

    @property
    def uses_bedrock(self) -> bool:
        """Whether a Bedrock model is used at all."""
        return "bedrock" in (self.backend, self.fallback)

    @property
    def trained(self) -> bool:
        """Whether there is a model of our own: its pipeline and its endpoint."""
        return self.backend == "sagemaker"

    @property
    def longest_seconds(self) -> int:
        """The longest time to wait for an answer from any backend."""
        endpoint = self.endpoint_timeout if self.trained else 0
        return endpoint + (self.bedrock.timeout_seconds if self.uses_bedrock else 0)

    @property
    def endpoint_timeout(self) -> int:
        """`endpoint_seconds`, or what it is when it is not set."""
        return self.endpoint_seconds or (16 if self.fallback == "none" else 6)
