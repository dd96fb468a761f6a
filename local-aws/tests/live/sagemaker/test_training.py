"""Tests training jobs: statuses, logs, artifacts, failures and stopping."""

import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local_aws_testing.cloud import BUCKET, Cloud
from local_aws_testing.server import aws_python, environment, wait_for

LOGS = "/aws/sagemaker/TrainingJobs"


def test_a_job_runs_the_script_of_its_submit_directory(cloud: Cloud) -> None:
    arn = cloud.sagemaker.create_training_job(**cloud.job_request("done-1", name="my model"))["TrainingJobArn"]
    job = cloud.ended_job("done-1")
    assert job["TrainingJobArn"] == arn == "arn:aws:sagemaker:us-east-1:000000000000:training-job/done-1"
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    history = [item["Status"] for item in job["SecondaryStatusTransitions"]]
    assert history == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in item for item in job["SecondaryStatusTransitions"])
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{BUCKET}/models/done-1/output/model.tar.gz"
    assert [(item["MetricName"], item["Value"]) for item in job["FinalMetricDataList"]] == [("loss", 0.25)]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    keys = [item["Key"] for item in cloud.s3.list_objects_v2(Bucket=BUCKET, Prefix="models/done-1/")["Contents"]]
    assert keys == ["models/done-1/output/model.tar.gz", "models/done-1/output/output.tar.gz"]
    (stream,) = cloud.logs.describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="done-1/algo-1-")["logStreams"]
    lines = cloud.logs.get_log_events(logGroupName=LOGS, logStreamName=stream["logStreamName"])["events"]
    assert [line["message"] for line in lines] == ["loss=0.5", "loss=0.25"]


def test_a_failed_job_says_why(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("failed-1", fail="line 7 has no label"))
    job = cloud.ended_job("failed-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: line 7 has no label")


def test_a_job_on_an_unknown_image_fails(cloud: Cloud) -> None:
    request = cloud.job_request("unknown-image-1")
    request["AlgorithmSpecification"]["TrainingImage"] = "tests/nothing:1"
    cloud.sagemaker.create_training_job(**request)
    assert "tests/nothing:1" in cloud.ended_job("unknown-image-1")["FailureReason"]


