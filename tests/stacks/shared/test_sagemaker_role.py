"""Training jobs and the endpoint have the permissions that SageMaker's documents require, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stacks.shared.permissions import flat
from tests.stacks.conftest import Synthesise, Synthesised
from tests.stacks.policies import listed
from tests.stacks.serving.templates import rollouts
from tests.stacks.test_nag import SERVERLESS

SPOT = "training: {spot: true}"
HUGGINGFACE = "serving: {container: huggingface, image_build: null}"
May = Callable[[str], list[str]]
FILES = "data: {dataset: {source: s3, uri: 's3://other-team/headlines/'}}\ntraining: {base_model: 's3://models/small/'}"


def may(synthesised: Synthesised, part: str, prefix: str) -> May:
    """The permissions of the role whose policy's id starts with `prefix`: the resources of an action."""
    [policy] = [p for n, p in synthesised.resources(part, "AWS::IAM::Policy").items() if n.startswith(prefix)]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    return lambda action: [
        flat(resource)
        for statement in statements
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]


def job(synthesised: Synthesised) -> May:
    return may(synthesised, "training", "PipelineJobRole")


def model(synthesised: Synthesised) -> May:
    return may(synthesised, "training", "ServingBaseModelRole")


def uploads(synthesised: Synthesised) -> list[str]:
    """The uploads bucket, where the job's role may list it."""
    return [arn for arn in job(synthesised)("s3:ListBucket") if "cdk-hnb659fds-assets" in arn]


def test_a_job_may_list_the_bucket_of_each_channel(synthesise: Synthesise, local: Synthesised) -> None:
    [arn] = uploads(synthesise("dev", change=HUGGINGFACE))
    assert "*" not in arn
    assert uploads(local) == [], "the lean container has no channel of an upload, and its code is fetched, not listed"


def test_a_base_model_of_this_machine_is_a_channel(
    synthesise: Synthesise, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    (folder / "config.json").write_text("{}", encoding="utf-8")
    assert len(uploads(synthesise("local", change=f"training: {{base_model: '{folder}'}}"))) == 1


def test_locations_that_the_settings_name_may_be_listed(synthesise: Synthesise) -> None:
    arns = job(synthesise("dev", change=FILES))("s3:ListBucket")
    assert {arn.rpartition(":")[2] for arn in arns} >= {"other-team", "models"}


def test_what_reads_uploads_and_datasets_may_decrypt_with_the_users_keys_and_no_more(synthesise: Synthesise) -> None:
    """`cdk bootstrap --bootstrap-kms-key-id`, and a bucket of the user's own."""
    key = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    built = "serving: {container: lean, image_build: codebuild}"
    found: dict[str, dict[str, list[str]]] = {}
    for source in ("{source: uci}", "{source: s3, uri: 's3://other-team/headlines.csv'}"):
        change = f"data: {{dataset: {source}, read_keys: ['{key}']}}\n{built}"
        policies = synthesise("dev", change=change).everything("AWS::IAM::Policy")
        found[source] = {
            name.split("/")[1].split("Role")[0]: listed(statement["Action"])
            for name, policy in policies.items()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if key in listed(statement["Resource"])
        }
    decrypt = ["kms:Decrypt"]
    uploads, dataset = found.values()
    assert uploads == {"PipelineJob": decrypt, "LeanImageBuild": decrypt}
    # The function that decides on retraining reads the rows that the model has learnt from.
    assert dataset == uploads | {"PipelinePrepare": decrypt, "RetrainingRetrain": decrypt}


def test_a_job_may_encrypt_with_the_key_of_its_output(prod: Synthesised, dev: Synthesised) -> None:
    [key] = job(prod)("kms:Encrypt")
    assert "ExportsOutputFnGetAttKey" in key
    assert job(dev)("kms:Encrypt") == model(dev)("kms:Encrypt") == model(prod)("kms:Encrypt") == []


def test_checkpoints_are_deleted_with_the_containers_and_nothing_else_is(
    each: Synthesised, synthesise: Synthesise
) -> None:
    [checkpoints] = job(synthesise("dev", change=SPOT))("s3:DeleteObject")
    assert checkpoints.endswith("/checkpoints/*")
    assert job(each)("s3:DeleteObject") == []
    assert not any("checkpoints" in arn for action in ("s3:GetObject", "s3:PutObject") for arn in job(each)(action))


@pytest.mark.parametrize(("role", "group"), [(job, "TrainingJobs"), (model, "TransformJobs")])
def test_a_job_may_make_the_accounts_log_group_and_no_other(
    each: Synthesised, role: Callable[[Synthesised], May], group: str
) -> None:
    ends = [arn.partition(":log-group:")[2] for arn in role(each)("logs:CreateLogGroup")]
    assert ends == [f"/aws/sagemaker/{group}", f"/aws/sagemaker/{group}:*"]


def test_the_endpoint_may_see_its_rollback_alarms_and_no_other(each: Synthesised) -> None:
    _, guarded = rollouts(each)
    watched = guarded["AutoRollbackConfiguration"]["Alarms"]
    alarms = each.resources("training", "AWS::CloudWatch::Alarm").items()
    ours = {f"<{name}.Arn>": {"AlarmName": alarm["Properties"]["AlarmName"]} for name, alarm in alarms}
    assert list(ours.values()) == watched
    assert sorted(model(each)("cloudwatch:DescribeAlarms")) == sorted(ours)


def test_a_serverless_endpoint_has_no_alarms_to_see(synthesise: Synthesise) -> None:
    assert model(synthesise("dev", change=SERVERLESS))("cloudwatch:DescribeAlarms") == []


def test_each_is_assumed_for_what_sagemakers_guide_says(each: Synthesised) -> None:
    """Nothing narrower fits inference: "The asterisk in the ARN template does not stand for wildcard"."""
    for prefix, source in (
        ("PipelineJobRole", f":training-job/{each.stacks.data.settings.prefix}-*"),
        ("ServingBaseModelRole", ":*"),
        ("ChallengerRole", ":*"),
    ):
        roles = each.resources("training", "AWS::IAM::Role").items()
        [role] = [role for name, role in roles if name.startswith(prefix)]
        [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert list(statement["Condition"]) == ["ArnLike"]
        arn = flat(statement["Condition"]["ArnLike"]["aws:SourceArn"])
        assert arn == f"arn:aws:sagemaker:{_region(each)}:{_account(each)}{source}"


def _region(synthesised: Synthesised) -> str:
    return synthesised.stacks.data.settings.region


def _account(synthesised: Synthesised) -> str:
    return synthesised.stacks.data.settings.account or "<AWS::AccountId>"
