"""Tests cleanup/."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from contracts.logs import log_groups
from lambda_src.stack_resources.cleanup import executions, network, stack, storage, training, transform
from lambda_src.stack_resources.cleanup import handler as cleanup
from lambda_src.stack_resources.cleanup.deadline import Deadline, OutOfTimeError
from tests.unit.lambda_src.conftest import Context

GROUP = log_groups.TRAINING_JOBS


def endless():
    return Deadline(lambda: 900_000, sleep=lambda seconds: None)


def fault(code, message=""):
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


# buckets


@pytest.fixture
def bucket(account):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="rubric-artifacts")
    s3.put_bucket_versioning(Bucket="rubric-artifacts", VersioningConfiguration={"Status": "Enabled"})
    return s3


def test_versions_and_delete_markers_go_and_the_bucket_can_be_deleted(bucket):
    for _ in range(2):
        bucket.put_object(Bucket="rubric-artifacts", Key="a", Body=b"x")
    bucket.delete_object(Bucket="rubric-artifacts", Key="a")
    bucket.put_object(Bucket="rubric-artifacts", Key="b/c", Body=b"x")
    assert storage.empty_bucket(bucket, "rubric-artifacts", deadline=endless()) == 4
    bucket.delete_bucket(Bucket="rubric-artifacts")


def test_many_objects_take_several_pages(bucket):
    for number in range(1005):
        bucket.put_object(Bucket="rubric-artifacts", Key=f"k{number}", Body=b"")
    assert storage.empty_bucket(bucket, "rubric-artifacts", deadline=endless()) == 1005
    assert storage.empty_bucket(bucket, "rubric-artifacts", deadline=endless()) == 0


def test_an_unversioned_bucket_and_an_absent_one(account):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="a", Body=b"")
    assert storage.empty_bucket(s3, "plain", deadline=endless()) == 1
    assert storage.empty_bucket(s3, "absent", deadline=endless()) == 0


def test_what_s3_refuses_is_told_instead_of_tried_for_ever():
    class Locked:
        def list_object_versions(self, **call):
            return {"Versions": [{"Key": "a", "VersionId": "1"}]}

        def delete_objects(self, **call):
            return {"Errors": [{"Key": "a", "Message": "Access Denied because object is locked"}]}

    with pytest.raises(RuntimeError, match="b/a cannot be deleted: Access Denied"):
        storage.empty_bucket(Locked(), "b", deadline=endless())


class Written:
    """An S3 client whose bucket gets `late` objects, one at each attempt to delete it."""

    def __init__(self, late):
        self.late, self.objects, self.gone = late, ["a"], False

    def list_object_versions(self, **call):
        return {"Versions": [{"Key": key, "VersionId": "null"} for key in self.objects]}

    def delete_objects(self, **call):
        self.objects = []
        return {}

    def delete_bucket(self, **call):
        if self.late:
            self.late -= 1
            self.objects.append("late")
            raise fault("BucketNotEmpty", "The bucket you tried to delete is not empty")
        self.gone = True


def test_a_bucket_that_is_written_to_late_is_emptied_again_and_deleted():
    s3 = Written(late=3)
    assert storage.delete_bucket(s3, "logs", deadline=endless()) == 4
    assert s3.gone


def test_a_bucket_that_is_written_to_all_the_time_is_left_to_the_next_destroy():
    left = iter([900_000] * 5 + [10_000] * 9)
    deadline = Deadline(lambda: next(left), sleep=lambda seconds: None)
    with pytest.raises(OutOfTimeError, match="deleting the bucket logs, which is still written to: delete the stack"):
        storage.delete_bucket(Written(late=1000), "logs", deadline=deadline)


def test_a_bucket_goes_with_what_is_in_it_and_may_be_gone(bucket):
    bucket.put_object(Bucket="rubric-artifacts", Key="a", Body=b"x")
    assert storage.delete_bucket(bucket, "rubric-artifacts", deadline=endless()) == 1
    assert bucket.list_buckets()["Buckets"] == []
    assert storage.delete_bucket(bucket, "rubric-artifacts", deadline=endless()) == 0


def test_a_bucket_that_may_not_be_deleted_is_an_error(monkeypatch):
    s3 = Written(late=0)
    monkeypatch.setattr(s3, "delete_bucket", refuse)
    with pytest.raises(ClientError):
        storage.delete_bucket(s3, "logs", deadline=endless())


# logs and parameters


def test_log_streams_of_our_jobs_go_and_the_accounts_group_stays(account):
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for stream in ("rubric-dev-1/algo-1", "rubric-dev-2/algo-1", "rubric-prod-1/algo-1"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    assert storage.delete_log_streams(logs, GROUP, prefix="rubric-dev-", deadline=endless()) == 2
    left = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert [stream["logStreamName"] for stream in left] == ["rubric-prod-1/algo-1"]
    assert storage.delete_log_streams(logs, GROUP, prefix="rubric-prod-", deadline=endless()) == 1
    assert [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]] == [GROUP]
    assert storage.delete_log_streams(logs, "never-made", prefix="rubric-prod-", deadline=endless()) == 0


def test_parameters_below_a_path_go_and_others_stay(account):
    ssm = boto3.client("ssm")
    names = [f"/rubric/dev/approvals/{number}" for number in range(25)]
    for name in (*names, "/rubric/dev/approvals/7/1700", "/rubric/dev/approvals-of-others", "/rubric/prod/approvals/1"):
        ssm.put_parameter(Name=name, Value="{}", Type="String")
    assert storage.delete_parameters_below(ssm, "/rubric/dev/approvals", deadline=endless()) == 26
    left = {found["Name"] for found in ssm.describe_parameters()["Parameters"]}
    assert left == {"/rubric/dev/approvals-of-others", "/rubric/prod/approvals/1"}
    assert storage.delete_parameters_below(ssm, "/rubric/dev/approvals", deadline=endless()) == 0


def test_more_streams_than_a_page(account):
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    for number in range(60):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=f"rubric-dev-{number}/algo-1")
    assert storage.delete_log_streams(logs, GROUP, prefix="rubric-dev-", deadline=endless()) == 60


def test_a_denied_deletion_is_an_error():
    class Denied:
        def delete_parameter(self, **call):
            raise fault("AccessDeniedException")

    with pytest.raises(ClientError):
        storage.delete_parameter(Denied(), "p")


# SageMaker


class SageMaker:
    """Jobs {name: [status, status, …]} (each describe moves on) and model packages, in pages of two."""

    def __init__(self, jobs=(), packages=(), group_absent=False):
        self.jobs = {name: list(statuses) for name, statuses in dict(jobs).items()}
        self.packages = list(packages)
        self.group_absent = group_absent
        self.stopped, self.asked = [], []

    def get_paginator(self, name):
        assert name in ("list_training_jobs", "list_model_packages")
        return self

    def paginate(self, *, NameContains=None, ModelPackageGroupName=None):
        if self.group_absent:
            raise fault("ValidationException", "ModelPackageGroup arn does not exist.")
        if NameContains is None:
            entries, key = [{"ModelPackageArn": arn} for arn in self.packages], "ModelPackageSummaryList"
        else:
            names = [name for name in self.jobs if NameContains in name]
            entries = [{"TrainingJobName": name, "TrainingJobStatus": self.jobs[name][0]} for name in names]
            key = "TrainingJobSummaries"
        for start in range(0, len(entries), 2):
            yield {key: entries[start : start + 2]}

    def delete_model_package(self, *, ModelPackageName):
        if ModelPackageName not in self.packages:
            raise fault("ValidationException", "ModelPackage arn does not exist.")
        self.packages.remove(ModelPackageName)

    def stop_training_job(self, *, TrainingJobName):
        self.stopped.append(TrainingJobName)
        if self.jobs[TrainingJobName][-1] == "Completed":
            raise fault(
                "ValidationException", "The request was rejected because the training job is in status Completed."
            )

    def describe_training_job(self, *, TrainingJobName):
        self.asked.append(TrainingJobName)
        statuses = self.jobs[TrainingJobName]
        if len(statuses) > 1:
            statuses.pop(0)
        return {"TrainingJobStatus": statuses[0]}

    def delete_training_job(self, *, TrainingJobName):
        if self.jobs[TrainingJobName][0] in ("InProgress", "Stopping"):
            raise fault("ValidationException", "The job is running.")
        del self.jobs[TrainingJobName]


def test_model_packages_of_every_page_go():
    sagemaker = SageMaker(packages=["p1", "p2", "p3", "p4", "p5"])
    assert training.delete_model_packages(sagemaker, "rubric-dev", deadline=endless()) == 5
    assert sagemaker.packages == []


def test_an_absent_group_has_no_packages():
    assert training.delete_model_packages(SageMaker(group_absent=True), "rubric-dev", deadline=endless()) == 0


def test_running_jobs_are_stopped_waited_for_and_deleted_and_others_jobs_stay(logger):
    sagemaker = SageMaker(
        jobs={
            "rubric-dev-1": ["Completed"],
            "rubric-dev-2": ["InProgress", "Stopping", "Stopped"],
            "rubric-dev-3": ["Stopping", "Stopped"],
            "rubric-dev-4": ["InProgress", "Completed"],
            "my-rubric-dev-5": ["InProgress"],
        }
    )
    assert training.delete_training_jobs(sagemaker, "rubric-dev-", deadline=endless(), logger=logger) == 4
    assert sagemaker.stopped == ["rubric-dev-2", "rubric-dev-4"]
    assert list(sagemaker.jobs) == ["my-rubric-dev-5"]


def test_a_boto3_that_cannot_delete_jobs(logger):
    class Old(SageMaker):
        @property
        def delete_training_job(self):
            raise AttributeError

    assert training.delete_training_jobs(Old(jobs={"r-1": ["Completed"]}), "r-", deadline=endless(), logger=logger) == 0
    assert logger.messages("warning")


def test_what_is_gone_meanwhile_is_no_error(logger):
    class Racing(SageMaker):
        def describe_training_job(self, **call):
            raise fault("ValidationException", "Requested resource not found.")

        def delete_training_job(self, **call):
            raise fault("ResourceNotFound", "no such job")

        def delete_model_package(self, **call):
            raise fault("ValidationException", "ModelPackage arn does not exist.")

    sagemaker = Racing(jobs={"r-1": ["InProgress"]}, packages=["p1"])
    assert training.delete_training_jobs(sagemaker, "r-", deadline=endless(), logger=logger) == 1
    assert training.delete_model_packages(sagemaker, "r", deadline=endless()) == 1


def refuse(*args, **call):
    raise fault("AccessDeniedException", "no")


@pytest.mark.parametrize("method", ["stop_training_job", "describe_training_job", "delete_training_job"])
def test_what_sagemaker_refuses_of_jobs_is_an_error(logger, method):
    sagemaker = SageMaker(jobs={"r-1": ["InProgress", "Stopped"]})
    setattr(sagemaker, method, refuse)
    with pytest.raises(ClientError):
        training.delete_training_jobs(sagemaker, "r-", deadline=endless(), logger=logger)


@pytest.mark.parametrize("method", ["get_paginator", "delete_model_package"])
def test_what_sagemaker_refuses_of_packages_is_an_error(method):
    sagemaker = SageMaker(packages=["p1"])
    setattr(sagemaker, method, refuse)
    with pytest.raises(ClientError):
        training.delete_model_packages(sagemaker, "r", deadline=endless())


class Denied:
    """An S3 and logs client with one log stream, which refuses all other calls."""

    list_object_versions = delete_log_stream = staticmethod(refuse)

    def describe_log_streams(self, **call):
        return {"logStreams": [{"logStreamName": "r-1/algo-1"}]}


def test_denied_calls_to_storage_are_errors():
    with pytest.raises(ClientError):
        storage.empty_bucket(Denied(), "b", deadline=endless())
    with pytest.raises(ClientError):
        storage.delete_log_streams(Denied(), GROUP, prefix="r-", deadline=endless())


def test_a_job_that_does_not_stop_in_time(logger):
    sagemaker = SageMaker(jobs={"r-1": ["InProgress"]})
    left = iter([900_000, 900_000, 10_000])
    deadline = Deadline(lambda: next(left), sleep=lambda seconds: None)
    with pytest.raises(OutOfTimeError, match="waiting for the training job r-1 to stop: delete the stack again"):
        training.delete_training_jobs(sagemaker, "r-", deadline=deadline, logger=logger)
    assert "r-1" in sagemaker.jobs


class TransformJobs:
    """Transform jobs {name: [status, status, …]}: each listing moves those that were stopped on."""

    def __init__(self, **jobs):
        self.jobs = {name.replace("_", "-"): list(statuses) for name, statuses in jobs.items()}
        self.stopped = []

    def get_paginator(self, name):
        assert name == "list_transform_jobs"
        return self

    def paginate(self, *, NameContains, StatusEquals):
        for name in self.stopped:
            if len(self.jobs[name]) > 1:
                self.jobs[name].pop(0)
        listed = [name for name, statuses in self.jobs.items() if NameContains in name and statuses[0] == StatusEquals]
        yield {"TransformJobSummaries": []}
        yield {"TransformJobSummaries": [{"TransformJobName": name} for name in listed]}

    def stop_transform_job(self, *, TransformJobName):
        self.stopped.append(TransformJobName)
        if self.jobs[TransformJobName][-1] == "Completed":
            raise fault(
                "ValidationException", "The request was rejected because the transform job is in status Completed"
            )


def test_running_transform_jobs_are_stopped_and_waited_for_and_others_go_on():
    sagemaker = TransformJobs(
        r_1=["Completed"],
        r_2=["InProgress", "Stopping", "Stopping", "Stopped"],
        r_3=["InProgress", "Completed"],
        my_r_4=["InProgress"],
    )
    assert transform.stop_transform_jobs(sagemaker, "r-", deadline=endless()) == 1
    assert sagemaker.stopped == ["r-2", "r-3"]
    assert [statuses[0] for statuses in sagemaker.jobs.values()] == ["Completed", "Stopped", "Completed", "InProgress"]


def test_a_transform_job_that_does_not_stop_in_time():
    sagemaker = TransformJobs(r_1=["InProgress", "Stopping"])
    left = iter([60_000, 10_000])
    with pytest.raises(OutOfTimeError, match="waiting for the transform job r-1"):
        transform.stop_transform_jobs(
            sagemaker, "r-", deadline=Deadline(lambda: next(left), sleep=lambda seconds: None)
        )


def test_a_transform_job_that_may_not_be_stopped_is_an_error():
    class Denied(TransformJobs):
        def stop_transform_job(self, **call):
            raise fault("AccessDeniedException")

    with pytest.raises(ClientError):
        transform.stop_transform_jobs(Denied(r_1=["InProgress"]), "r-", deadline=endless())


class States:
    """Executions {machine: [names]} that end when they are stopped, but for those of `slow`, which take a listing more.

    `later`: (machine, name) that starts after the first listing of all machines.
    """

    def __init__(self, running, *, slow=(), later=None):
        self.running = {machine: list(names) for machine, names in running.items()}
        self.slow, self.later, self.calls, self.listings = set(slow), later, [], 0

    def get_paginator(self, name):
        assert name == "list_executions"
        return self

    def paginate(self, *, stateMachineArn, statusFilter):
        assert statusFilter == "RUNNING"
        self.listings += 1
        if stateMachineArn not in self.running:
            raise fault("StateMachineDoesNotExist")
        if self.later and self.listings > len(self.running):
            self.running[self.later[0]].append(self.later[1])
            self.later = None
        yield {"executions": []}
        yield {"executions": [{"executionArn": name} for name in list(self.running[stateMachineArn])]}

    def stop_execution(self, *, executionArn, error, cause):
        self.calls.append(executionArn)
        assert (error, cause) == ("StackDeleted", "The stack of its state machine is being deleted.")
        if executionArn in self.slow:
            self.slow.remove(executionArn)
            return
        for names in self.running.values():
            if executionArn in names:
                names.remove(executionArn)
        if executionArn == "ended":
            raise fault("ExecutionDoesNotExist")


def test_every_running_execution_is_stopped_also_one_that_starts_meanwhile():
    states = States({"pipeline": ["a", "ended"], "promotion": ["slow"]}, slow=["slow"], later=("promotion", "late"))
    assert executions.stop_executions(states, ["pipeline", "promotion", "gone"], deadline=endless()) == 4
    assert states.calls == ["a", "ended", "slow", "slow", "late"]
    assert not any(states.running.values())


def test_one_empty_list_of_executions_is_not_believed():
    states = States({"pipeline": []}, later=("pipeline", "late"))
    assert executions.stop_executions(states, ["pipeline"], deadline=endless()) == 1


def test_executions_that_may_not_be_listed_or_stopped_are_an_error():
    class NotListed(States):
        def paginate(self, **call):
            raise fault("AccessDeniedException")

    class NotStopped(States):
        def stop_execution(self, **call):
            raise fault("AccessDeniedException")

    for states in (NotListed({"m": ["a"]}), NotStopped({"m": ["a"]})):
        with pytest.raises(ClientError):
            executions.stop_executions(states, ["m"], deadline=endless())


def test_an_execution_that_does_not_end_in_time():
    class Deaf(States):
        def stop_execution(self, **call):
            self.calls.append(call["executionArn"])

    states = Deaf({"m": ["arn:execution:m:one"]})
    left = iter([900_000, 10_000])
    with pytest.raises(OutOfTimeError, match="the last one seen: one: delete the stack again"):
        deadline = Deadline(lambda: next(left), sleep=lambda seconds: None)
        executions.stop_executions(states, ["m"], deadline=deadline)


# the handler


class Stack:
    """A CloudFormation client of one stack."""

    def __init__(self, status):
        self.status = status

    def describe_stacks(self, *, StackName):
        assert StackName.startswith("arn:aws:cloudformation:")
        return {"Stacks": [{"StackStatus": self.status}]}


@pytest.fixture
def world(bucket, monkeypatch, load_event, cfn_answers):
    url, answers = cfn_answers
    bucket.put_object(Bucket="rubric-artifacts", Key="models/job/output/model.tar.gz", Body=b"x")
    boto3.client("ssm").put_parameter(Name="/rubric/dev/approved-model", Value="s3://a/b", Type="String")
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="rubric-dev-1/algo-1")
    logs.create_log_group(logGroupName=log_groups.TRANSFORM_JOBS)
    logs.create_log_stream(logGroupName=log_groups.TRANSFORM_JOBS, logStreamName="rubric-dev-batch-1/i-1/data-log")
    sagemaker = SageMaker(jobs={"rubric-dev-1": ["Completed"]}, packages=["p1"])
    monkeypatch.setattr(transform, "stop_transform_jobs", lambda client, prefix, deadline: 0)
    real = cleanup.aws.client
    fakes = {"sagemaker": sagemaker, "cloudformation": Stack("DELETE_IN_PROGRESS")}
    monkeypatch.setattr(cleanup.aws, "client", lambda name: fakes[name] if name in fakes else real(name))
    return {**load_event("cfn_cleanup_delete"), "ResponseURL": url}, answers, sagemaker


def what_is_left(sagemaker):
    logs = boto3.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    streams = [stream for name in groups for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]]
    parameters = boto3.client("ssm").describe_parameters()["Parameters"]
    buckets = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    objects = [
        found for name in buckets for found in boto3.client("s3").list_object_versions(Bucket=name).get("Versions", [])
    ]
    return [*buckets, *streams, *parameters, *objects, *sagemaker.jobs, *sagemaker.packages]


def test_delete_leaves_nothing_and_can_be_repeated(world, context):
    event, answers, sagemaker = world
    assert len(what_is_left(sagemaker)) == 7
    cleanup.handler(event, context)
    assert what_is_left(sagemaker) == []
    cleanup.handler(event, context)
    assert [(answer["Status"], answer["PhysicalResourceId"]) for answer in answers] == [("SUCCESS", "cleanup-1")] * 2


@pytest.mark.parametrize(
    ("status", "goes"),
    [
        ("DELETE_IN_PROGRESS", True),
        ("ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", False),
        ("UPDATE_IN_PROGRESS", False),
    ],
)
def test_a_cleanup_that_an_update_removes_takes_nothing_with_it(world, context, monkeypatch, status, goes):
    """As when data.retain is switched on, or the resource is renamed."""
    event, answers, sagemaker = world
    monkeypatch.setattr(
        stack, "is_being_deleted", lambda client, stack_id, real=stack.is_being_deleted: real(Stack(status), stack_id)
    )
    cleanup.handler(event, context)
    assert (what_is_left(sagemaker) == []) is goes
    assert answers[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_do_nothing(world, context, kind):
    event, answers, sagemaker = world
    del event["PhysicalResourceId"]
    cleanup.handler({**event, "RequestType": kind}, context)
    assert len(what_is_left(sagemaker)) == 7
    assert answers[0]["Status"] == "SUCCESS"
    assert answers[0]["PhysicalResourceId"] == "cleanup-1f6b2a40-c0de-11ef-9f3a-0e5b1a2c3d4e-Cleanup"


def test_properties_are_all_optional(world, context):
    event, answers, sagemaker = world
    cleanup.handler({**event, "ResourceProperties": {"ServiceToken": "arn"}}, context)
    assert answers[0]["Status"] == "SUCCESS"
    assert len(what_is_left(sagemaker)) == 7


def test_what_runs_is_stopped_and_nothing_is_removed(world, context, monkeypatch):
    event, answers, sagemaker = world
    sagemaker.jobs["rubric-dev-2"] = ["InProgress", "Stopping", "Stopped"]
    states, client = States({"m": ["a"]}), cleanup.aws.client
    monkeypatch.setattr(cleanup.aws, "client", lambda name: states if name == "stepfunctions" else client(name))
    real = cleanup.Deadline
    monkeypatch.setattr(cleanup, "Deadline", lambda remaining: real(remaining, sleep=lambda seconds: None))
    before = len(what_is_left(sagemaker))
    cleanup.handler(
        {**event, "ResourceProperties": {"StateMachines": ["m"], "RunningJobPrefix": "rubric-dev-"}}, context
    )
    assert answers[0]["Status"] == "SUCCESS"
    assert (states.calls, sagemaker.stopped) == (["a"], ["rubric-dev-2"])
    assert sagemaker.jobs["rubric-dev-2"] == ["Stopped"] and len(what_is_left(sagemaker)) == before


def test_an_error_is_answered(world, context, monkeypatch):
    event, answers, _ = world

    def deny(*args, **kwargs):
        raise fault("AccessDenied", "not allowed to s3:ListBucketVersions")

    monkeypatch.setattr(storage, "delete_bucket", deny)
    cleanup.handler(event, context)
    assert answers[0]["Status"] == "FAILED"
    assert "not allowed to s3:ListBucketVersions" in answers[0]["Reason"]


def test_running_out_of_time_is_answered(world):
    event, answers, _ = world
    cleanup.handler(event, Context(remaining_ms=15_000))
    assert answers[0]["Status"] == "FAILED"
    assert "out of time while" in answers[0]["Reason"]


# network interfaces


@pytest.fixture
def vpc(account):
    """(EC2, a VPC's id, a function that makes an interface in it)."""
    ec2 = boto3.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    return ec2, vpc_id, lambda: ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]


