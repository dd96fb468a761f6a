"""How long what an environment stores is kept where no setting says it: for the stacks, and for what tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from environments.sections.data import Data

# S3: days until an object expires, and days until a version that is no longer the current one goes.
CAPTURE_DAYS = 90
CHECKPOINT_DAYS = 14
TRAINING_DAYS = 30  # what jobs wrote; the gate has taken over what counts
# Versions of that which were replaced, for the gate to see, which may run again for so long (Step Functions' redrive).
REPLACED_OUTPUT_DAYS = 14
STAGING_DAYS = 14
ACCESS_LOG_DAYS = 90
OLD_TEXT_DAYS = 1  # under capture/, batch/ and checkpoints/, so that what expires or is deleted is soon gone
OLD_DATASET_DAYS = 30
OLD_ARTIFACT_DAYS = 90
PARTIAL_UPLOAD_DAYS = 7
# S3 counts from the next midnight UTC on, for each of the two ("Lifecycle rules: based on an object's age").
S3_ROUNDING_DAYS = 1

QUEUE_DAYS = 14  # the longest that SQS keeps a message
LOG_GROUP_DAYS = 30
BACKUP_DAYS = 35  # how far DynamoDB's point-in-time recovery goes back
TTL_DAYS = 3  # DynamoDB deletes what has expired "within a few days" ("Using time to live" in its guide)


def key_history_days(data: Data) -> int:
    """Days that a key's record stays after the key has ended: its name explains what is kept under its id."""
    return max(data.request_log_days, data.example_days) + TTL_DAYS


def erasure_days(data: Data) -> int:
    """Days that a tombstone stands: longer than anything that could bring back what was erased."""
    from_s3 = [CAPTURE_DAYS, STAGING_DAYS, OLD_DATASET_DAYS, OLD_ARTIFACT_DAYS, TRAINING_DAYS + REPLACED_OUTPUT_DAYS]
    longest = [data.request_log_days, data.example_days, QUEUE_DAYS, LOG_GROUP_DAYS, BACKUP_DAYS, *from_s3]
    return max(longest) + TTL_DAYS + 2 * S3_ROUNDING_DAYS + OLD_TEXT_DAYS
