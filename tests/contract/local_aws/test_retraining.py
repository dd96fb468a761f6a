"""Retraining on the local AWS: the real function and machine, from labels in the log and the ledger to a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import ledger, manifest
from contracts.deployment import buckets
from contracts.logs import drift_report
from contracts.retraining import decision, runs
from lambda_src.classify.log_items import RequestFacts, build, labels_items, sample_items
from lambda_src.classify.log_writer import LogWriter
from lambda_src.classify.response import Prediction
from lambda_src.common import dynamodb
from lambda_src.labelling import dal, giving
from lambda_src.labelling.labeller import Labeller
from lambda_src.labelling.request_body import LabelRequest
from local_aws_testing.server import ROLE, Server, wait_for
from local_aws_testing.stacks import ended
from stacks.training.machines import retraining
from tests.contract.local_aws.test_labelling import NothingErased
from tests.contract.local_aws.test_request_log import SHARDS, template
from tests.contract.sagemaker.functions import make_real_function
from tests.tables import make_ledger

VERSION = "rubric-test-20261101-000000-abcd"
ARTIFACTS, DATASETS, LEDGER, PARAMETER = "retrain-artifacts", "retrain-datasets", "retrain-ledger", "/retrain/approved"
LABELS = ("Business", "Health")
NOW = datetime.now(UTC)
TEXTS = 120
ANA = "arn:aws:iam::000000000000:user/ana"


class Deployed:
    """A model that answers `Business` to a new topic whose label is `Health`, and people who say so."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        cloudformation, self.s3 = server.client("cloudformation"), server.client("s3")
        cloudformation.create_stack(StackName="retrain-log", TemplateBody=json.dumps(template()))
        assert ended(server, "retrain-log")["StackStatus"] == "CREATE_COMPLETE"
        [table] = cloudformation.describe_stack_resources(StackName="retrain-log")["StackResources"]
        self.table, self.dynamodb = table["PhysicalResourceId"], server.client("dynamodb")
        make_ledger(self.dynamodb, LEDGER)
        for bucket in (ARTIFACTS, DATASETS):
            self.s3.create_bucket(Bucket=bucket)
        self.model()
        self.answers()
        self.states = server.client("stepfunctions")
        self.pipeline = self.machine("retrain-training", {
            "StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}},
        })  # fmt: skip
        function = make_real_function(
            server, "retrain", folder=folder, ARTIFACT_BUCKET=ARTIFACTS, DATASET_BUCKET=DATASETS,
            REQUEST_LOG_TABLE=self.table, REQUEST_LOG_DAYS="2", LEDGER_TABLE=LEDGER, PIPELINE_ARN=self.pipeline,
            APPROVED_MODEL_PARAMETER=PARAMETER, HORIZON_DAYS="30", MONTHLY_BUDGET="5", COOLDOWN_HOURS="0",
            FEWEST_ROWS="50", FEWEST_LABELS="50", MIN_ACCURACY="0.8", UNTRUSTED_SHARE="0.1", VALUE_PER_ERROR="0.05",
            RUN_PRICE="2", POWERTOOLS_METRICS_NAMESPACE="Rubric",
        )  # fmt: skip
        self.function = function
        definition = retraining.definition(partition="aws", retrain_arn=function, pipeline_arn=self.pipeline)
        self.retraining = self.machine("retrain-retraining", definition)

    def machine(self, name: str, definition: dict[str, Any]) -> str:
        made = self.states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(made["stateMachineArn"])

    def model(self) -> None:
        """An approved model that learnt from the dataset version v1, whose texts are of other topics."""
        uri = f"s3://{ARTIFACTS}/{buckets.kept(VERSION, buckets.MODEL_FILE)}"
        self.server.client("ssm").put_parameter(Name=PARAMETER, Value=uri, Type="String")
        table = io.StringIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(manifest.COLUMNS)
        for number in range(60):
            text, label = (f"shares of bank {number}", "Business") if number % 2 else (f"flu case {number}", "Health")
            rows.writerow([ledger.row_of(text), text, label, "train", "", "", "", "dataset", "", ""])
        body = table.getvalue().encode()
        place = manifest.file_key(manifest.digest(body))
        document: Any = dict.fromkeys(manifest.Manifest.__annotations__)
        document |= {"layout": 1, "version": "v1", "file": {"key": place}, "until": ""}
        since, until = (moment.isoformat().replace("+00:00", "Z") for moment in (NOW - timedelta(days=1), NOW))
        report = {
            "layout": drift_report.LAYOUT, "status": drift_report.DRIFT, "reason": "The predicted labels moved.",
            "since": since, "until": until, "counted": {"texts": 1000}, "streams": [],
        }  # fmt: skip
        evaluation = {"accuracy": 0.95, "labels": list(LABELS), "dataset_version": "v1"}
        for bucket, key, content in (
            (DATASETS, place, body),
            (DATASETS, manifest.key_of("v1"), manifest.to_json(document)),
            (ARTIFACTS, buckets.evaluation(VERSION), json.dumps(evaluation).encode()),
            (ARTIFACTS, buckets.drift_report(VERSION), json.dumps(report).encode()),
        ):
            self.s3.put_object(Bucket=bucket, Key=key, Body=content)

    def answers(self) -> None:
        texts = dal.Texts(self.dynamodb, table=self.table, ledger_table=LEDGER, shards=SHARDS, logger=None)
        labels = giving.Labels(texts=texts, erased=NothingErased(), keep_days=10)
        writer = LogWriter(self.dynamodb, None, table=self.table, dlq_url="", shards=SHARDS, logger=None)
        for start in range(0, TEXTS, 30):
            facts = RequestFacts(
                request_id=f"request{start}=", key_id="somebodyel", received=NOW - timedelta(minutes=5),
                latency_ms=1.0, status=200, variant="champion", keep_days=30, shards=SHARDS, audit_share=1.0,
            )  # fmt: skip
            results = [Prediction("Business", (0.6, 0.4), LABELS, VERSION) for _ in range(30)]
            sent = [f"fusion reactor starts {start + number}" for number in range(30)]
            items = build(facts, texts=sent, results=results)
            known = labels_items(results, expires_at=items[0]["expires_at"])
            assert writer.write([*items, *sample_items(items)], labels=known).failed == 0
            for position in range(30):
                given = LabelRequest(
                    request_id=facts.request_id, position=position, label="Health", labeller="ana", sample=""
                )
                labels.give(given, Labeller(key_id="abcdefgh23", name="ana", trusted=True))

    def ask(self, action: str) -> Any:
        payload = json.dumps({"action": action}).encode()
        answer = self.server.client("lambda").invoke(FunctionName=self.function, Payload=payload)
        document = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, document
        return document

    def decide(self, **given: str) -> dict[str, Any]:
        """What an execution of the machine has decided."""
        found = self.end_of(given)
        assert found["status"] == "SUCCEEDED", found.get("cause")
        return dict(json.loads(found["output"]))

    def end_of(self, given: Any) -> dict[str, Any]:
        """The end of an execution of the machine with this input."""
        arn = self.states.start_execution(stateMachineArn=self.retraining, input=json.dumps(given))["executionArn"]

        def over() -> Any:
            found = self.states.describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        return dict(wait_for(over, what="the end of the decision"))

    def runs(self) -> dict[str, str]:
        """Inputs of the pipeline's executions by name, of those that run."""
        listed = self.states.list_executions(stateMachineArn=self.pipeline, statusFilter="RUNNING")["executions"]
        return {
            each["name"]: self.states.describe_execution(executionArn=each["executionArn"])["input"] for each in listed
        }

    def stop(self) -> None:
        """End all runs."""
        listed = self.states.list_executions(stateMachineArn=self.pipeline, statusFilter="RUNNING")["executions"]
        for each in listed:
            self.states.stop_execution(executionArn=each["executionArn"])

    def object(self, key: str) -> Any:
        return json.loads(self.s3.get_object(Bucket=ARTIFACTS, Key=key)["Body"].read())


