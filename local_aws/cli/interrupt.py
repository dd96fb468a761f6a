"""Taking a training job's spare capacity away, as AWS does at any time with managed spot training."""

from botocore.exceptions import ClientError

from local_aws.cli import aws_environment
from local_aws.cli.errors import CliError
from local_aws.cli.workspace import Workspace


def run(workspace: Workspace, job: str) -> None:
    """Interrupt a running job, which then begins anew from its checkpoint in S3. Raises CliError."""
    sagemaker = aws_environment.session(workspace).client("sagemaker", **aws_environment.client_options(workspace))
    try:
        record = sagemaker.describe_training_job(TrainingJobName=job)
    except ClientError as error:
        raise CliError(f"There is no training job {job}: {error.response['Error']['Message']}") from None
    if not record.get("EnableManagedSpotTraining"):
        raise CliError(f"The job {job} does not run on spare capacity: set training.spot: true and train again.")
    # The server's training containers look for it: local_aws/server/sagemaker/containers/training.py.
    folder = workspace.folder / "sagemaker" / "training" / job
    if record["SecondaryStatus"] != "Training" or not folder.is_dir():
        raise CliError(f"The job {job} is not training but {record['SecondaryStatus']}: nothing to interrupt.")
    (folder / "interrupt").touch()
