"""Model package groups, versions and approvals."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, SERVE, Cloud
from local_aws_testing.server import wait_for

SPECIFICATION = {
    "Containers": [{"Image": SERVE, "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


def test_versions_count_up_and_are_approved(cloud: Cloud) -> None:
    sagemaker, queues, events = cloud.sagemaker, cloud.server.client("sqs"), cloud.server.client("events")
    queue = queues.create_queue(QueueName="package-events")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail": {"ModelPackageGroupName": ["news"], "ModelApprovalStatus": ["Approved"]},
    }
    events.put_rule(Name="approved", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="approved", Targets=[{"Id": "queue", "Arn": arn}])

    sagemaker.create_model_package_group(ModelPackageGroupName="news")
    with pytest.raises(ClientError, match="Model Package Group already exists"):
        sagemaker.create_model_package_group(ModelPackageGroupName="news")
    first, second = (
        sagemaker.create_model_package(
            ModelPackageGroupName="news",
            InferenceSpecification=SPECIFICATION,
            CustomerMetadataProperties={"accuracy": "0.9"},
        )["ModelPackageArn"]
        for _ in range(2)
    )
    assert second == "arn:aws:sagemaker:us-east-1:000000000000:model-package/news/2"
    package = sagemaker.describe_model_package(ModelPackageName=first)
    assert (package["ModelPackageVersion"], package["ModelApprovalStatus"]) == (1, "PendingManualApproval")
    sagemaker.update_model_package(
        ModelPackageArn=first, ModelApprovalStatus="Approved", CustomerMetadataProperties={"reason": "good"}
    )
    package = sagemaker.describe_model_package(ModelPackageName=first)
    assert package["CustomerMetadataProperties"] == {"accuracy": "0.9", "reason": "good"}
    listed = sagemaker.list_model_packages(ModelPackageGroupName="news", ModelApprovalStatus="Approved")
    assert [item["ModelPackageVersion"] for item in listed["ModelPackageSummaryList"]] == [1]
    (message,) = wait_for(lambda: queues.receive_message(QueueUrl=queue).get("Messages"), what="the event")
    assert json.loads(message["Body"])["detail"]["ModelPackageArn"] == first

    with pytest.raises(ClientError) as refused:
        sagemaker.delete_model_package_group(ModelPackageGroupName="news")
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=second)
    third = sagemaker.create_model_package(ModelPackageGroupName="news", InferenceSpecification=SPECIFICATION)
    assert third["ModelPackageArn"].endswith("/news/3")
    for package_arn in (first, third["ModelPackageArn"]):
        sagemaker.delete_model_package(ModelPackageName=package_arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="news")
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName="news")


def test_a_model_card_is_kept_with_its_package(cloud: Cloud) -> None:
    sagemaker = cloud.sagemaker
    card = {"model_overview": {"model_creator": "us"}, "intended_uses": {"risk_rating": "Low"}}
    request = {"ModelPackageGroupName": "cards", "InferenceSpecification": SPECIFICATION}
    sagemaker.create_model_package_group(ModelPackageGroupName="cards")
    for content, message in (("not json", "not a JSON object"), ("[]", "not a JSON object"), ("x" * 100_001, "length")):
        with pytest.raises(ClientError, match=message):
            sagemaker.create_model_package(
                **request, ModelCard={"ModelCardContent": content, "ModelCardStatus": "PendingReview"}
            )
    arn = sagemaker.create_model_package(
        **request, ModelCard={"ModelCardContent": json.dumps(card), "ModelCardStatus": "PendingReview"}
    )["ModelPackageArn"]
    result = sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"]
    assert (json.loads(result["ModelCardContent"]), result["ModelCardStatus"]) == (card, "PendingReview")
    short = sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")["ModelCard"]
    assert json.loads(short["ModelCardContent"]) == {"intended_uses": {"risk_rating": "Low"}}
    reviewed = {"ModelCardContent": json.dumps(card), "ModelCardStatus": "Approved"}
    sagemaker.update_model_package(ModelPackageArn=arn, ModelCard=reviewed)
    assert sagemaker.describe_model_package(ModelPackageName=arn)["ModelCard"] == reviewed
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="cards")


def test_tags(cloud: Cloud) -> None:
    tags = [{"Key": "a", "Value": "1"}]
    group = cloud.sagemaker.create_model_package_group(ModelPackageGroupName="tagged", Tags=tags)[
        "ModelPackageGroupArn"
    ]
    cloud.sagemaker.add_tags(ResourceArn=group, Tags=[{"Key": "b", "Value": "2"}])
    cloud.sagemaker.delete_tags(ResourceArn=group, TagKeys=["a"])
    assert cloud.sagemaker.list_tags(ResourceArn=group)["Tags"] == [{"Key": "b", "Value": "2"}]
    cloud.sagemaker.delete_model_package_group(ModelPackageGroupName="tagged")
    with pytest.raises(ClientError, match="Could not find the resource"):
        cloud.sagemaker.list_tags(ResourceArn=group)
