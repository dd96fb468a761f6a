"""`make demo`: from nothing to classified headlines; a second run takes seconds."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from local import server
from local.demo import override, results, rubric_command, samples
from local.demo.api_client import ApiClient, KeyRefusedError
from local.deployment import cdk_cli, state, unfinished
from local.deployment.progress import ENDPOINT, SYNTH, TRAINING, DeployProgress, show_training
from local.deployment.training_tail import TrainingTail
from local.errors import CliError
from local.screen.board import Board
from local.screen.views import shown
from local.workspace import Workspace, read_json

_SERVER = "server"
_BOOTSTRAP = "bootstrap"
_UNFINISHED = "unfinished"
_MIRROR = "mirror"
_RETRAIN = "retrain"
_CLASSIFY = "classify"
_TOOLKIT = "CDKToolkit"


@dataclass(frozen=True)
class Answers:
    """The deployed API's answers."""

    texts: list[str]
    predictions: list[dict[str, Any]]
    model: dict[str, Any]


class Demo:
    """One run of `make demo`."""

    def __init__(self, workspace: Workspace, console: Console) -> None:
        self._workspace = workspace
        self._console = console
        self._board = Board()
        self._log = workspace.logs / "deploy.log"

    def run(self, *, dataset: str | None, base_model: str | None) -> None:
        """Deploy, classify, print. Raises CliError if it cannot continue; the next run starts from what exists."""
        started = time.monotonic()
        choice = override.apply(self._workspace, dataset=dataset, base_model=base_model)
        self._say_choice(choice)
        settings = self._workspace.settings  # invalid settings stop here, before anything is started
        with shown(self._board, self._console):
            try:
                running = self._start_server()
                self._bootstrap()
                self._settle(running)
                if settings.isolated_training:
                    self._fill_mirror()
                if not self._deploy():
                    self._train_if_changed()
                answers = self._classify(settings.data.dataset)
            except Exception:
                self._board.fail_running()
                raise
        results.show(
            self._console,
            deployment=state.read(self._workspace),
            model=answers.model,
            choice=choice,
            texts=answers.texts,
            predictions=answers.predictions,
            seconds=time.monotonic() - started,
        )

    def _say_choice(self, choice: override.Choice) -> None:
        kept = [("DATASET", choice.dataset, override.GENERATED)] if choice.dataset_kept else []
        kept += [("BASE_MODEL", choice.base_model, override.COMPACT)] if choice.base_model_kept else []
        for name, value, back in kept:
            self._console.print(
                f"{name} is still {value}, from an earlier run ({name}={back} restores the default).",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def _start_server(self) -> server.Server:
        self._board.begin(_SERVER, "local AWS")
        running = server.start(self._workspace, say=self._console.print)
        self._board.end(_SERVER, f"port {running.port}")
        return running

    def _bootstrap(self) -> None:
        self._board.begin(_BOOTSTRAP, "cdk bootstrap")
        cloudformation = state.client(self._workspace, "cloudformation")
        status = _stack_status(cloudformation, _TOOLKIT)
        if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            self._board.end(_BOOTSTRAP, "already bootstrapped")
            return
        if status is not None:
            cloudformation.delete_stack(StackName=_TOOLKIT)
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=_TOOLKIT, WaiterConfig={"Delay": 1})
        lines: list[str] = []
        code = cdk_cli.run(
            self._workspace,
            cdk_cli.bootstrap_arguments(),
            log=self._log,
            cwd=self._workspace.folder,
            on_line=lines.append,
        )
        if code:
            output = [line.strip() for line in lines if line.strip()]
            raise CliError(
                f"cdk bootstrap failed: {output[-1] if output else 'no output'}\nThe full output is in {self._log}."
            )
        self._board.end(_BOOTSTRAP)

    def _settle(self, running: server.Server) -> None:
        """Wait for operations of an interrupted run, showing its training job."""
        tail = self._tail(resume=True)

        def say(text: str) -> None:
            self._board.begin(_UNFINISHED, "unfinished stacks")
            self._board.progress(_UNFINISHED, detail=text)

        def tick() -> None:
            for progress in tail.poll():
                show_training(self._board, progress)

        unfinished.settle(self._workspace, server_started=running.started, say=say, tick=tick)
        for key in (_UNFINISHED, TRAINING):
            if key in self._board.stages:
                self._board.end(key)

    def _fill_mirror(self) -> None:
        """Before the deploy that trains the first model: its job has no network. The mirror's bucket comes first."""
        self._board.begin(_MIRROR, "mirror for training without a network")
        stack = self._workspace.settings.stack_name("Data")
        if _stack_status(state.client(self._workspace, "cloudformation"), stack) is None:
            lines: list[str] = []
            arguments = cdk_cli.deploy_arguments(self._workspace, stack=stack)
            code = cdk_cli.run(
                self._workspace, arguments, log=self._log, cwd=self._workspace.root, on_line=lines.append
            )
            if code:
                output = [line.strip() for line in lines if line.strip()]
                raise CliError(
                    f"cdk deploy {stack} failed: {output[-1] if output else 'no output'}\n"
                    f"The full output is in {self._log}."
                )
        rubric_command.fill_mirror(self._workspace, log=self._log)
        self._board.end(_MIRROR)

    def _deploy(self) -> bool:
        """Run `cdk deploy`. Returns whether it trained a model."""
        sagemaker = state.client(self._workspace, "sagemaker")
        progress = DeployProgress(
            self._board,
            prefix=self._workspace.stack_prefix,
            cdk_output=self._workspace.cdk_output,
            tail=self._tail(),
            endpoint_status=lambda: state.endpoint_status(self._workspace, sagemaker),
        )
        self._board.begin(SYNTH, "build and cdk synth")
        code = cdk_cli.run(
            self._workspace,
            cdk_cli.deploy_arguments(self._workspace),
            log=self._log,
            cwd=self._workspace.root,
            on_line=progress.line,
            on_tick=progress.tick,
        )
        if code:
            raise CliError(f"cdk deploy failed: {progress.reason()}\nThe full output is in {self._log}.")
        for key in (TRAINING, ENDPOINT):
            if key in self._board.stages:
                self._board.end(key)
        return progress.trained

    def _train_if_changed(self) -> None:
        tail = self._tail()
        self._board.begin(_RETRAIN, "model up to date")

        def tick() -> None:
            for progress in tail.poll():
                show_training(self._board, progress)

        rubric_command.train_if_changed(self._workspace, log=self._log, tick=tick)
        trained = TRAINING in self._board.stages
        if trained:
            self._board.end(TRAINING)
        self._board.end(_RETRAIN, f"trained again: {tail.job}" if tail.job else "")

    def _classify(self, dataset: Any) -> Answers:
        self._board.begin(_CLASSIFY, "POST /v1/classify")
        url = state.read(self._workspace).api_url
        if url is None:
            raise CliError("The deployed stacks have no ApiUrl output: the Api stack is not complete.")
        own = [path for path in dataset.path or [] if not path.startswith("build/")]
        files = [self._workspace.root / Path(path).expanduser() for path in own]
        texts = samples.texts(files, text_column=dataset.text_column, encoding=dataset.encoding)
        client = ApiClient(url=url, key=self._key())
        try:
            answer = client.classify(texts)
        except KeyRefusedError:
            # The key belongs to an earlier deployment, whose table is gone.
            client = ApiClient(url=url, key=self._new_key())
            answer = client.classify(texts)
        model = client.model()
        self._board.end(_CLASSIFY, f"{len(texts)} texts in {answer['latency_ms']:.0f} ms")
        return Answers(texts=texts, predictions=answer["predictions"], model=model)

    def _key(self) -> str:
        known = read_json(self._workspace.demo_file).get("api_key")
        return str(known) if known else self._new_key()

    def _new_key(self) -> str:
        key = str(rubric_command.create_key(self._workspace, name="demo", trusted=True)["key"])
        self._workspace.write_json(self._workspace.demo_file, {"api_key": key}, mode=0o600)
        return key

    def _tail(self, *, resume: bool = False) -> TrainingTail:
        settings = self._workspace.settings
        logs = state.client(self._workspace, "logs")
        return TrainingTail(logs, prefix=f"{settings.prefix}-", resume=resume)


def _stack_status(cloudformation: Any, name: str) -> str | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None  # there is no such stack
    status = str(stacks[0]["StackStatus"]) if stacks else "DELETE_COMPLETE"
    return None if status == "DELETE_COMPLETE" else status
