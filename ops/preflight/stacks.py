"""Conflicts of a deploy or a destroy with the deployed stacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from environments.settings import Settings
from ops.deployment import stacks
from ops.preflight.finding import Finding

# Prefix of the Data stack's output that exports the key's ARN to the other stacks (named by the CDK).
KEY_EXPORT = "ExportsOutputFnGetAttKey"
# Parts of the names of what the Data stack exports of a feature store, by `features.store`.
FEATURE_EXPORTS = {"dynamodb": ("FeaturesTable",), "mongodb": ("FeatureCluster", "FeatureEndpoint")}
_FEATURES_FUNCTION = "FeaturesFunctionName"  # an output of the Api stack
_NOT_TRAINED = ("Challenger", "Serving", "Training")


def before_deploy(client: Any, *, settings: Settings) -> list[Finding]:
    """Settings to which the deployed stacks cannot be changed (cloudformation:DescribeStacks). Raises ClientError."""
    deployed = stacks.read(client, env=settings.name, name_of=settings.stack_name).by_part
    findings = [
        *_encryption(deployed, settings=settings),
        *_features(deployed, settings=settings),
        *_left_over(deployed, settings=settings),
    ]
    return findings or [Finding(area="stacks", verdict="ok", what="the deployed stacks can be updated to the settings")]


def _encryption(deployed: dict[str, stacks.Stack], *, settings: Settings) -> Iterator[Finding]:
    """The key cannot be removed: objects and models are encrypted with it, and other stacks import it."""
    data = deployed.get("Data")
    if data and settings.data.encryption == "s3" and any(name.startswith(KEY_EXPORT) for name in data.outputs):
        yield Finding(
            area="stacks",
            verdict="refused",
            what=f"data.encryption is s3, but {data.name} has a key that encrypts its stored data",
            todo="keep data.encryption: kms; to go without a key, create a new environment and copy the data",
        )


def _features(deployed: dict[str, stacks.Stack], *, settings: Settings) -> Iterator[Finding]:
    """CloudFormation removes no export that another stack imports, and a deploy begins with the stacks that export."""
    data, api, store = deployed.get("Data"), deployed.get("Api"), settings.features.store
    if not api or _FEATURES_FUNCTION not in api.outputs:
        return
    kinds = [kind for kind, parts in FEATURE_EXPORTS.items() if data and _names(data, parts)]
    if store == "none":
        users = [deployed[part].name for part in ("Monitoring", "Api", "Training") if part in deployed]
        yield Finding(
            area="stacks",
            verdict="refused",
            what=f"features.store is none, but {', '.join(users)} still use a feature store",
            todo="deploy these first, one after the other, and then the rest: "
            + "; ".join(
                f"make deploy ENV={settings.name} PREFLIGHT=off ARGS=--exclusively STACKS={name}" for name in users
            ),
        )
    elif kinds and store not in kinds:
        yield Finding(
            area="stacks",
            verdict="refused",
            what=f"features.store is {store}, but {api.name} uses a store in {kinds[0]}",
            todo="set features.store: none and deploy that first; what the store holds is computed anew",
        )


def _names(stack: stacks.Stack, parts: tuple[str, ...]) -> bool:
    return any(part in name for name in stack.outputs for part in parts)


def _left_over(deployed: dict[str, stacks.Stack], *, settings: Settings) -> Iterator[Finding]:
    """A deploy does not delete stacks that the settings leave out."""
    left = [deployed[part] for part in _NOT_TRAINED if part in deployed and not settings.classifier.trained]
    if left:
        yield _stays(left, why="classifier.backend is bedrock")
    network = settings.network
    wanted = {"private": "Network", "existing": "Endpoints" if network.makes_endpoints else ""}.get(network.mode)
    left = [deployed[part] for part in ("Network", "Endpoints") if part in deployed and part != wanted]
    if left:
        yield _stays(left, why=f"network.mode is {network.mode}")


def _stays(left: list[stacks.Stack], *, why: str) -> Finding:
    return Finding(
        area="stacks",
        verdict="warning",
        what=f"{why}: {' and '.join(stack.name for stack in left)} stay and cost money",
        todo="after the deploy, one after the other: "
        + "; ".join(f"aws cloudformation delete-stack --stack-name {stack.name}" for stack in left),
    )


def being_changed(client: Any, *, settings: Settings) -> list[Finding]:
    """A warning for each stack that CloudFormation is changing (cloudformation:DescribeStacks). Raises ClientError."""
    deployed = stacks.read(client, env=settings.name, name_of=settings.stack_name).by_part.values()
    busy = [stack for stack in deployed if stack.status.endswith("_IN_PROGRESS") and "DELETE" not in stack.status]
    return [
        Finding(
            area="stacks",
            verdict="warning",
            what=f"{stack.name} is in {stack.status}: AWS may refuse to delete it until that ends",
            todo=f"wait until it ends{_sooner(stack)}, then destroy",
        )
        for stack in busy
    ] or [Finding(area="stacks", verdict="ok", what="no stack is being changed")]


def held_up(settings: Settings) -> list[Finding]:
    """What makes a destroy last: network interfaces that only Lambda and SageMaker can remove (decision 93)."""
    if not settings.network.inside:
        return []
    return [
        Finding(
            area="network",
            verdict="warning",
            what="in a VPC a destroy takes up to an hour more: Lambda and SageMaker hold network interfaces",
            todo=f"let it wait; after an interruption, make destroy ENV={settings.name} goes on",
        )
    ]


def _sooner(stack: stacks.Stack) -> str:
    """How to cancel an update; nothing else can be cancelled (API_CancelUpdateStack)."""
    if stack.status != "UPDATE_IN_PROGRESS":
        return ""
    return f" or cancel it with aws cloudformation cancel-update-stack --stack-name {stack.name}"
