"""The inputs of a training job: the code, the dataset, a base model, the serving container's packages."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from contracts.deployment import buckets, mirror
from contracts.texts import label_mapping
from environments.rules import pinned
from environments.settings import Settings
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, read_asset, read_with_keys
from stacks.shared.sagemaker_role import may_read
from stacks.stores import Stored
from stacks.training.machines.training_job import CHANNELS


@dataclass(frozen=True, kw_only=True)
class S3Place:
    """A bucket and a prefix in it."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, uri: str) -> S3Place:
        """The place that an S3 URI names."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return cls(bucket=bucket, prefix=prefix)


class TrainingInputs(Construct):
    """The local files that training needs, as assets, and the environment variables that name them."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, dataset_bucket: Stored) -> None:
        super().__init__(scope, construct_id)
        settings = deployment.settings
        self._settings = settings
        self._dataset_bucket = dataset_bucket
        self._lock = deployment.root / "model_code" / "training" / "requirements.lock"
        self.code = self._asset("Code", deployment.built("training", "sourcedir.tar.gz"))
        folder = deployment.base_model_folder()
        self._base_model = self._asset("BaseModel", folder) if folder else None
        vendored = settings.serving.container == "huggingface"
        self._packages = (
            self._asset("ServingPackages", deployment.built("serving", "vendor.tar.gz")) if vendored else None
        )
        self._dataset_files = deployment.dataset_files()
        self.dataset = self._dataset_asset()
        self.labels = self._labels_asset()
        lacks = pinned.unpinned(settings, root=deployment.root)
        if lacks:
            text = f"training.base_model {settings.training.base_model!r} may change under its name: {lacks}"
            cdk.Annotations.of(self).add_warning_v2("rubric:base-model", text)

    @property
    def dataset_uri(self) -> str:
        """Where the dataset is, or where the first run puts it."""
        dataset = self._settings.data.dataset
        if self.dataset is not None:
            folder = PurePosixPath(self.dataset.s3_object_key).stem
            return f"s3://{self._dataset_bucket.name}/{buckets.DATASETS}{folder}/{self._file_name}"
        return dataset.uri or dataset.url

    @property
    def base_model(self) -> str:
        """The start of training: `compact`, a hub id, or the S3 URI of the model's files."""
        return self._base_model.s3_object_url if self._base_model else self._settings.training.base_model

    def environment(self) -> dict[str, str]:
        """Environment of the function that prepares a training job."""
        dataset = self._settings.data.dataset
        from_hub = self._base_model is None and not self.base_model.startswith("s3://")
        return {
            "DATASET_SOURCE": dataset.source,
            "DATASET_ASSET_BUCKET": self.dataset.s3_bucket_name if self.dataset else "",
            "DATASET_ASSET_KEY": self.dataset.s3_object_key if self.dataset else "",
            "DATASET_FILE_NAME": self._file_name,
            "DATASET_URI": self.dataset_uri if dataset.source != "uci" else "",
            "UCI_URL": dataset.url if dataset.source == "uci" else "",
            "UCI_SHA256": dataset.sha256 or "",
            "BASE_MODEL": self.base_model if from_hub else "",
            "BASE_MODEL_URI": "" if from_hub else self.base_model,
            "SERVING_DEPS_URI": self._packages.s3_object_url if self._packages else "",
            **({"LABELS_URI": self.labels.s3_object_url} if self.labels else {}),
            **(self._isolated() if self._settings.isolated_training else {}),
            "HYPERPARAMETERS": cdk.Stack.of(self).to_json_string(
                hyperparameters(self._settings, code_uri=self._submitted)
            ),
        }

    def _isolated(self) -> dict[str, str]:
        """What an isolated job gets as channels: the code, and the wheels by the digest of their lock."""
        return {"CODE_URI": self.code.s3_object_url, "WHEELS_LOCK_SHA256": mirror.digest_of(self._lock)}

    @property
    def _submitted(self) -> str:
        """Where the toolkit finds the code: in S3, or as an archive in the channel of an isolated job.

        github.com/aws/sagemaker-training-toolkit, files.download_and_extract: a path to an archive is unpacked.
        """
        if not self._settings.isolated_training:
            return self.code.s3_object_url
        return f"{CHANNELS}/{mirror.CODE_CHANNEL}/{PurePosixPath(self.code.s3_object_key).name}"

    def readable_by(self, role: iam.Role) -> None:
        """Let the training job's role read all of it, and list the bucket of each channel."""
        read_with_keys(role, self._settings.data.read_keys)
        read_asset(role, self.code)
        channels = [asset for asset in (self._base_model, self._packages, self.labels) if asset is not None]
        for asset in channels:
            read_asset(role, asset)
        if self._settings.isolated_training:
            channels.append(self.code)
        if channels:
            # A channel is a prefix: SageMaker lists its bucket (SageMaker's guide, "sagemaker-roles").
            allow(role, "s3:ListBucket", on=channels[0].bucket.bucket_arn)
        for uri in (self._settings.data.dataset.uri, self._settings.training.base_model):
            if uri and uri.startswith("s3://"):
                readable_uri(role, uri)

    @property
    def _file_name(self) -> str:
        if not self._dataset_files:
            return ""
        # A folder's asset is a zip archive of its files, which the job reads as one dataset.
        if len(self._dataset_files) > 1:
            return "dataset.zip"
        name = PurePosixPath(self._dataset_files[0]).name
        return f"{name}.zip" if Path(self._dataset_files[0]).is_dir() else name

    def _dataset_asset(self) -> assets.Asset | None:
        """The dataset that is on this machine; of several files, a folder with a link to each."""
        if len(self._dataset_files) < 2:
            return self._asset("Dataset", *self._dataset_files) if self._dataset_files else None
        with tempfile.TemporaryDirectory() as folder:  # the CDK copies the files at once
            for number, path in enumerate(self._dataset_files, 1):
                place = Path(folder) / str(number) / Path(path).name
                place.parent.mkdir()
                place.symlink_to(Path(path).resolve())
            return assets.Asset(self, "Dataset", path=folder, follow_symlinks=cdk.SymlinkFollowMode.ALWAYS)

    def _labels_asset(self) -> assets.Asset | None:
        """The mapping of labels as a file, whose name comes from its content; None if it changes nothing."""
        mapping = self._settings.data.labels.mapping
        if not mapping:
            return None
        with tempfile.TemporaryDirectory() as folder:  # the CDK copies the file at once
            file = Path(folder) / "labels.json"
            file.write_text(mapping.to_json(), encoding="utf-8")
            return self._asset("Labels", str(file))

    def _asset(self, name: str, path: str) -> assets.Asset:
        return assets.Asset(self, name, path=path)


