"""The sections of an environment file: every field's type, range, default and meaning.

`docs/settings.md` is generated from the descriptions here by `python -m environments.reference`.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://\S+$")]
S3Uri = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]+/\S+$")]
KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$")]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]
Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[^/\s]+)$")]
Part = Annotated[float, Field(gt=0, lt=0.5)]
ShareOrNone = Annotated[float, Field(ge=0, lt=1)]
Score = Annotated[float, Field(ge=0, le=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]

# DynamoDB gives one partition 1,000 write units a second. A shard of an index gets a sixteenth of that: shards fall
# into partitions by chance, and the smaller they are, the more evenly. docs/load.md has what that brings and costs.
WRITES_A_SHARD = 62.5
MOST_SHARDS = 160
# What a new on-demand table and each of its indexes take at once ("DynamoDB warm throughput" in its developer guide).
NEW_TABLE_WRITES = 4_000

# A key's use is counted in one DynamoDB item, which takes 1,000 writes a second, refused ones included.
MAX_KEY_RATE = 500

UCI_ARCHIVE = "https://archive.ics.uci.edu/static/public/359/news+aggregator.zip"


class Section(BaseModel):
    """A part of an environment file: unknown keys and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Dataset(Section):
    """Where the labelled texts come from."""

    source: Literal["file", "s3", "uci"] = Field(
        description="`file`: a file of this machine, uploaded at deploy. `s3`: an object that is in S3 already. "
        "`uci`: the UCI News Aggregator, downloaded by the first training run."
    )
    path: str | None = Field(
        None, min_length=1, description="The file, from the repository's root. Only with `source: file`."
    )
    uri: S3Uri | None = Field(None, description="The object, `s3://bucket/key`. Only with `source: s3`.")
    url: HttpsUrl = Field(UCI_ARCHIVE, description="The archive's address, for a mirror. Only with `source: uci`.")
    sha256: Sha256 | None = Field(
        None,
        description="The digest of the archive's newsCorpora.csv: another file is refused. Unset, what the first run "
        "downloads is used from then on (`rubric models show` has its digest). Only with `source: uci`.",
    )
    text_column: str | None = Field(
        None, min_length=1, description="The text column's name; without it the usual names are recognised."
    )
    label_column: str | None = Field(
        None, min_length=1, description="The label column's name; without it the usual names are recognised."
    )


class Data(Section):
    """Stores: the dataset, model artifacts, the request log, labelled examples and API keys."""

    dataset: Dataset = Field(description="Where the labelled texts come from.")
    encryption: Literal["s3", "kms"] = Field(
        "s3",
        description="`s3`: keys that AWS owns, free. `kms`: one customer-managed key for buckets, tables, the "
        "dead-letter queue, the alarm topic, log groups and SageMaker's volumes and outputs, but not for S3's access "
        "logs, container images and the two log groups that all SageMaker jobs of an account share.",
    )
    read_keys: list[KeyArn] = Field(
        default_factory=list,
        description="ARNs of your own KMS keys for what is read: the bucket of `data.dataset.uri` or "
        "`training.base_model`, or the CDK's uploads bucket (`cdk bootstrap --bootstrap-kms-key-id`). Their key "
        "policies must let this account use them.",
    )
    retain: bool = Field(
        False,
        description="Keep buckets, tables and the key when the stack is destroyed, and refuse to delete a table.",
    )
    point_in_time_recovery: bool = Field(False, description="Restore the tables to any second of the last 35 days.")
    request_log_days: int = Field(30, ge=1, le=3650, description="Days that a logged request is kept.")
    example_days: int = Field(
        365,
        ge=1,
        le=3650,
        description="Days that a labelled example of a caller (`POST /v1/examples`) is kept, whatever "
        "`request_log_text` says.",
    )
    request_log_text: Literal["store", "hash", "drop"] = Field(
        "store",
        description="What the request log keeps of a text: the text, its SHA-256 (which tells equal texts, and is no "
        "secret where texts can be guessed), or nothing. Without texts there is nothing to "
        "retrain on; `serving.data_capture_percent` would keep them elsewhere and is refused.",
    )
    write_rate: int = Field(
        NEW_TABLE_WRITES,
        ge=250,
        le=40_000,
        description="Write units a second that the request log is laid out for. A text takes one if it and its labels "
        "fit in 1 KB, otherwise more. The table takes this rate at once. Its indexes take about four fifths of it at "
        "once, and all of it when DynamoDB has split their busiest partitions; for more at once, set a higher rate "
        "(docs/load.md). More than 4,000 sets the warm throughput of the table and its two indexes: DynamoDB charges "
        "for it once, for each of the three, and it cannot be lowered. More than 13,333 needs a larger account quota: "
        "the default is 40,000 write units a second for a table and its indexes together.",
    )

    @property
    def log_shards(self) -> int:
        """How many shards each index of the request log spreads a day's, or a key's, writes over."""
        return min(MOST_SHARDS, math.ceil(self.write_rate / WRITES_A_SHARD))

    @property
    def warm_writes(self) -> int | None:
        """Write units a second to warm the request log for; None if a new table's own are enough."""
        return self.write_rate if self.write_rate > NEW_TABLE_WRITES else None


