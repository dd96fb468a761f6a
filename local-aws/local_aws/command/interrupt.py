"""Interrupt a training job, as AWS may do at any time in managed spot training."""

from local_aws import access_key
from local_aws.command import variables
from local_aws.command.errors import CommandError
from local_aws.command.state_folder import StateFolder


def run(folder: StateFolder, job: str) -> None:
    """Interrupt a running job, which then resumes from its checkpoint in S3. Raises CommandError."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    session = boto3.Session(
        aws_access_key_id=folder.access_key,
        aws_secret_access_key=access_key.SECRET,
        region_name=variables.REGION,
    )
    sagemaker = session.client("sagemaker", endpoint_url=folder.endpoint_url, config=Config(proxies={}))
    try:
        record = sagemaker.describe_training_job(TrainingJobName=job)
    except ClientError as error:
        raise CommandError("no-job", f"There is no training job {job}", error.response["Error"]["Message"]) from None
    except BotoCoreError as error:
        raise CommandError("unreachable", "The local AWS does not answer", str(error)) from None
    if not record.get("EnableManagedSpotTraining"):
        raise CommandError(
            "not-spot", f"The job {job} does not use spot capacity", "start it with EnableManagedSpotTraining."
        )
    # local_aws.containers.training.container watches for this file.
    work = folder.path / "sagemaker" / "training" / job
    if record["SecondaryStatus"] != "Training" or not work.is_dir():
        raise CommandError(
            "not-training", f"The job {job} is not training but {record['SecondaryStatus']}", "nothing to interrupt."
        )
    (work / "interrupt").touch()