def readable_uri(role: iam.Role, uri: str) -> None:
    """Let a role list and read an S3 URI of the settings."""
    place = S3Place.of(uri)
    arn = f"arn:{cdk.Stack.of(role).partition}:s3:::{place.bucket}"
    may_read(
        role,
        bucket_arn=arn,
        prefixes=[in_policy(place.prefix)],
        because="The settings name a location, under which files are.",
    )


def in_policy(prefix: str) -> str:
    """A prefix of the user's as a policy can name it: `?`, any one character, for those that are not themselves there.

    IAM refuses characters beyond U+00FF (its API's policyDocumentType), and reads `*`, `?` and `${...}` as patterns.
    """
    return "".join("?" if each in "*?${}" or each > "\xff" else each for each in prefix)


def script_hyperparameters(settings: Settings) -> dict[str, str]:
    """The training script's arguments from the settings; the script has defaults for those that are not set."""
    dataset = settings.data.dataset
    columns = {"text_column": dataset.text_column, "label_column": dataset.label_column}
    forms = {"encoding": dataset.encoding, "time_format": dataset.time_format}
    checked = {
        "base_model_sha256": settings.training.base_model_sha256,
        label_mapping.DIGEST: settings.data.labels.mapping.sha256 or None,
        "model": settings.training.model,
    }
    arguments = {**settings.training.hyperparameters.model_dump(), **columns, **forms, **checked}
    return {name: str(value) for name, value in arguments.items() if value is not None}


def hyperparameters(settings: Settings, *, code_uri: str) -> dict[str, str]:
    """The variables that the container passes to the training script, and the script's place."""
    return {
        "sagemaker_program": "model_code/training/train.py",
        "sagemaker_submit_directory": code_uri,
        "sagemaker_region": settings.region,
        "sagemaker_container_log_level": "20",
        **script_hyperparameters(settings),
    }
