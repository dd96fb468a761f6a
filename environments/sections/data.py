"""The section `data`: the source of the texts, and how stored data is kept."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from contracts.texts.label_mapping import LabelMapping
from environments.sections.base import HttpsUrl, S3Uri, Section, Sha256

KeyArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$")]
Encoding = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{1,30}$")]

# DynamoDB gives one partition 1,000 write units a second. A shard of an index gets a sixteenth of that: shards fall
# into partitions by chance, and the smaller they are, the more evenly. docs/load.md has what that brings and costs.
WRITES_A_SHARD = 62.5
MOST_SHARDS = 160
# What a new on-demand table and each of its indexes take at once ("DynamoDB warm throughput" in its developer guide).
NEW_TABLE_WRITES = 4_000

UCI_ARCHIVE = "https://archive.ics.uci.edu/static/public/359/news+aggregator.zip"


FilePath = Annotated[str, StringConstraints(min_length=1)]
# One may be written without a list.
FilePaths = Annotated[list[FilePath], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class Dataset(Section):
    """Where the labelled texts come from."""

    source: Literal["file", "s3", "uci"] = Field(
        description="`file`: a file or a folder of this machine, uploaded at deploy. `s3`: an object that is in S3 "
        "already. `uci`: the UCI News Aggregator, downloaded by the first training run."
    )
    path: FilePaths | None = Field(
        None,
        description="The file, a folder whose files are one dataset, or a list of files and folders that are, from the "
        "repository's root. Only with `source: file`.",
    )
    uri: S3Uri | None = Field(
        None,
        description="The object, `s3://bucket/key`, or `s3://bucket/folder/` for all objects in it. "
        "Only with `source: s3`.",
    )
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
    encoding: Encoding | None = Field(
        None,
        description="The encoding of a text file that is not UTF-8 and has no byte order mark, such as "
        "`windows-1252` or `utf-16-le`. Without it such a file is refused.",
    )
    time_format: Literal["day_first", "month_first", "seconds", "milliseconds", "excel", "none"] | None = Field(
        None,
        description="How to read a time column that has two readings: dates such as 3/4/2014 as `day_first` or "
        "`month_first`; numbers as `seconds` or `milliseconds` since 1970 or as `excel`'s days; `none`: not at all. "
        "Without it such a column is not used, and the job's log and `rubric eda` say so.",
    )


LabelName = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Labels(Section):
    """What becomes of the dataset's labels before training. Names are those that `rubric eda` shows."""

    rename: dict[LabelName, LabelName] = Field(
        default_factory=dict,
        description="New names: `{old: new}`. A name that another label has already is refused: see `merge`.",
    )
    merge: dict[LabelName, list[LabelName]] = Field(
        default_factory=dict,
        description="Labels that become one: `{name: [label, ...]}`. The name may be a label of the file or a new one.",
    )
    drop: list[LabelName] = Field(
        default_factory=list, description="Labels whose rows are left out, such as `nan`; the job counts them."
    )

    @property
    def mapping(self) -> LabelMapping:
        """The same for the training job. ValueError for names that are one name when normalised."""
        return LabelMapping.of(self.model_dump())


class Data(Section):
    """Stores: the dataset, model artifacts, the request log, labelled examples and API keys."""

    dataset: Dataset = Field(description="Where the labelled texts come from.")
    labels: Labels = Field(Labels(), description="What becomes of the dataset's labels before training.")
    encryption: Literal["s3", "kms"] = Field(
        "s3",
        description="`s3`: keys that AWS owns, free. `kms`: one customer-managed key for buckets, tables, the "
        "dead-letter queue, the alarm topic, log groups and SageMaker's volumes and outputs, but not for S3's access "
        "logs, container images and the two log groups that all SageMaker jobs of an account share. An environment "
        "that has a key keeps it: going back to `s3` is refused.",
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
        description="Days that a labelled example of a caller (`POST /v1/examples`) is kept, and every label in the "
        "ledger, regardless of `request_log_text`. Rows of a frozen dataset version stay.",
    )
    untrusted_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="The largest share of a dataset version's new and changed labels that may come from one API key "
        "without a review. Keys made with `rubric keys create --trusted` are exempt.",
    )
    request_log_text: Literal["store", "hash", "drop"] = Field(
        "store",
        description="What the request log keeps of a text: the text, its SHA-256 (which is the same for equal texts, "
        "and not secret if texts can be guessed), or nothing. Without texts there is nothing to retrain on; "
        "`serving.data_capture_percent` would keep them elsewhere and is refused.",
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
