"""Rehearses `make acceptance` on its own local AWS: a whole run, and one that Ctrl-C ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cloud import ROOT, wait_for
from tests.e2e.processes import processes_of

WHOLE, ENDED = "accwhole0", "accended0"
STEPS = ["preflight", "deploy", "key", "first answer", "feedback", "batch", "promotion", "rollback", "alarm test",
         "destroy", "count"]  # fmt: skip
QUICK: dict[str, Any] = {
    "approval": "manual",  # as in prod: a model serves only once it is approved
    "gate": {"min_accuracy": 0.5, "min_macro_f1": 0.5, "max_regression": 0.5, "max_possible_regression": 1.0},
}


class Acceptance:
    """Starts the command as `make acceptance ENV=local` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._settings = yaml.safe_load((ROOT / "environments/local.yaml").read_text())

    def start(self, name: str, **training: Any) -> "subprocess.Popen[str]":
        env = self.folder / f"{name}.yaml"
        env.write_text(yaml.safe_dump(self._settings | {"training": self._settings["training"] | QUICK | training}))
        command = [sys.executable, "-m", "tools.acceptance", "--env", str(env), "--minutes", "15", "--yes"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RUBRIC_"))}
        return subprocess.Popen(
            [*command, "--name", name, "--folder", str(self.folder)],
            cwd=ROOT,
            # No local AWS runs in that folder, so the run starts its own.
            env=clean | {"RUBRIC_LOCAL_DIR": str(self.folder / "none")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def log(self, name: str) -> str:
        path = self.folder / name / "log.txt"
        return path.read_text() if path.exists() else ""

    def report(self, name: str) -> dict[str, Any]:
        return dict(json.loads((self.folder / name / "report.json").read_text()))


@pytest.fixture(scope="module")
def acceptance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acceptance]:
    made = Acceptance(tmp_path_factory.mktemp("acceptance"))
    yield made
    for pid in processes_of(made.folder):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def whole(acceptance: Acceptance) -> dict[str, Any]:
    """The report of a run that nothing disturbed."""
    process = acceptance.start(WHOLE, model="linear")  # the quickest to train
    message, _ = process.communicate(timeout=900)
    assert process.returncode == 0, f"{message}\n{acceptance.log(WHOLE)[-6000:]}"
    return acceptance.report(WHOLE)


def test_every_step_passes_and_nothing_is_left(whole: dict[str, Any]) -> None:
    # The mirror is for training without a network.
    expected = {**dict.fromkeys(STEPS, "passed"), "mirror": "skipped"}
    assert {each["step"]: each["status"] for each in whole["steps"]} == expected
    assert (whole["verdict"], whole["left"], whole["not_counted"]) == ("passed", {}, {})


def test_the_steps_saw_what_they_are_for(whole: dict[str, Any]) -> None:
    seen = {each["step"]: each["seen"] for each in whole["steps"]}
    assert seen["deploy"] == {
        f"Rubric-{WHOLE}-{part}": "CREATE_COMPLETE"
        for part in ("Data", "Training", "Serving", "Challenger", "Api", "Monitoring")
    }
    assert seen["key"] == {"keys": 1, "unknown key": 401}
    assert len(seen["first answer"]["labels"]) == 8
    assert seen["batch"]["lines"] == seen["batch"]["answered"] == 40
    first = seen["first answer"]["model"]
    assert seen["promotion"]["before"] == first == seen["rollback"]["after"]
    assert seen["promotion"]["after"] == seen["rollback"]["before"] != first
    assert seen["alarm test"]["message"] == "ALARM"
    assert seen["destroy"]["tries"] == 1


def test_the_report_can_be_attached_to_a_bug(whole: dict[str, Any], acceptance: Acceptance) -> None:
    folder = acceptance.folder / WHOLE
    page = (folder / "report.md").read_text()
    assert all(f"| {step} | passed |" in page for step in STEPS)
    for text in (page, json.dumps(whole), (folder / "log.txt").read_text()):
        assert "000000000000" not in text and "rk_" not in text
    assert not list(acceptance.folder.glob("*/local-aws")), "the local AWS that it started goes with it"


def test_ctrl_c_during_the_first_training_ends_in_a_destroy_and_a_count(acceptance: Acceptance) -> None:
    process = acceptance.start(ENDED)
    try:
        wait_for("the first training job", lambda: _trains(acceptance, process), timeout=300)
    finally:
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
    message, _ = process.communicate(timeout=300)
    assert process.returncode == 130, message
    report = acceptance.report(ENDED)
    statuses = {each["step"]: each["status"] for each in report["steps"]}
    assert statuses["deploy"] == "interrupted" and statuses["key"] == "not run", message
    assert (statuses["destroy"], statuses["count"], report["left"]) == ("passed", "passed", {}), message
    destroyed = next(each["seen"] for each in report["steps"] if each["step"] == "destroy")
    assert any("training" in name for name in destroyed["stopped"]), destroyed
    assert time.monotonic() - pressed < 180


def _trains(acceptance: Acceptance, process: "subprocess.Popen[str]") -> bool:
    assert process.poll() is None, acceptance.log(ENDED)[-4000:]
    return any((acceptance.folder / ENDED / "local-aws/sagemaker/training").glob("*"))
