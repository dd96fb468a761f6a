"""The feature store's function: computes features on a schedule, and reads and erases them for those who ask it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contracts.deployment import buckets
from environments.reading import registry
from stacks.deployment import Deployment
from stacks.shared.permissions import allow, use_key
from stacks.shared.python_function import PythonFunction
from stacks.stores import FeatureTables, Stores

# Lambda's longest ("gettingstarted-limits"); a run that has not counted everything by then goes on at the next.
_LONGEST = cdk.Duration.minutes(15)


class Features(PythonFunction):
    """The function that writes to the store. Only with `features.store`."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stores: Stores) -> None:
        settings = deployment.settings
        server = stores.feature_server
        self._deployment, self._stores = deployment, stores
        self._every = cdk.Duration.minutes(settings.features.compute_minutes)
        super().__init__(
            scope,
            construct_id,
            deployment=deployment,
            folder="features",
            description="Computes features from the request log and the labels.",
            environment={
                "REQUEST_LOG_TABLE": stores.request_log.name,
                "REQUEST_LOG_SHARDS": str(settings.data.log_shards),
                "LEDGER_TABLE": stores.ledger.name,
                "ARTIFACT_BUCKET": stores.artifacts.name,
                **store_variables(deployment, stores=stores),
            },
            timeout=min(self._every, _LONGEST, key=lambda each: each.to_seconds()),
            memory_mb=1024,
            layers=[_driver(scope, deployment=deployment)] if server else [],
            groups=[server.group] if server and server.group else [],
        )
        self._permissions(stores)
        self._schedule()

    def reader_variables(self) -> dict[str, str]:
        """Of a function that reads features: from the tables itself, or by asking this function."""
        wait = {"FEATURES_WAIT_MS": str(self._deployment.settings.features.read_milliseconds)}
        if self._stores.features is None:
            store = self._deployment.settings.features.store
            return {"FEATURE_STORE": store, "FEATURES_FUNCTION": self.function.function_name, **wait}
        variables = store_variables(self._deployment, stores=self._stores)
        return {name: value for name, value in variables.items() if name != "FEATURES_HISTORY_TABLE"} | wait

    def may_read(self, role: iam.Role) -> None:
        """Let a role read features as `reader_variables` says: the newest values, never the history."""
        if self._stores.features is None:
            allow(role, "lambda:InvokeFunction", on=self.arn)
        else:
            allow(role, "dynamodb:BatchGetItem", on=self._stores.features.online.arn)

    def _permissions(self, stores: Stores) -> None:
        log, ledger, bucket = stores.request_log, stores.ledger, stores.artifacts
        allow(self.role, "dynamodb:BatchGetItem", "dynamodb:Query", on=log.arn)
        allow(self.role, "dynamodb:Query", on=f"{log.arn}/index/by_day")
        allow(self.role, "dynamodb:Query", on=[ledger.arn, f"{ledger.arn}/index/by_day"])
        # S3 answers 403 instead of 404 for a missing object if the caller may not list.
        allow(self.role, "s3:ListBucket", on=bucket.arn)
        # A write with If-Match needs both (S3 user guide, "conditional-writes").
        allow(self.role, "s3:GetObject", "s3:PutObject", on=f"{bucket.arn}/{buckets.FEATURES_STATE}")
        allow(self.role, "s3:PutObject", on=f"{bucket.arn}/{buckets.FEATURES_SUMMARY}")
        if stores.features is not None:
            _may_write(self, stores.features)
        if stores.feature_server is not None:
            _may_read_secret(self, stores.feature_server.secret)
        use_key(self.role, stores.key_arn)

    def _schedule(self) -> None:
        events.Rule(
            self,
            "Schedule",
            description="Computes features.",
            schedule=events.Schedule.rate(self._every),
            # An event that is lost costs nothing: the next one goes on where the last run ended.
            targets=[targets.LambdaFunction(self.function)],
        )


def store_variables(deployment: Deployment, *, stores: Stores) -> dict[str, str]:
    """The variables that name the store and its registry."""
    settings = deployment.settings
    known = registry.load(settings.features.registry, root=deployment.root)
    days = str(settings.data.example_days)
    variables = {"FEATURE_STORE": settings.features.store, "FEATURES_REGISTRY": known.as_json(), "FEATURE_DAYS": days}
    if stores.features is not None:
        online, history = stores.features.online, stores.features.history
        variables |= {"FEATURES_ONLINE_TABLE": online.name, "FEATURES_HISTORY_TABLE": history.name}
    if stores.feature_server is not None:
        variables |= {"MONGODB_SECRET": stores.feature_server.secret, "MONGODB_SERVER": stores.feature_server.server}
    return variables


def _driver(scope: Construct, *, deployment: Deployment) -> lambda_.LayerVersion:
    """The packages that only the function that speaks to MongoDB has, and DocumentDB's certificates."""
    return lambda_.LayerVersion(
        scope,
        "MongoDbLayer",
        description="MongoDB's driver.",
        code=lambda_.Code.from_asset(deployment.built("layers", "mongodb")),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64],
    )


def _may_read_secret(function: PythonFunction, secret: str) -> None:
    """secret: an ARN, or a name, to whose ARN Secrets Manager adds six characters (its user guide, "ARN")."""
    if cdk.Token.is_unresolved(secret) or secret.startswith("arn:"):
        allow(function.role, "secretsmanager:GetSecretValue", on=secret)
        return
    arn = cdk.Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{secret}-*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    because = "Secrets Manager adds six characters to the name."
    allow(function.role, "secretsmanager:GetSecretValue", on=arn, because=because)


def _may_write(function: PythonFunction, tables: FeatureTables) -> None:
    actions = ("dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem")
    allow(function.role, *actions, on=tables.online.arn)
    written = ("dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem")
    allow(function.role, *written, "dynamodb:Query", on=tables.history.arn)
