"""Names of the stacks' outputs, by which everything else finds the deployed resources.

CloudFormation shows an output's characters beyond ASCII as question marks (aws-cloudformation/
cloudformation-coverage-roadmap #814), so outputs with a user's words are written by `in_ascii`.
"""

from __future__ import annotations

import string
from urllib.parse import quote, unquote

_KEPT = string.punctuation.replace("%", "") + " "  # besides letters and digits, which `quote` always keeps


def in_ascii(text: str) -> str:
    """The text with `%` and what is not ASCII percent-encoded; `as_written` gives it back."""
    return quote(text, safe=_KEPT)


def as_written(value: str) -> str:
    """The text of an output."""
    return unquote(value)


# Of the Data stack.
DATASET_BUCKET_NAME = "DatasetBucketName"
ARTIFACT_BUCKET_NAME = "ArtifactBucketName"
REQUEST_LOG_TABLE_NAME = "RequestLogTableName"
EXAMPLES_TABLE_NAME = "ExamplesTableName"
LEDGER_TABLE_NAME = "LedgerTableName"
ERASURE_KEY_ARN = "ErasureKeyArn"
ANSWERS_TABLE_NAME = "AnswersTableName"
ERASED_TABLE_NAME = "ErasedTableName"
API_KEYS_TABLE_NAME = "ApiKeysTableName"
USAGE_TABLE_NAME = "UsageTableName"

# Of the Training stack.
PIPELINE_ARN = "PipelineArn"
PROMOTION_ARN = "PromotionArn"
MODEL_PACKAGE_GROUP_NAME = "ModelPackageGroupName"
APPROVED_MODEL_PARAMETER_NAME = "ApprovedModelParameterName"
DATASET_URI = "DatasetUri"
BASE_MODEL = "BaseModel"
HYPERPARAMETERS = "Hyperparameters"
DRIFT_FUNCTION_NAME = "DriftFunctionName"
RETRAINING_ARN = "RetrainingArn"
RETRAIN_FUNCTION_NAME = "RetrainFunctionName"
AB_TEST_FUNCTION_NAME = "AbTestFunctionName"

# Of the Serving stack.
ENDPOINT_NAME = "EndpointName"
ENDPOINT_CONFIG_NAME = "EndpointConfigName"
# Of an endpoint whose model is an inference component: the model that the component should serve.
SERVED_MODEL_NAME = "ServedModelName"
# Names what the template rolls out: the value of the parameter UNGUARDED with which no alarm takes that back.
ROLLOUT_ID = "RolloutId"

# Of the Challenger stack; only while there is a challenger.
CHALLENGER_MODEL_NAME = "ChallengerModelName"

# Of the Api stack.
API_URL = "ApiUrl"
API_ID = "ApiId"
LOG_DEAD_LETTERS_URL = "LogDeadLettersUrl"
LOG_PARKED_URL = "LogParkedUrl"
KEY_CACHE_SECONDS = "KeyCacheSeconds"
CONSOLE_URL = "ConsoleUrl"
FEATURES_FUNCTION_NAME = "FeaturesFunctionName"  # only with a feature store

# Of the Monitoring stack.
ALARM_TOPIC_ARN = "AlarmTopicArn"
DASHBOARD_NAME = "DashboardName"