class Hyperparameters(Section):
    """Arguments of the training script. One that is not set keeps the script's own default."""

    epochs: int | None = Field(None, ge=1, le=1000, description="Passes over the training texts.")
    batch_size: int | None = Field(
        None, ge=1, le=4096, description="Texts that go through the model at a time, all processes together."
    )
    learning_rate: float | None = Field(None, gt=0, lt=1, description="The peak learning rate.")
    max_length: int | None = Field(
        None, ge=8, le=512, description="Word pieces of a text that the model reads; the rest is cut off."
    )
    hidden_size: int | None = Field(None, ge=16, le=4096, description="Width. Only with `base_model: compact`.")
    layers: int | None = Field(None, ge=1, le=48, description="Transformer layers. Only with `base_model: compact`.")
    heads: int | None = Field(None, ge=1, le=64, description="Attention heads. Only with `base_model: compact`.")
    vocab_size: int | None = Field(
        None, ge=256, le=200_000, description="Word pieces learnt. Only with `base_model: compact`."
    )
    seed: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Seed of the split, the initial weights and the batches."
    )
    valid_fraction: Part | None = Field(
        None, description="Share of the texts that choose the epoch, calibrate, and judge the export."
    )
    test_fraction: Part | None = Field(None, description="Share of the texts that the gate's figures are measured on.")
    gradient_accumulation: int | None = Field(
        None, ge=1, le=1024, description="Batches whose gradients are added up for one step of the optimiser."
    )
    patience: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Epochs in a row that are worse than the best, beyond chance, after which training stops. "
        "Below `epochs`.",
    )
    class_weights: Literal["none", "balanced"] | None = Field(
        None, description="`balanced`: a text of a rare label weighs more in the loss, in inverse proportion."
    )
    precision: Literal["auto", "bf16", "fp32"] | None = Field(
        None, description="Of the matrix products while training. `auto`: `bf16` where the hardware has it."
    )
    warmup: ShareOrNone | None = Field(None, description="Share of the steps in which the learning rate rises.")
    weight_decay: ShareOrNone | None = Field(None, description="Decay of the weights by AdamW.")
    label_smoothing: ShareOrNone | None = Field(
        None, description="Share of a text's probability that its other labels are given while training."
    )
    token_masking: ShareOrNone | None = Field(
        None, description="Share of a text's word pieces that are hidden from the model while training."
    )
    processes_per_host: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Training processes on each instance; unset, one for each GPU, or one where there is none.",
    )
    checkpoint_seconds: int | None = Field(
        None, ge=1, le=86_400, description="Seconds of work that an interruption may lose, about; unset, 120."
    )


