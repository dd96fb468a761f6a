"""Tests `rubric batch`: a transform job sends whole files through the deployed model on the real model server."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cloud import Cloud
from tests.e2e.processes import model_servers

TEXTS = [
    "Shares slide as bank warns of higher rates",
    "Singer announces a world tour, again",
    "New vaccine cuts flu cases among children",
    'Astronomers call planet "habitable", others doubt it',
    "Café chain’s profit beats forecasts — 营收 up 5 %",
]


@pytest.fixture(scope="module")
def bucket(deployed: Cloud) -> str:
    """A bucket that the model's role does not reach."""
    deployed.client("s3").create_bucket(Bucket="batches-of-others")
    return "batches-of-others"


@pytest.fixture(scope="module", autouse=True)
def cleaned(deployed: Cloud, bucket: str) -> Any:
    """The bucket belongs to the tests, which remove it before the test of a destroy's leftovers."""
    yield
    s3 = deployed.client("s3")
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=item["Key"])
    s3.delete_bucket(Bucket=bucket)


def json_lines(texts: list[str]) -> str:
    return "".join(json.dumps({"inputs": text}, ensure_ascii=False) + "\n" for text in texts)


def test_files_of_any_bucket_are_answered_line_for_line(deployed: Cloud, bucket: str) -> None:
    s3 = deployed.client("s3")
    several = TEXTS * 2_000
    for name, texts in {"many": several, "deep/few": TEXTS}.items():
        s3.put_object(Bucket=bucket, Key=f"in/{name}.jsonl", Body=json_lines(texts).encode())
    command = ("batch", f"s3://{bucket}/in/", f"s3://{bucket}/out/", "--instance-count", "2", "--json")
    done = deployed.rubric(*command)
    result = json.loads(done.stdout)
    assert (result["files"], result["lines"], result["answered"]) == (2, 10_005, 10_005)
    with deployed.api() as api:
        predictions = api.post("v1/classify", json={"inputs": TEXTS}).json()["predictions"]
    expected = [prediction["predicted_label"] for prediction in predictions]
    for name, count in {"many": 2_000, "deep/few": 1}.items():
        written = s3.get_object(Bucket=bucket, Key=f"out/{name}.jsonl.out")["Body"].read().decode().splitlines()
        assert [json.loads(line)["predicted_label"] for line in written] == expected * count
    assert re.search(r"transform \d+%", done.stderr), done.stderr
    assert s3.get_object(Bucket=bucket, Key="out/failed.jsonl")["Body"].read() == b""
    serving = deployed.client("sagemaker").describe_endpoint(EndpointName=deployed.outputs("Serving")["EndpointName"])
    assert serving["EndpointStatus"] == "InService"
    assert len(model_servers(deployed.folder)) == 1, "the job's own servers have ended"


def test_a_csv_file_here_with_lines_that_cannot_be_answered(deployed: Cloud, tmp_path: Path) -> None:
    texts, answers = tmp_path / "texts.csv", tmp_path / "answers.jsonl"
    lines = [TEXTS[0], "", f'"{TEXTS[1]}"', *TEXTS[2:3]]
    texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = deployed.rubric("batch", str(texts), str(answers), check=False)
    assert done.returncode == 1
    assert "3 of 4 lines are answered, 1 were refused and 0 have no answer" in done.stderr
    written = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert ["error" in line for line in written] == [False, True, False, False]
    [failed] = (tmp_path / "answers.failed.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(failed)["line"] == 2
