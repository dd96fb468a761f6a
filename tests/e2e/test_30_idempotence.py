"""A second deploy changes nothing, and the diff reports no changes."""

import json
import re
from typing import Any

from tests.e2e.cloud import Cloud

STACKS = ("Data", "Training", "Serving", "Challenger", "Api", "Monitoring")


def resources(cloud: Cloud) -> dict[str, str]:
    """Physical id and last change of every resource of every stack."""
    cloudformation = cloud.client("cloudformation")
    result: dict[str, str] = {}
    for name in STACKS:
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=cloud.stack(name)):
            for resource in page["StackResourceSummaries"]:
                result[f"{name}/{resource['LogicalResourceId']}"] = str(resource["PhysicalResourceId"])
    return result


def assert_no_differences(cloud: Cloud) -> None:
    answer = cloud.cdk("diff", "--all")
    message = answer.stdout + answer.stderr
    assert len(re.findall(r"There were no differences", message)) == len(STACKS), message
    assert re.search(r"Number of stacks with differences: 0", message), message


def jobs(cloud: Cloud) -> list[Any]:
    return list(cloud.client("sagemaker").list_training_jobs()["TrainingJobSummaries"])


def test_diff_after_the_deploy_is_empty(deployed: Cloud) -> None:
    assert_no_differences(deployed)


def test_a_second_demo_changes_nothing_and_trains_nothing(deployed: Cloud) -> None:
    before, trained, status = resources(deployed), len(jobs(deployed)), deployed.status()
    again = deployed.local("demo")
    assert "Business" in again.stdout
    assert resources(deployed) == before
    assert len(jobs(deployed)) == trained
    after = deployed.status()
    assert json.dumps(after, sort_keys=True) == json.dumps(status, sort_keys=True)
