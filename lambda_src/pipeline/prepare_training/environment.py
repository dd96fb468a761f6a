"""The prepare_training function's settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PrepareTrainingSettings:
    """Where the dataset comes from and is stored, and the input that every training job gets.

    `dataset_source` is file (an asset uploaded by the deploy), s3 (`dataset_uri`) or uci (`uci_url`, and the digest of
    its file, "" for any); fields of other sources may be "". ledger_table, erasure_key_arn, untrusted_share: for a run
    that folds the ledger. code_uri, wheels_lock_sha256: of jobs without a network, whose packages, base model and UCI
    archive are in the artifact bucket's mirror; "" for others.
    """

    project: str
    environment: str
    dataset_source: str
    dataset_bucket: str
    artifact_bucket: str
    approved_model_parameter: str
    hyperparameters: dict[str, str]
    ledger_table: str
    erasure_key_arn: str
    untrusted_share: float
    dataset_asset_bucket: str = ""
    dataset_asset_key: str = ""
    dataset_file_name: str = ""
    dataset_uri: str = ""
    uci_url: str = ""
    uci_sha256: str = ""
    base_model: str = ""
    base_model_uri: str = ""
    serving_deps_uri: str = ""
    labels_uri: str = ""
    code_uri: str = ""
    wheels_lock_sha256: str = ""

    @property
    def isolated(self) -> bool:
        """Whether training jobs have no network."""
        return bool(self.wheels_lock_sha256)
