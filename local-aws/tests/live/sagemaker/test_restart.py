"""Tests what the server keeps, restarts and gives up when it restarts."""

from pathlib import Path

from local_aws_testing.cloud import BUCKET, ROLE, Cloud
from local_aws_testing.server import start, wait_for


def test_a_restart_brings_endpoints_back_and_fails_running_jobs(images: None, tmp_path: Path) -> None:
    server = start(tmp_path / "aws")
    try:
        cloud = Cloud(server)
        cloud.prepare()
        cloud.make_endpoint("lasting", {"champion": "one"})
        before = cloud.ask("lasting")["pid"]
        cloud.sagemaker.create_training_job(**cloud.job_request("running", seconds="600"))
        wait_for(
            lambda: cloud.sagemaker.describe_training_job(TrainingJobName="running")["SecondaryStatus"] == "Training",
            what="the job to train",
        )
        cloud.s3.put_object(Bucket=BUCKET, Key="texts/a.txt", Body=b"wait")
        cloud.sagemaker.create_model(
            ModelName="batch",
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": "tests/fake-batch:1", "ModelDataUrl": f"s3://{BUCKET}/one.tar.gz"},
        )
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/texts/"}
        cloud.sagemaker.create_transform_job(
            TransformJobName="transforming",
            ModelName="batch",
            TransformInput={"DataSource": {"S3DataSource": source}},
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/answers"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
        wait_for(
            lambda: "TransformStartTime" in cloud.sagemaker.describe_transform_job(TransformJobName="transforming"),
            what="the job to transform",
        )
        autoscaling = server.client("application-autoscaling")
        target = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": "endpoint/lasting/variant/champion",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        }
        autoscaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    finally:
        server.stop()
    assert not (Path("/proc") / str(before)).exists()

    server = start(tmp_path / "aws")
    try:
        cloud = Cloud(server)
        # Asked at once: the answer waits until the container is back.
        answer = cloud.ask("lasting")
        assert answer["model"] == "one" and answer["pid"] != before
        assert cloud.settled("lasting")["EndpointStatus"] == "InService"
        job = cloud.sagemaker.describe_training_job(TrainingJobName="running")
        assert job["TrainingJobStatus"] == "Failed"
        assert "was stopped while the training job was running" in job["FailureReason"]
        job = cloud.sagemaker.describe_transform_job(TransformJobName="transforming")
        assert job["TransformJobStatus"] == "Failed"
        assert "was stopped while the transform job was running" in job["FailureReason"]
        result = server.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
        assert [item["MaxCapacity"] for item in result["ScalableTargets"]] == [2]
    finally:
        server.stop()
