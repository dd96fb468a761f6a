"""The course of the game day: some faults last for minutes, and the short ones happen meanwhile."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx

from contracts.deployment import stack_outputs
from tests.e2e.cloud import Cloud, wait_for
from tests.e2e.processes import model_servers
from tests.e2e.test_20_api import HEADLINE
from tests.e2e.test_52_stopped_endpoint import no_server
from tests.long.game_day.functions import Functions
from tests.long.game_day.tables import Tables
from tests.long.game_day.watch import Watch

MACHINES = (stack_outputs.PIPELINE_ARN, stack_outputs.PROMOTION_ARN, stack_outputs.RETRAINING_ARN)
SCOPES = "classify,feedback,examples,read,label"
WRONG_KEYS = 80  # more than monitoring.refused_keys_per_minute, within a minute
TEXTS = [f"{HEADLINE} {number}" for number in range(20)]
PARALLEL = 7
SLOW_SECONDS, EVERY_SECONDS = 2.6, 8.0
MINUTES_3, MINUTES_5 = 240.0, 360.0  # with what a busy machine adds


def ask(api: httpx.Client, method: str, path: str, **request: Any) -> None:
    """Sends a request that may fail, or not be answered in time, because of a fault."""
    with suppress(httpx.TransportError):
        api.request(method, path, **request)


class Day:
    """Causes the faults of expected.py. rung: the alarms that rang; left: those that never ended."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.functions = Functions(cloud)
        self.tables = Tables(cloud)
        self.rung: set[str] = set()
        self.left: set[str] = set()
        self._ssm = cloud.client("ssm")
        self._states = cloud.client("stepfunctions")
        outputs = cloud.outputs("Training")
        self._parameter = outputs[stack_outputs.APPROVED_MODEL_PARAMETER_NAME]
        self._machines = {name: outputs[name] for name in MACHINES}
        # Beside the promotions' records.
        self._record = f"{self._parameter.rsplit('/', 1)[0]}/promotions/by-hand"

    def run(self) -> None:
        """About seven minutes, most of which it waits."""
        created = self.cloud.rubric("keys", "create", "--name", "game day", "--scopes", SCOPES, "--json")
        key = json.loads(created.stdout)["key"]
        with Watch(self.cloud) as watch, self.cloud.api(key=key) as api, ThreadPoolExecutor(1) as meanwhile:
            wait_for("quiet alarms", lambda: not watch.now(), timeout=120, every=2)
            promotions = meanwhile.submit(self.promotions, watch)
            with no_server(self.cloud):
                self.classify(api, times=3)
                self.short_faults(api, watch)
                watch.rang("NoHealthyInstance", timeout=MINUTES_3)
            wait_for("an answer of the model", lambda: self.answered_by_the_model(api), timeout=60)
            self.slow_answers(api, until=lambda: {"ApiLatency", "EndpointLatency"} <= set(watch.rung))
            promotions.result()
            with suppress(AssertionError):  # the tests name those that are left
                wait_for("the alarms' ends", lambda: not watch.now(), timeout=240, every=2)
            self.rung, self.left = set(watch.rung), watch.now()

    def short_faults(self, api: httpx.Client, watch: Watch) -> None:
        """Faults whose alarms ring at the first sign."""
        for _ in range(WRONG_KEYS):
            ask(api, "GET", "v1/stats", headers={"x-api-key": "rk_wrong"})
        self.pipeline()
        self.request_log(api, watch)
        self.all_tables(api)
        self.all_functions(api)

    def pipeline(self) -> None:
        """Of training and of the decision to train again, a run that is stopped, and one that fails."""
        bucket = self.cloud.outputs("Data")[stack_outputs.DATASET_BUCKET_NAME]
        gone = {"dataset_uri": f"s3://{bucket}/datasets/gone.csv"}
        self.stopped(stack_outputs.PIPELINE_ARN, {})
        assert self.cloud.execute(stack_outputs.PIPELINE_ARN, gone)["status"] == "FAILED"
        self.stopped(stack_outputs.RETRAINING_ARN, {})
        with self.functions.broken("retrain"):
            assert self.cloud.execute(stack_outputs.RETRAINING_ARN, {})["status"] == "FAILED"

    def stopped(self, machine: str, request: dict[str, Any]) -> None:
        started = self._states.start_execution(stateMachineArn=self._machines[machine], input=json.dumps(request))
        self._states.stop_execution(executionArn=started["executionArn"])
        assert self.cloud.finished(started["executionArn"])["status"] == "ABORTED"

    def request_log(self, api: httpx.Client, watch: Watch) -> None:
        """Items that cannot be written, that are lost, that wait, that fail again, and a message that is parked."""
        outputs = self.cloud.outputs("Api")
        sqs, waiting = self.cloud.client("sqs"), outputs[stack_outputs.LOG_DEAD_LETTERS_URL]
        parked = outputs[stack_outputs.LOG_PARKED_URL]
        redrive, switch = self.functions.names["redrive"], self.functions.client.update_event_source_mapping
        [mapping] = self.functions.client.list_event_source_mappings(FunctionName=redrive)["EventSourceMappings"]
        with self.tables.limited_indexes():
            self.classify(api, times=3)
        switch(UUID=mapping["UUID"], Enabled=False)
        with self.tables.limited(self.tables.request_log):
            wrong = self.functions.variable("classify", "LOG_DLQ_URL", f"{waiting}-gone")
            with self.functions.changed("classify", **wrong):
                self.classify(api, times=3)
            self.classify(api, times=3)
            watch.rang("LogWriteFailed", "LogWriteLost", "LogDeadLetters", timeout=MINUTES_3)
            switch(UUID=mapping["UUID"], Enabled=True)
            watch.rang("LogRedriveFailed", timeout=MINUTES_3)
        sqs.send_message(QueueUrl=waiting, MessageBody="not of the request log")
        wait_for("a parked message", lambda: self.messages(sqs, parked) > 0, timeout=120)
        watch.rang("LogParked", timeout=MINUTES_3)
        [message] = json.loads(self.cloud.rubric("parked", "--json").stdout)["messages"]
        self.cloud.rubric("parked", "--discard", message["message_id"], "--yes")

    def messages(self, sqs: Any, url: str) -> int:
        name = "ApproximateNumberOfMessages"
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    def all_tables(self, api: httpx.Client) -> None:
        """Every table is limited while a script uses it, and then the usage table alone while callers send requests."""
        with ThreadPoolExecutor(PARALLEL) as pool:
            with self.tables.limited(*self.tables.names):
                list(pool.map(self.tables.read_and_write_too_much, self.tables.names))
            with self.tables.limited(self.tables.usage):
                list(pool.map(lambda _: ask(api, "GET", "v1/model"), range(PARALLEL)))

    def all_functions(self, api: httpx.Client) -> None:
        """Every function is limited and then broken, the one that all requests pass last."""
        calls = {
            "classify": lambda: self.classify(api, times=1),
            "meta": lambda: ask(api, "GET", "v1/model"),
            "request_log_api": lambda: ask(api, "GET", "v1/stats"),
            "examples": lambda: ask(api, "POST", "v1/examples", json={"text": HEADLINE, "label": "Business"}),
            "labelling": lambda: ask(api, "GET", "v1/queue"),
            "rotate_key": lambda: self.functions.call("rotate_key"),
            "redrive": lambda: self.functions.call("redrive"),
            "drift": lambda: self.functions.call("drift"),
            "ab_test": lambda: self.functions.call("ab_test"),
            "authorizer": lambda: ask(api, "GET", "v1/stats"),
        }
        for folder, call in calls.items():
            with self.functions.limited(folder):
                call()
            with self.functions.broken(folder):
                call()

    def classify(self, api: httpx.Client, *, times: int) -> None:
        for _ in range(times):
            ask(api, "POST", "v1/classify", json={"inputs": TEXTS})

    def answered_by_the_model(self, api: httpx.Client) -> bool:
        answer = api.post("v1/classify", json={"inputs": HEADLINE})
        return answer.status_code == 200 and answer.json()["backend"] == "sagemaker"

    def slow_answers(self, api: httpx.Client, *, until: Any) -> None:
        """Stops the model's processes during a request from time to time; nothing else is asked meanwhile."""
        end = time.monotonic() + MINUTES_5
        with ThreadPoolExecutor(1) as pool:
            while not until() and time.monotonic() < end:
                servers = model_servers(self.cloud.folder)
                for server in servers:
                    os.kill(server, signal.SIGSTOP)
                request = pool.submit(self.classify, api, times=1)
                time.sleep(SLOW_SECONDS)
                for server in servers:
                    os.kill(server, signal.SIGCONT)
                request.result()
                time.sleep(EVERY_SECONDS)

    def promotions(self, watch: Watch) -> None:
        """The check fails for minutes, somebody approves a model by hand, and promotions end badly."""
        self._ssm.put_parameter(Name=self._record, Value="made by hand", Type="String")
        watch.rang("SettlingFailed", "ReconcilerFails", timeout=MINUTES_5)
        bucket = self.cloud.outputs("Data")[stack_outputs.ARTIFACT_BUCKET_NAME]
        gone = f"s3://{bucket}/models/gone/output/model.tar.gz"
        before = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        self._ssm.put_parameter(Name=self._parameter, Value=gone, Type="String", Overwrite=True)
        self._ssm.delete_parameter(Name=self._record)
        watch.rang("ApprovedDiffersFromServing", timeout=MINUTES_3)
        assert self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"] == before
        assert self.cloud.execute(stack_outputs.PROMOTION_ARN, {"artifact_uri": gone})["status"] == "FAILED"
        self.stopped(stack_outputs.PROMOTION_ARN, {"artifact_uri": gone})
        watch.rang("PromotionFailed", "PromotionAborted", timeout=MINUTES_3)
