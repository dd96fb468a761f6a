"""The section `features`: the feature store, where it is and what a classification may wait for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from environments.sections.base import Section

# A name of letters, digits and /_+=.@- (CreateSecret, `Name`), or an ARN.
SecretId = Annotated[
    str,
    StringConstraints(
        pattern=r"^([A-Za-z0-9/_+=.@-]{1,512}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^\s:]+)$"
    ),
]
# An interface endpoint that is there, or the service that one is made for.
PrivateEndpoint = Annotated[
    str,
    StringConstraints(pattern=r"^(vpce-[0-9a-f]{8,17}|com\.amazonaws\.vpce\.[a-z0-9-]+\.vpce-svc-[0-9a-f]{8,17})$"),
]


class MongoDb(Section):
    """A feature store on MongoDB: a server by its URI, or an Amazon DocumentDB cluster that the environment makes."""

    secret: SecretId | None = Field(
        None,
        description="Name or ARN of the Secrets Manager secret whose text is the server's URI, `mongodb+srv://...` or "
        "`mongodb://...`. You make it; the environment only reads it. Either this or `cluster`.",
    )
    server: Literal["atlas", "documentdb"] | None = Field(
        None,
        description="What the URI leads to: `atlas` (or another MongoDB server) or `documentdb`. Required with "
        "`secret`, and only allowed there.",
    )
    cluster: Literal["documentdb"] | None = Field(
        None,
        description="`documentdb`: the environment makes an Amazon DocumentDB cluster, its user and its secret. Needs "
        "`network.mode: private` or `existing`. The cluster costs by the hour.",
    )
    engine_version: Literal["5.0", "8.0"] | None = Field(
        None, description='The cluster\'s version, in quotes; unset, "8.0". Only with `cluster`.'
    )
    instances: int | None = Field(
        None, ge=1, le=16, description="The cluster's instances, in as many zones; unset, 1. Only with `cluster`."
    )
    min_capacity: float | None = Field(
        None,
        ge=0.5,
        le=256,
        multiple_of=0.5,
        description="DocumentDB capacity units (about 2 GiB each) that an instance has at least; unset, 0.5. Only with "
        "`cluster`.",
    )
    max_capacity: float | None = Field(
        None,
        ge=1,
        le=256,
        multiple_of=0.5,
        description="Capacity units that an instance has at most; unset, 4. Only with `cluster`.",
    )
    private_endpoint: PrivateEndpoint | None = Field(
        None,
        description="How a private network reaches Atlas: the name of its endpoint service, `com.amazonaws.vpce...`, "
        "for which the environment makes an interface endpoint, or the id of one that is there, `vpce-...`. Only with "
        "`server: atlas` and a network.",
    )

    @property
    def version(self) -> str:
        """`engine_version`, or what it is when it is not set."""
        return self.engine_version or "8.0"

    @property
    def instance_count(self) -> int:
        """`instances`, or what it is when it is not set."""
        return self.instances or 1

    @property
    def least_capacity(self) -> float:
        """`min_capacity`, or what it is when it is not set."""
        return self.min_capacity or 0.5

    @property
    def most_capacity(self) -> float:
        """`max_capacity`, or what it is when it is not set."""
        return self.max_capacity or max(4.0, self.least_capacity)


class Features(Section):
    """The feature store (docs/features.md): what is known of callers, publishers and texts beside the text itself."""

    store: Literal["none", "dynamodb", "mongodb"] = Field(
        "none",
        description="Where features are kept: `none`: there are none. `dynamodb`: tables of the environment, paid by "
        "use. `mongodb`: the server or cluster of `features.mongodb`.",
    )
    registry: str = Field(
        "environments/registry/features.yaml",
        min_length=1,
        description="The registry of features, from the repository's root: each feature's name, type, entity, time to "
        "live and source. Read where `store` is not `none`.",
    )
    compute_minutes: int = Field(
        15,
        ge=5,
        le=1440,
        description="Minutes from one computation of the features to the next. Each goes on where the last one ended.",
    )
    read_milliseconds: int = Field(
        0,
        ge=0,
        le=1000,
        description="How long a classification waits for its features when the model has answered and they are not "
        "there. 0: never; it goes on without them and is counted.",
    )
    mongodb: MongoDb | None = Field(None, description="The server or cluster. Only with `store: mongodb`.")