class Gate(Section):
    """What a trained model must reach to be registered and served."""

    min_accuracy: Score = Field(description="Lowest accuracy on the test texts.")
    min_macro_f1: Score = Field(description="Lowest macro F1 on the test texts.")
    max_regression: Score = Field(
        0.01,
        description="How far accuracy and macro F1 may each fall below the approved model's on the same test texts. A "
        "larger fall is refused when the comparison of the two models, text by text, says that it is no chance.",
    )
    max_possible_regression: Score | None = Field(
        None,
        description="The largest fall that may remain possible: the model is refused when the 95 % interval of either "
        "difference reaches further down, because the test texts are too few to tell. `max_regression` or more; "
        "unset, 0.05 or `max_regression`, whichever is more.",
    )

    @property
    def possible_regression(self) -> float:
        """`max_possible_regression`, or what it is when it is not set."""
        given = self.max_possible_regression
        return max(0.05, self.max_regression) if given is None else given


class Training(Section):
    """The training pipeline."""

    base_model: str = Field(
        "distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be",
        min_length=1,
        description="`compact` (a small DistilBERT trained from scratch, no download), a Hugging Face hub id and its "
        "commit (`distilbert-base-uncased@12040accade4e8a0f71eabdb258fecc2e7e948be`), a local folder, or "
        "`s3://bucket/prefix/`. Only weights in `model.safetensors` are loaded. With `data.retain` the commit, or of "
        "`s3://` the digest, is required.",
    )
    base_model_sha256: Sha256 | None = Field(
        None,
        description="The SHA-256 of the base model's `model.safetensors` (`sha256sum`), of several `*.safetensors` one "
        "after the other by name; training refuses another. Only with a folder or `s3://`.",
    )
    image: str | None = Field(
        None,
        min_length=1,
        description="A training image of your own instead of AWS's PyTorch one for the instance type.",
    )
    image_accepted_until: dt.date | None = Field(
        None,
        description="Last day on which a deploy accepts a training image that is no longer patched; unset, it refuses.",
    )
    instance_type: InstanceType = Field(
        "ml.c7i.2xlarge", description="The training instance; with a GPU, AWS's GPU image is used."
    )
    instance_count: int = Field(
        1, ge=1, le=16, description="Training instances. More than one share each batch, over their network."
    )
    encrypt_traffic: bool = Field(
        True, description="Encrypt what several training instances send one another. It costs some speed."
    )
    volume_gb: int = Field(30, ge=10, le=1024, description="Disk of each training instance, GB.")
    spot: bool = Field(
        False, description="Train on spare capacity: cheaper, may be interrupted and resumed from its checkpoint."
    )
    max_runtime_minutes: int = Field(
        40,
        ge=1,
        le=7200,
        description="A job is stopped after this. Above 45 only with `longer_than_first_deploy`.",
    )
    longer_than_first_deploy: bool = Field(
        False,
        description="Allow jobs too long for the hour that the first deploy waits for its model. Only for "
        "environments that already have an approved model.",
    )
    hyperparameters: Hyperparameters = Field(Hyperparameters(), description="Arguments of the training script.")
    gate: Gate = Field(description="What a trained model must reach.")
    approval: Literal["automatic", "manual"] = Field(
        "automatic",
        description="`manual`: a model that passed waits in the registry for a person; the very first does not.",
    )
    schedule: str | None = Field(
        None,
        pattern=r"^(rate|cron)\(.+\)$",
        description="Train by itself, for example `rate(7 days)` or `cron(0 3 ? * MON *)`.",
    )


class Jwt(Section):
    """Tokens of an OpenID Connect issuer instead of API keys."""

    issuer: HttpsUrl = Field(
        description="The issuer, as in the tokens' `iss`; it serves `/.well-known/openid-configuration`. For Cognito "
        "`https://cognito-idp.<region>.amazonaws.com/<user pool id>`."
    )
    audience: list[str] = Field(
        min_length=1, description="One of these is in a token's `aud` or `client_id`. For Cognito: app client ids."
    )


