"""Names of the stacks' outputs, by which everything else finds the deployed resources."""

from __future__ import annotations

# Of the Data stack.
DATASET_BUCKET_NAME = "DatasetBucketName"
ARTIFACT_BUCKET_NAME = "ArtifactBucketName"
REQUEST_LOG_TABLE_NAME = "RequestLogTableName"
EXAMPLES_TABLE_NAME = "ExamplesTableName"
LEDGER_TABLE_NAME = "LedgerTableName"
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

# Of the Serving stack.
ENDPOINT_NAME = "EndpointName"
ENDPOINT_CONFIG_NAME = "EndpointConfigName"

# Of the Api stack.
API_URL = "ApiUrl"
API_ID = "ApiId"
LOG_DEAD_LETTERS_URL = "LogDeadLettersUrl"
LOG_PARKED_URL = "LogParkedUrl"
KEY_CACHE_SECONDS = "KeyCacheSeconds"
CONSOLE_URL = "ConsoleUrl"

# Of the Monitoring stack.
ALARM_TOPIC_ARN = "AlarmTopicArn"
DASHBOARD_NAME = "DashboardName"
