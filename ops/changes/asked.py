"""What a change asks of a person, and what CloudFormation would refuse: one line each, most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ops.changes import values
from ops.changes.assembly import Template
from ops.changes.review import ImageNote, StackReview

# A failed first deploy has to be deleted; the others refuse updates until they end or are rolled back.
_STUCK = ("ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")


def asked(
    stacks: Iterable[StackReview],
    *,
    images: Iterable[ImageNote],
    before: Mapping[str, Template],
    after: Mapping[str, Template],
) -> list[str]:
    """The lines. before, after: the templates by stack; a stack that is new or left is in one of them only."""
    listed = list(stacks)
    return [
        *_refused(before, after),
        *_data(listed),
        *_permissions(listed),
        *_service(listed),
        *_stacks(listed),
        *_images(images),
    ]


def _permissions(stacks: list[StackReview]) -> Iterator[str]:
    count = sum(len(stack.widened) for stack in stacks)
    if count:
        what = "permission that widens" if count == 1 else "permissions that widen"
        yield f"Approve {count} {what}, or ask for a narrower change."


def _data(stacks: list[StackReview]) -> Iterator[str]:
    for stack in stacks:
        for change in stack.changes:
            where = f"{change.logical_id} ({change.type}) of {stack.name}"
            if change.data == "lost":
                how = "Removing" if change.kind == "removed" else "Replacing"
                yield f"{how} {where} deletes {change.held}: copy what is needed first, or keep the resource."
            elif change.data == "kept":
                yield f"{where} leaves the stack and is kept with {change.held}: delete it when nobody needs it."
            elif change.data == "exposed":
                yield f"{where} loses its protection: a later removal deletes {change.held}."


def _service(stacks: list[StackReview]) -> Iterator[str]:
    """What callers or operators notice."""
    for stack in stacks:
        for change in stack.changes:
            where = f"{change.logical_id} of {stack.name}"
            if change.type == "AWS::SageMaker::Endpoint" and change.replacement != "no":
                yield f"The endpoint {where} is replaced: requests fail until the Api stack is deployed too."
            elif change.type == "AWS::SageMaker::EndpointConfig" and change.kind == "changed":
                yield f"{where} changes: SageMaker rolls the endpoint over while its alarms watch."
            elif change.type == "AWS::ApiGatewayV2::Api" and change.replacement != "no":
                yield f"The API {where} is replaced and gets another address: tell its callers."
            elif change.type == "AWS::SNS::Subscription" and change.kind == "added":
                yield f"{where}: confirm the subscription by the link that SNS sends."
            elif change.type == "Custom::FirstModel" and change.kind == "added" and stack.state == "new":
                yield f"{stack.name} trains the first model while it deploys: that takes a training run."


def _stacks(stacks: list[StackReview]) -> Iterator[str]:
    for stack in stacks:
        if stack.state == "left":
            yield (
                f"{stack.name} is deployed and not in the assembly; a deploy leaves it: if it is not needed, "
                f"aws cloudformation delete-stack --stack-name {stack.name}"
            )
        elif stack.status in _STUCK:
            yield f"{stack.name} is in {stack.status}: CloudFormation refuses updates until that is settled."
        elif stack.status.endswith("_IN_PROGRESS") and stack.state == "changed":
            yield f"{stack.name} is in {stack.status}: wait until that ends."


def _images(images: Iterable[ImageNote]) -> Iterator[str]:
    yield from (f"{note.message}: {note.remedy}" for note in images if note.remedy)


def _refused(before: Mapping[str, Template], after: Mapping[str, Template]) -> Iterator[str]:
    """Exports that go while a deployed stack still imports them: CloudFormation refuses to remove them."""
    for producer, template in before.items():
        if producer not in after:
            continue
        gone = _exports(template) - _exports(after[producer])
        for consumer, other in before.items():
            imported = sorted(gone & _imports(other)) if consumer != producer else []
            if imported:
                yield (
                    f"{consumer} still imports {', '.join(imported)}, which {producer} no longer exports: "
                    f"CloudFormation refuses that until {consumer} has been deployed without them, so take two steps."
                )


def _exports(template: Template) -> set[str]:
    outputs = (template.get("Outputs") or {}).values()
    return {values.text(each["Export"].get("Name", "")) for each in outputs if isinstance(each.get("Export"), dict)}


def _imports(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_imports, value))
    if isinstance(value, dict):
        own = {values.text(value["Fn::ImportValue"])} if "Fn::ImportValue" in value else set()
        return own.union(*map(_imports, value.values()))
    return set()
