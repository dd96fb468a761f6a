"""Tests the deployed API against its own contract: Schemathesis sends valid and invalid requests.

It runs as its command, in a folder of its own: when something is wrong its report has the check, the answer and a curl
line for each failure. The same requests are sent in each run.
"""

import json
import re
import subprocess

import pytest

from tests.e2e.cloud import ROOT, Cloud

SCOPES = "classify,feedback,examples,label,read,admin"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
)
# The contract's own examples; each limit and just beyond it; some of anything; answers put into further requests.
PHASES = "examples,coverage,fuzzing,stateful"
EXAMPLES = 5  # per operation in the last two phases; some 480 requests in all
SECONDS = 180


@pytest.fixture(scope="module")
def report(deployed: Cloud, tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """Schemathesis's finished run."""
    folder = tmp_path_factory.mktemp("contract")
    (folder / "schemathesis.toml").touch()  # else it looks for one in the folders above
    made = json.loads(deployed.rubric("keys", "create", "--name", "contract", "--scopes", SCOPES, "--json").stdout)
    # A file: of a URL it takes the contract's `./` for the host alone, and leaves out the route that it was read from.
    contract = folder / "openapi.json"
    with deployed.api(key="") as api:
        contract.write_bytes(api.get("openapi.json").content)
    command = [
        str(ROOT / ".venv/bin/st"),
        "run",
        contract.name,
        *("--url", deployed.status()["api_url"]),
        *("--header", f"x-api-key: {made['key']}"),
        *("--workers", "1"),
        *("--checks", ",".join(CHECKS)),
        *("--phases", PHASES),
        *("--mode", "all"),
        *("--max-examples", str(EXAMPLES)),
        *("--request-timeout", "30"),
        "--generation-deterministic",
        "--continue-on-failure",
        "--no-color",
    ]
    environment = {**deployed.environment, "COLUMNS": "120"}
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, text=True, capture_output=True, timeout=SECONDS
    )


def test_every_answer_is_one_that_the_contract_describes(report: subprocess.CompletedProcess[str]) -> None:
    assert report.returncode == 0, f"{report.stdout[-20_000:]}\n{report.stderr[-2_000:]}"


def test_every_operation_was_called(deployed: Cloud, report: subprocess.CompletedProcess[str]) -> None:
    with deployed.api(key="") as api:
        paths = api.get("openapi.json").json()["paths"]
    operations = sum(len(item) for item in paths.values())
    assert f"Tested: {operations}\n" in report.stdout, report.stdout[-3_000:]
    # Only an id from an answer can be found again, so these phases test the routes that read back.
    assert re.search(r"API Links:\s+([1-9]\d*) covered", report.stdout), report.stdout[-3_000:]
