"""Reviews of whole environments: which stacks of an assembly are theirs, and what is deployed of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.prices import price
from environments.rules import image_patches
from environments.settings import Settings, SettingsError, load
from ops.changes import asked, review
from ops.changes.assembly import StackArtifact, Template
from ops.changes.review import ImageNote, Review, StackReview
from ops.cost import comparison
from ops.cost.comparison import CostChange
from ops.deployment import stacks as deployed
from ops.deployment.cloud import ROOT, Cloud
from ops.deployment.stacks import PARTS
from ops.errors import NOT_FOUND, OpsError

DEPLOYED = "what is deployed"


def named(stacks: Mapping[str, StackArtifact], *, only: list[str]) -> list[Cloud]:
    """The environments that have stacks in an assembly, or those of `only`. Raises OpsError if one has none."""
    clouds = [Cloud(name) for name in only] if only else list(_in_assembly(stacks))
    for cloud in clouds:
        if not stacks_of(cloud.settings, stacks):
            raise OpsError(
                f"The assembly has no stack of {cloud.env!r}: synthesise it (make assembly ENVS={cloud.env}), or name "
                "another environment",
                status=NOT_FOUND,
            )
    return clouds


def _in_assembly(stacks: Mapping[str, StackArtifact]) -> Iterator[Cloud]:
    files = sorted((ROOT / "environments").glob("*.yaml"))
    for name in (file.stem for file in files if not file.stem.endswith(".override")):
        try:
            settings = load(name, root=ROOT)
        except SettingsError:  # another environment's mistake does not stop this review
            continue
        if stacks_of(settings, stacks):
            yield Cloud(name)


def stacks_of(settings: Settings, stacks: Mapping[str, StackArtifact]) -> list[str]:
    """The names of an environment's stacks in an assembly."""
    wanted = {settings.stack_name(part) for part in PARTS}
    return [name for name in stacks if name in wanted]


def with_deployed(cloud: Cloud, stacks: Mapping[str, StackArtifact], *, today: dt.date) -> Review:
    """What deploying an assembly would change in the account (contracts.deployment.stack_reviews.CHANGES)."""
    settings, client = cloud.settings, cloud.client("cloudformation")
    _same_account(cloud)
    own = stacks_of(settings, stacks)
    before, statuses = _deployed(client, sorted({*own, *map(settings.stack_name, PARTS)}))
    reviews = [
        review.of_stack(name, before=before.get(name), after=stacks[name].template, status=statuses.get(name, ""))
        for name in own
    ]
    reviews += [StackReview(name=name, state="left", status=statuses[name]) for name in before if name not in stacks]
    return _whole(settings, reviews, before=before, stacks=stacks, compared=DEPLOYED, today=today)


def _same_account(cloud: Cloud) -> None:
    """In another account every stack would look new."""
    wanted = cloud.settings.account
    account = cloud.client("sts").get_caller_identity()["Account"] if wanted else wanted
    if account != wanted:
        raise OpsError(f"{cloud.file}: account is {wanted}, and these credentials are for {account}: use its own")


def with_assembly(
    cloud: Cloud, stacks: Mapping[str, StackArtifact], earlier: Mapping[str, StackArtifact], *, today: dt.date
) -> Review:
    """What differs between two assemblies, without an account."""
    settings = cloud.settings
    own, previous = stacks_of(settings, stacks), stacks_of(settings, earlier)
    before = {name: earlier[name].template for name in previous}
    reviews = [review.of_stack(name, before=before.get(name), after=stacks[name].template) for name in own]
    reviews += [StackReview(name=name, state="gone") for name in previous if name not in own]
    return _whole(settings, reviews, before=before, stacks=stacks, compared="another assembly", today=today)


def others(
    stacks: Mapping[str, StackArtifact],
    earlier: Mapping[str, StackArtifact] | None,
    *,
    clouds: list[Cloud],
    client_of: Any,
) -> Review | None:
    """The stacks of no environment, such as the one that gives a pipeline its roles; None if there are none.

    client_of: a region's CloudFormation client; earlier: the other assembly, None to compare with what is deployed.
    """
    known = {name for cloud in clouds for name in stacks_of(cloud.settings, stacks)}
    own = [name for name in stacks if name not in known]
    if not own:
        return None
    before: dict[str, Template] = {}
    statuses: dict[str, str] = {}
    if earlier is not None:
        before = {name: earlier[name].template for name in own if name in earlier}
    for name in own if earlier is None else ():
        templates, states = _deployed(client_of(stacks[name].region), [name])
        before |= templates
        statuses |= states
    reviews = [
        review.of_stack(name, before=before.get(name), after=stacks[name].template, status=statuses.get(name, ""))
        for name in own
    ]
    after = {name: stacks[name].template for name in own}
    return Review(
        environment="",
        compared=DEPLOYED if earlier is None else "another assembly",
        stacks=tuple(reviews),
        asked=tuple(asked.asked(reviews, images=(), before=before, after=after)),
    )


def _whole(
    settings: Settings,
    reviews: list[StackReview],
    *,
    before: Mapping[str, Template],
    stacks: Mapping[str, StackArtifact],
    compared: str,
    today: dt.date,
) -> Review:
    images = [
        ImageNote(image=each.image, state=each.state, message=each.message, remedy=each.remedy)
        for each in image_patches.verdicts(settings, today=today)
        if each.state != "fine"
    ]
    after = {name: artifact.template for name, artifact in stacks.items()}
    cost, cost_problem = _cost(settings, reviews, before=before, after=after, today=today)
    return Review(
        environment=settings.name,
        cost=cost,
        cost_problem=cost_problem,
        compared=compared,
        stacks=tuple(reviews),
        images=tuple(images),
        asked=tuple(asked.asked(reviews, images=images, before=before, after=after)),
    )


def _cost(
    settings: Settings,
    reviews: list[StackReview],
    *,
    before: Mapping[str, Template],
    after: Mapping[str, Template],
    today: dt.date,
) -> tuple[CostChange | None, str]:
    """What the change costs, or why that cannot be told: it stops no review. A deploy leaves what it does not have."""
    if problem := price.too_old(today):
        return None, problem
    templates = {
        each.name: after.get(each.name) or before.get(each.name, {}) for each in reviews if each.state != "gone"
    }
    try:
        return comparison.of(settings, before=before, after=templates), ""
    except OpsError as error:
        return None, str(error)


def _deployed(client: Any, names: list[str]) -> tuple[dict[str, Template], dict[str, str]]:
    """The deployed stacks' templates as they were submitted, and their statuses."""
    templates, statuses = {}, {}
    for name in names:
        found = deployed.described(client, name)
        if found is not None and found["StackStatus"] not in deployed.NOT_YET:
            templates[name], statuses[name] = deployed.template(client, name), str(found["StackStatus"])
    return templates, statuses
