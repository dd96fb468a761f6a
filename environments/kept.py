"""How long an environment keeps what it stores, where no setting says so: for the stacks and for commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environments.sections.data import Data

# S3: days until an object expires, and days until a noncurrent version is deleted.
CAPTURE_DAYS = 90
CHECKPOINT_DAYS = 14
TRAINING_DAYS = 30  # what jobs wrote; the gate has copied what must stay
# Replaced versions of it, which the gate must see: it may run again for this long (Step Functions' redrive).
REPLACED_OUTPUT_DAYS = 14
STAGING_DAYS = 14
FOLD_DAYS = 14  # the ledger's events for a job, which may wait ten days for spare capacity
DRIFT_DAYS = 90  # since the last look, which writes its files anew
ACCESS_LOG_DAYS = 90
# Under capture/, batch/, drift/, ab/, checkpoints/ and datasets/folds/: expired or deleted texts must be gone soon.
OLD_TEXT_DAYS = 1
OLD_DATASET_DAYS = 30
OLD_ARTIFACT_DAYS = 90
PARTIAL_UPLOAD_DAYS = 7
# S3 counts both from the next midnight UTC on ("Lifecycle rules: based on an object's age").
S3_ROUNDING_DAYS = 1

QUEUE_DAYS = 14  # the longest that SQS keeps a message
LOG_GROUP_DAYS = 30
BACKUP_DAYS = 35  # how far DynamoDB's point-in-time recovery goes back
TTL_DAYS = 3  # DynamoDB deletes what has expired "within a few days" ("Using time to live" in its guide)


def key_history_days(data: Data) -> int:
    """Days that a key's record stays after the key has ended: its name explains what is kept under its id."""
    return max(data.request_log_days, data.example_days) + TTL_DAYS


def erasure_days(data: Data) -> int:
    """Days that a tombstone is kept: longer than any copy that could bring back an erased text."""
    from_s3 = [
        CAPTURE_DAYS,
        DRIFT_DAYS,
        STAGING_DAYS,
        FOLD_DAYS,
        OLD_DATASET_DAYS,
        OLD_ARTIFACT_DAYS,
        TRAINING_DAYS + REPLACED_OUTPUT_DAYS,
    ]
    longest = [data.request_log_days, data.example_days, QUEUE_DAYS, LOG_GROUP_DAYS, BACKUP_DAYS, *from_s3]
    return max(longest) + TTL_DAYS + 2 * S3_ROUNDING_DAYS + OLD_TEXT_DAYS