def test_a_job_is_stopped_on_request(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("stopped-1", seconds="600"))
    wait_for(
        lambda: cloud.sagemaker.describe_training_job(TrainingJobName="stopped-1")["SecondaryStatus"] == "Training",
        what="the job to train",
    )
    with pytest.raises(ClientError) as refused:
        cloud.sagemaker.delete_training_job(TrainingJobName="stopped-1")
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    cloud.sagemaker.stop_training_job(TrainingJobName="stopped-1")
    job = cloud.ended_job("stopped-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "ModelArtifacts" not in job
    with pytest.raises(ClientError, match="the training job is in status Stopped"):
        cloud.sagemaker.stop_training_job(TrainingJobName="stopped-1")
    cloud.sagemaker.delete_training_job(TrainingJobName="stopped-1")
    with pytest.raises(ClientError, match="Requested resource not found"):
        cloud.sagemaker.describe_training_job(TrainingJobName="stopped-1")


def test_a_job_ends_when_its_time_is_up(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("long-1", max_runtime=1, seconds="600"))
    job = cloud.ended_job("long-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_on_two_instances_has_a_stream_for_each(cloud: Cloud) -> None:
    request = cloud.job_request("hosts-1")
    request["ResourceConfig"]["InstanceCount"] = 2
    cloud.sagemaker.create_training_job(**request)
    job = cloud.ended_job("hosts-1")
    assert (job["TrainingJobStatus"], job["BillableTimeInSeconds"] >= 2) == ("Completed", True)
    streams = cloud.logs.describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="hosts-1/")["logStreams"]
    assert [stream["logStreamName"].rsplit("-", 1)[0] for stream in streams] == ["hosts-1/algo-1", "hosts-1/algo-2"]


def test_an_interrupted_job_starts_again_from_its_checkpoint(cloud: Cloud) -> None:
    request = cloud.job_request("spot-1", seconds="600", max_runtime=60)
    request |= {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints/spot-1"},
    }
    cloud.sagemaker.create_training_job(**request)

    def logged() -> bool:
        streams = cloud.logs.describe_log_streams(logGroupName=LOGS, logStreamNamePrefix="spot-1/")["logStreams"]
        return bool(streams)

    wait_for(logged, what="the job to say something")
    command = [aws_python(), "-m", "local_aws", "interrupt", "spot-1"]
    variables = environment(cloud.server.folder, cloud.server.port)
    subprocess.run(command, env=variables, check=True)
    job = cloud.ended_job("spot-1")
    history = [item["Status"] for item in job["SecondaryStatusTransitions"]]
    assert history == [
        "Starting",
        "Downloading",
        "Training",
        "Interrupted",
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    refused = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (refused.returncode, "is not training but Completed" in refused.stderr) == (1, True)


def test_its_metrics_are_in_cloudwatch_while_it_trains(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("metrics-1"))
    cloud.ended_job("metrics-1")
    cloudwatch = cloud.server.client("cloudwatch")

    def values() -> list[float]:
        answer = cloudwatch.get_metric_statistics(
            Namespace=LOGS,
            MetricName="loss",
            Dimensions=[{"Name": "TrainingJobName", "Value": "metrics-1"}],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=3600,
            Statistics=["Minimum", "Maximum"],
        )
        return [value for point in answer["Datapoints"] for value in (point["Minimum"], point["Maximum"])]

    assert wait_for(values, what="the metric") == [0.25, 0.5]


def test_names_are_unique_and_requests_are_checked(cloud: Cloud) -> None:
    cloud.sagemaker.create_training_job(**cloud.job_request("twice-1"))
    with pytest.raises(ClientError) as refused:
        cloud.sagemaker.create_training_job(**cloud.job_request("twice-1"))
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
    with pytest.raises(ClientError, match="Value 'not_a_name' at 'trainingJobName' failed to satisfy constraint"):
        cloud.sagemaker.create_training_job(**cloud.job_request("not_a_name"))
    cloud.ended_job("twice-1")


def test_jobs_are_listed_by_page(cloud: Cloud) -> None:
    for number in range(3):
        cloud.sagemaker.create_training_job(**cloud.job_request(f"listed-{number}"))
        cloud.ended_job(f"listed-{number}")
    first = cloud.sagemaker.list_training_jobs(NameContains="listed", MaxResults=2, StatusEquals="Completed")
    assert [job["TrainingJobName"] for job in first["TrainingJobSummaries"]] == ["listed-2", "listed-1"]
    second = cloud.sagemaker.list_training_jobs(
        NameContains="listed", MaxResults=2, StatusEquals="Completed", NextToken=first["NextToken"]
    )
    assert [job["TrainingJobName"] for job in second["TrainingJobSummaries"]] == ["listed-0"]
    assert "NextToken" not in second


def test_its_changes_are_events(cloud: Cloud) -> None:
    events, queues = cloud.server.client("events"), cloud.server.client("sqs")
    queue = queues.create_queue(QueueName="training-events")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobStatus": ["Failed"], "TrainingJobName": [{"prefix": "event-"}]},
    }
    events.put_rule(Name="failed-jobs", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failed-jobs", Targets=[{"Id": "queue", "Arn": arn}])
    cloud.sagemaker.create_training_job(**cloud.job_request("event-1", fail="no data"))
    cloud.ended_job("event-1")

    def received() -> list[dict[str, str]]:
        result: list[dict[str, str]] = queues.receive_message(QueueUrl=queue).get("Messages", [])
        return result

    (message,) = wait_for(received, what="the event")
    detail = json.loads(message["Body"])["detail"]
    assert detail["FailureReason"].startswith("AlgorithmError: no data")
    assert isinstance(detail["TrainingEndTime"], int) and detail["TrainingEndTime"] > 10**12