def test_a_vpc_is_waited_for_until_its_last_interface_is_removed(vpc):
    ec2, vpc_id, interface = vpc
    left = [interface(), interface()]
    deadline = Deadline(
        lambda: 900_000, sleep=lambda seconds: ec2.delete_network_interface(NetworkInterfaceId=left.pop())
    )
    assert network.await_interfaces(ec2, vpc_id, deadline=deadline) == 2
    assert left == []


def test_interfaces_of_endpoints_and_of_other_vpcs_are_not_waited_for(vpc):
    ec2, vpc_id, interface = vpc
    interface()
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    assert network.await_interfaces(ec2, other, deadline=endless()) == 0

    class OfEndpoints:
        def get_paginator(self, operation):
            return self

        def paginate(self, **call):
            return [{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "InterfaceType": "vpc_endpoint"}]}]

    assert network.await_interfaces(OfEndpoints(), vpc_id, deadline=endless()) == 0


def test_an_interface_that_stays_is_named_and_the_deletion_can_be_tried_again(vpc):
    ec2, vpc_id, interface = vpc
    name = interface()
    with pytest.raises(OutOfTimeError, match=f"network interfaces in {vpc_id} to be removed: {name}: delete the stack"):
        network.await_interfaces(ec2, vpc_id, deadline=Deadline(lambda: 0))
