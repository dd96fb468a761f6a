"""A second demo, after a destroy, with `network.mode: private`: what runs where, and that no way out is needed."""

import json
from typing import Any

import yaml

from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_30_idempotence import STACKS


def interfaces(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return found


def subnets(cloud: Cloud) -> set[str]:
    found = cloud.client("ec2").describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["false"]}])["Subnets"]
    return {subnet["SubnetId"] for subnet in found}


def test_the_model_was_trained_without_a_network_and_answers_over_the_api(private: Cloud) -> None:
    assert private.status()["endpoint_status"] == "InService"
    sagemaker = private.client("sagemaker")
    [summary] = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    job = sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])
    assert job["EnableNetworkIsolation"] is True
    assert set(job["VpcConfig"]["Subnets"]) == subnets(private)
    with private.api() as api:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
        assert answer.status_code == 200, answer.text


def test_functions_and_the_endpoint_are_in_the_vpc_and_share_interfaces(private: Cloud) -> None:
    functions = private.client("lambda").get_paginator("list_functions").paginate()
    outside = [
        each["FunctionName"]
        for page in functions
        for each in page["Functions"]
        if set(each["VpcConfig"]["SubnetIds"]) != subnets(private)
    ]
    assert outside, "those of the stack Network are made before the VPC"
    assert all(name.startswith(private.stack("Network")) for name in outside)
    kinds = [each["InterfaceType"] for each in interfaces(private)]
    assert kinds.count("lambda") == len(subnets(private))
    # An instance each, and each interface endpoint in each subnet.
    assert kinds.count("interface") == 2
    endpoints = private.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    gateways = [each for each in endpoints if each["VpcEndpointType"] == "Gateway"]
    assert {each["ServiceName"].rsplit(".", 1)[-1] for each in gateways} == {"s3", "dynamodb"}
    assert kinds.count("vpc_endpoint") == (len(endpoints) - len(gateways)) * len(subnets(private))


def test_another_model_is_trained_promoted_and_no_difference_is_left(private: Cloud) -> None:
    serving = private.status()["model_version"]
    private.rubric("train", "--follow")
    wait_for("its rollout", lambda: private.status()["model_version"] != serving, timeout=120)
    wait_for("the update's end", lambda: private.stack_status("Serving") == "UPDATE_COMPLETE", timeout=120)
    answer = private.cdk("diff", "--all")
    message = answer.stdout + answer.stderr
    assert message.count("There were no differences") == len((*STACKS, "Network")), message


def test_an_existing_network_is_synthesised_with_its_ids(private: Cloud) -> None:
    ec2 = private.client("ec2")
    group = private.client("lambda").list_functions()["Functions"]
    [groups] = {tuple(each["VpcConfig"]["SecurityGroupIds"]) for each in group if each["VpcConfig"]["SubnetIds"]}
    [vpc] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    existing = {
        "mode": "existing",
        "vpc_id": vpc["VpcId"],
        "subnet_ids": sorted(subnets(private)),
        "security_group_ids": list(groups),
        "endpoints": "exist",
    }
    file = private.folder / "existing.yaml"
    settings = yaml.safe_load(private.settings_file.read_text())
    file.write_text(yaml.safe_dump({**settings, "network": existing}))
    output = private.folder / "existing.out"
    private.run("cdk", "synth", "--quiet", "-c", f"env={file}", "--output", str(output))
    names = sorted(path.name for path in output.glob("*.template.json"))
    assert not [name for name in names if "Network" in name or "Endpoints" in name]
    [serving] = [json.loads((output / name).read_text()) for name in names if "Serving" in name]
    [model] = [each for each in serving["Resources"].values() if each["Type"] == "AWS::SageMaker::Model"]
    assert model["Properties"]["VpcConfig"] == {"SecurityGroupIds": list(groups), "Subnets": existing["subnet_ids"]}
