"""What a change asks of a person."""

from typing import Any

import pytest

from ops.changes import asked, review
from ops.changes.review import ImageNote, StackReview
from tests.unit.ops.changes.assemblies import TABLE, template


def lines(before: dict[str, Any], after: dict[str, Any], *, status: str = "", images: Any = ()) -> list[str]:
    """The lines for stacks by name."""
    stacks = [
        review.of_stack(name, before=before.get(name), after=after[name], status=status)
        if name in after
        else StackReview(name=name, state="left")
        for name in before | after
    ]
    return asked.asked(stacks, images=images, before=before, after=after)


def resources(**listed: Any) -> dict[str, Any]:
    return {"Resources": listed}


def one(kind: str, **properties: Any) -> dict[str, Any]:
    return resources(R={"Type": kind, "Properties": properties})


CONFIG = "AWS::SageMaker::EndpointConfig"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (template(), template(["s3:GetObject", "s3:PutObject"]), "Approve 1 permission that widens"),
        (template(), template(table=False), f"Removing Table ({TABLE}) of S deletes items"),
        (
            one("AWS::SageMaker::Endpoint", EndpointName="a"),
            one("AWS::SageMaker::Endpoint", EndpointName="b"),
            "requests fail until the Api stack is deployed too",
        ),
        (one(CONFIG, KmsKeyId="a"), one(CONFIG, KmsKeyId="b"), "SageMaker rolls the endpoint over"),
        (
            one("AWS::ApiGatewayV2::Api", ProtocolType="HTTP"),
            one("AWS::ApiGatewayV2::Api", ProtocolType="WEBSOCKET"),
            "gets another address",
        ),
        (resources(), one("AWS::SNS::Subscription"), "confirm the subscription"),
    ],
)
def test_it_is_asked(before: dict[str, Any], after: dict[str, Any], line: str) -> None:
    (found,) = lines({"S": before}, {"S": after})
    assert line in found


def test_nothing_is_asked_for_a_change_of_no_consequence() -> None:
    assert lines({"S": template()}, {"S": template(memory=256)}) == []


def test_a_stack_that_stays_behind_a_stuck_one_and_an_image() -> None:
    assert "delete-stack --stack-name S" in lines({"S": template()}, {})[0]
    changed = {"S": template(memory=256)}
    assert "refuses updates until" in lines({"S": template()}, changed, status="UPDATE_ROLLBACK_FAILED")[0]
    assert "wait until that ends" in lines({"S": template()}, changed, status="UPDATE_IN_PROGRESS")[0]
    note = ImageNote(image="i", state="ending", message="its patches end", remedy="name a newer one")
    assert lines({}, {}, images=[note]) == ["its patches end: name a newer one"]


def test_an_export_that_another_stack_still_imports() -> None:
    producer = {"Outputs": {"O": {"Value": "v", "Export": {"Name": "P:E"}}}}
    consumer = one("AWS::Lambda::Function", Role={"Fn::ImportValue": "P:E"})
    (line,) = lines({"P": producer, "C": consumer}, {"P": {}, "C": one("AWS::Lambda::Function", Role="r")})[-1:]
    found = [
        each
        for each in lines({"P": producer, "C": consumer}, {"P": {}, "C": one("AWS::Lambda::Function", Role="r")})
        if "still imports P:E" in each
    ]
    assert found and "take two steps" in found[0] and line


def test_the_first_deploy_trains() -> None:
    found = lines({}, {"S": one("Custom::FirstModel")})
    assert found == ["S trains the first model while it deploys: that takes a training run."]