@pytest.fixture(scope="module")
def deployed(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    made = Deployed(server, tmp_path_factory.mktemp("retrain"))
    yield made
    made.stop()


def test_what_pays_is_trained_once_and_the_next_decision_waits(deployed: Deployed) -> None:
    explained = deployed.ask("explain")
    by_name = {clause["name"]: clause for clause in explained["clauses"]}
    assert (explained["outcome"], explained["decided_by"], explained["run"]) == ("train", "drift", "")
    assert by_name["rows"]["figures"]["accepted"] == TEXTS
    assert by_name["audit"]["figures"]["accuracy"] == 0.0
    assert by_name["worth"]["figures"]["gain_low"] > 0.5
    assert deployed.runs() == {}

    made = deployed.decide(source="aws.events")
    run = decision.run_of(made["decision_id"])
    assert (made["outcome"], made["run"]) == ("train", run)
    started = deployed.runs()
    assert {name: json.loads(given) for name, given in started.items()} == {
        run: dict(decision.pipeline_input(made["decision_id"]))
    }
    ledger_of_runs = runs.read(deployed.object(runs.KEY))
    assert [(each["decision_id"], each["state"], each["price"]) for each in ledger_of_runs] == [
        (made["decision_id"], runs.STARTED, 2.0)
    ]
    listed = deployed.s3.list_objects_v2(Bucket=ARTIFACTS, Prefix=buckets.RETRAINING)["Contents"]
    [kept] = [deployed.object(each["Key"]) for each in listed]
    assert (kept["decision_id"], kept["cause"], kept["model_version"]) == (made["decision_id"], "check", VERSION)

    waits = deployed.decide(cause="person", by=ANA)
    assert (waits["outcome"], waits["run"], run in waits["reason"]) == ("wait", "", True)
    assert list(deployed.runs()) == [run]


def test_a_person_starts_one_until_the_month_s_budget_is_spent(deployed: Deployed) -> None:
    deployed.stop()
    second = deployed.decide(cause="person", by=ANA)
    assert (second["outcome"], ANA in second["reason"]) == ("train", True)
    deployed.stop()
    third = deployed.decide(cause="person", by=ANA)
    assert (third["outcome"], "$4.00" in third["reason"]) == ("wait", True)
    assert deployed.runs() == {}


def test_an_input_that_nobody_gives_is_refused_in_a_sentence(deployed: Deployed) -> None:
    end = deployed.end_of(["train"])
    assert (end["status"], end["error"]) == ("FAILED", "DecisionFailed")
    assert end["cause"].startswith("The execution's input has to be a JSON object: ")


def test_the_backtest_says_on_which_day_it_would_have_fired(deployed: Deployed) -> None:
    found = deployed.ask("backtest")
    assert found["complete"]
    assert decision.TRAIN in [each["outcome"] for each in found["decisions"]]
    assert all(each["run"] == "" for each in found["decisions"])


def test_before_the_first_version_a_tombstone_keeps_runs_from_being_started(deployed: Deployed) -> None:
    deployed.s3.delete_object(Bucket=DATASETS, Key=manifest.key_of("v1"))
    assert {each["name"]: each["holds"] for each in deployed.ask("explain")["clauses"]}["dataset"] is True
    item = ledger.tombstone("0" * 64, time="2026-11-20T21:35:00.123Z")
    deployed.dynamodb.put_item(TableName=LEDGER, Item=dynamodb.item(dict(item)))
    refused = deployed.decide(cause="person", by=ANA)
    assert (refused["outcome"], "`rubric data freeze`" in refused["reason"]) == ("wait", True)
