"""The project's version is the same everywhere, and the changelog describes it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib

import yaml
from typer.testing import CliRunner

from ops.main import app
from tests.unit.documents.markdown import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
RELEASES = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d) \(contract (\d+\.\d+\.\d+)\)$", CHANGELOG, flags=re.M)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# https://www.apache.org/licenses/LICENSE-2.0.txt, whole.
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_the_version_is_that_of_the_newest_release_in_the_changelog() -> None:
    newest, *_ = RELEASES
    assert PROJECT["version"] == newest[0]
    assert json.loads((ROOT / "package.json").read_text("utf-8"))["version"] == newest[0]
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    assert (lock["version"], lock["packages"][""]["version"]) == (newest[0], newest[0])


def test_releases_go_down_in_version_date_and_contract() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG, flags=re.M)
    assert [heading.split(" ")[0] for heading in headings] == ["Unreleased", *(version for version, _, _ in RELEASES)]
    versions = [numbers(version) for version, _, _ in RELEASES]
    assert versions == sorted(set(versions), reverse=True)
    dates = [dt.date.fromisoformat(date) for _, date, _ in RELEASES]
    assert dates == sorted(dates, reverse=True)
    contracts = [numbers(contract) for _, _, contract in RELEASES]
    assert contracts == sorted(contracts, reverse=True)


def test_the_contract_s_version_is_in_the_changelog() -> None:
    contract = yaml.safe_load((ROOT / "contracts" / "openapi.yaml").read_text("utf-8"))["info"]["version"]
    unreleased = CHANGELOG[CHANGELOG.index("## Unreleased") : CHANGELOG.index(f"## {RELEASES[0][0]}")]
    assert contract == RELEASES[0][2] or f"contract {contract}" in unreleased.lower()


def test_rubric_prints_its_version_without_an_environment() -> None:
    done = CliRunner().invoke(app, ["--version"], env={"RUBRIC_ENV": "missing"})
    assert (done.exit_code, done.stdout) == (0, f"{PROJECT['version']}\n")


def test_the_licence_is_whole_and_the_same_everywhere() -> None:
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0
    assert PROJECT["license"] == "Apache-2.0"
    assert json.loads((ROOT / "package.json").read_text("utf-8"))["license"] == "Apache-2.0"
