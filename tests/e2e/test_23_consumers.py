"""Runs the programs of docs/consumers.md against the deployed API: they print what the page shows."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.e2e.cloud import ROOT, Cloud
from tests.e2e.test_20_api import LABELS

PROGRAMS = ROOT / "docs" / "examples"
HEADLINES = [
    "Shares rally as the central bank holds rates",
    "New vaccine cuts flu cases among children",
    "Astronomers spot a planet with water clouds",
]
PAGE = (ROOT / "docs" / "consumers.md").read_text("utf-8")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: nothing of it is tried")
REFUSED = "`inputs` is an empty list: send at least one text."


def run(cloud: Cloud, *command: str) -> list[str]:
    """The lines that a program prints with the demo's URL and key."""
    status = cloud.status()
    done = subprocess.run(
        command,
        check=False,
        env={**cloud.environment, "API_URL": status["api_url"].rstrip("/"), "API_KEY": status["api_key"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "command", [(sys.executable, "classify.py"), (str(ROOT / ".venv/bin/node"), "classify.mjs")], ids=["python", "node"]
)
def test_python_and_javascript(deployed: Cloud, command: tuple[str, str]) -> None:
    interpreter, name = command
    lines = [line.split("\t") for line in run(deployed, interpreter, str(PROGRAMS / name))]
    *answers, feedback, logged, refused = lines
    assert [headline for _, _, headline in answers] == HEADLINES
    assert all(label in LABELS and sure.endswith("%") and 25 <= int(sure[:-1]) <= 100 for label, sure, _ in answers)
    assert feedback[:2] == ["feedback", answers[1][0]] and feedback[2].lower() == "correct: true"
    assert logged == ["logged", "3 texts"]
    assert refused == ["refused", "urn:rubric:problem:invalid-input", f"422 {REFUSED}"]


@needs_curl
@pytest.mark.parametrize("line", re.findall(r"^curl .*", PAGE, flags=re.MULTILINE))
def test_each_curl_line_of_the_page(deployed: Cloud, line: str) -> None:
    [printed] = run(deployed, "sh", "-c", line.replace("curl ", "curl --silent --show-error --fail-with-body ", 1))
    assert isinstance(json.loads(printed), dict)


@needs_curl
def test_curl(deployed: Cloud) -> None:
    *answers, ended = run(deployed, "sh", str(PROGRAMS / "classify.sh"))
    single, feedback, logged, refused = map(json.loads, answers)
    assert single["predicted_label"] in LABELS
    assert feedback["correct"] is True
    assert single["request_id"] == feedback["request_id"] == logged["request_id"]
    assert [text["feedback_label"] for text in logged["texts"]] == [single["predicted_label"]]
    assert (refused["status"], refused["detail"]) == (422, REFUSED)
    assert ended == "curl ended with 22"