class Api(Section):
    """The HTTP API."""

    auth: Literal["keys", "iam", "jwt"] = Field(
        "keys",
        description="Who may call: holders of API keys, IAM identities with `execute-api:Invoke` on the routes, or "
        "holders of a token of `api.jwt.issuer`. Limits are kept for API keys only.",
    )
    jwt: Jwt | None = Field(None, description="The issuer of tokens. Only with `auth: jwt`.")

    throttle_rate: int = Field(50, ge=1, le=10_000, description="Requests a second for all callers together.")
    throttle_burst: int = Field(100, ge=1, le=5_000, description="Requests at once above that rate.")
    key_rate: int | None = Field(
        None,
        ge=1,
        le=MAX_KEY_RATE,
        description="Requests a second of an API key that was made without a rate of its own. Unset: what "
        "`key_concurrency_percent` leaves, or `throttle_rate` where that is less.",
    )
    answer_seconds: int = Field(
        29,
        ge=13,
        le=29,
        description="Seconds that a function has to answer a request in, the model's time included; after them the "
        "caller gets a 5xx. `classifier.endpoint_seconds` and Bedrock's have to fit in.",
    )
    concurrency: int = Field(
        1000,
        ge=10,
        le=100_000,
        description='Functions that the account may run at the same time (Lambda\'s quota "Concurrent executions", '
        "which all that is in the account and region shares). Preflight compares it with the account's.",
    )
    key_concurrency_percent: int = Field(
        25,
        ge=1,
        le=100,
        description="The most of `concurrency` that one API key may hold, when each of its requests takes as long as "
        "it may: its rate times `answer_seconds`.",
    )
    cors_origins: list[Origin] = Field(
        default_factory=list, description="Web origins that may call the API from a browser, or `*` alone for any."
    )
    key_cache_seconds: int = Field(
        60,
        ge=0,
        le=3600,
        description="Seconds that an API key may still be accepted after it was revoked or a rotation without grace "
        "ended it: how long an authorizer reuses the key's record. 0: refused at once, for a read of the table at each "
        "request.",
    )
    snap_start: bool | None = Field(
        None,
        description="Start the classify function from a snapshot: no cold start, a small charge. Unset: on, if the "
        "region has it.",
    )
    answer_cache_seconds: int = Field(
        0,
        ge=0,
        le=3600,
        description="Seconds that a text's answer may be given again, to the caller that asked for it, without asking "
        "the model; 0 = never.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Log level of every function.")

    @property
    def most_key_rate(self) -> int:
        """The highest rate with which a key's slowest requests hold no more than its share of the functions."""
        return self.concurrency * self.key_concurrency_percent // (100 * self.answer_seconds)

    @property
    def default_key_rate(self) -> int:
        """`key_rate`, or what it is when it is not set."""
        return self.key_rate or max(1, min(self.throttle_rate, self.most_key_rate, MAX_KEY_RATE))

    @property
    def default_key_burst(self) -> int:
        """Requests at once of a key without limits of its own."""
        return min(self.throttle_burst, 2 * self.default_key_rate)


class Monitoring(Section):
    """Alarms and the dashboard."""

    alarm_email: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="Alarms are sent here, once the address has confirmed."
    )
    alarm_receivers_elsewhere: bool = Field(
        False,
        description="Somebody subscribes to the alarm topic by other means, such as a pager: synth no longer asks.",
    )
    refused_keys_per_minute: int = Field(
        60, ge=1, description="Alarm when more requests a minute come without a valid key."
    )
    p99_latency_ms: int = Field(2000, ge=1, description="Alarm when 1 in 100 API calls takes longer, milliseconds.")
    model_latency_ms: int = Field(
        500, ge=1, description="Alarm, and roll a rollout back, when the model's mean time is longer, ms."
    )
