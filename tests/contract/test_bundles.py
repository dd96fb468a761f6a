"""Each built bundle has the modules of contracts/ that it imports, and only those listed here."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMON = {
    "buckets",
    "ledger",
    "logged_labels",
    "request_log",
    "scopes",
    "text_normalization",
}  # from lambda_src/common, which each function has besides its own
STORE = {"event", "layout", "point_in_time", "registry", "values"}  # with the feature store's adapters
FUNCTIONS: dict[str, set[str]] = {
    "ab_test": {"audit", "challenger", "evidence", "live", "manifest", "record", "stack_outputs"},
    "authorizer": {"api_keys"},
    "build_image": set(),
    "check_rollout": set(),
    "classify": {"asked", "audit", "computed", "listing", "live", "log_messages", "measures", "wakes"} | STORE,
    "cleanup": {"log_groups"},
    "drift": {"audit", "baseline", "computed", "drift_report", "measures", "slices", "words"},
    "examples": set(),
    "features": {"asked", "computed"} | STORE,
    "first_model": set(),
    "gate": {"baseline", "bom", "computed", "evaluation", "fold", "hyperparameters", "manifest", "measures", "task"},
    "labelling": {"audit", "computed", "labelling", "record"},
    "prepare_training": {"fold", "hyperparameters", "label_mapping", "manifest", "mirror", "pipeline"},
    "private_network": set(),
    "promote": {"pipeline", "stack_outputs", "wakes"},
    "request_log_api": {"live"},
    "redrive": {"log_messages"},
    "retrain": {
        *("audit", "decision", "drift_report", "hyperparameters", "label_mapping", "manifest", "runs"),
        *("pipeline", "record", "spending", "votes", "words"),
    },
    "rotate_key": set(),
    "meta": {"drift_report", "evaluation", "task"},
}
TRAINING = {
    *(
        "artifact",
        "baseline",
        "bom",
        "buckets",
        "evaluation",
        "hyperparameters",
        "label_mapping",
        "labelling",
        "progress",
    ),
    *("fold", "ledger", "manifest", "measures", "mirror", "text_normalization", "votes", "words"),
    *("price", "snapshot", "units"),
}
_IMPORT = re.compile(
    r"^\s*(?:from contracts\.\w+\.(\w+) import|import contracts\.\w+\.(\w+)|from contracts\.\w+ import ([\w, ]+))", re.M
)


def _modules(names: list[str]) -> set[str]:
    return {Path(name).stem for name in names if name.startswith("contracts/")} - {"__init__"}


def _imported(sources: list[str]) -> set[str]:
    results = [match for source in sources for match in _IMPORT.finditer(source)]
    return {name.strip().split(" ")[0] for match in results for name in (match[1] or match[2] or match[3]).split(",")}


def test_every_function_is_listed() -> None:
    assert {folder.name for folder in (ROOT / "build/lambda").iterdir()} == FUNCTIONS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_what_it_imports(name: str) -> None:
    bundle = ROOT / "build/lambda" / name
    files = [path.relative_to(bundle).as_posix() for path in bundle.glob("contracts/**/*.py")]
    assert _modules(files) == FUNCTIONS[name] | COMMON
    sources = [path.read_text() for folder in ("lambda_src", "contracts") for path in (bundle / folder).rglob("*.py")]
    assert _imported(sources) == FUNCTIONS[name] | COMMON


def test_the_training_source_has_what_it_imports() -> None:
    with tarfile.open(ROOT / "build/training/sourcedir.tar.gz") as archive:
        parts = ("contracts/", "dataset_files/", "model_code/")
        names = [name for name in archive.getnames() if name.startswith(parts)]
        read = [archive.extractfile(name) for name in names if name.endswith(".py")]
        sources = [file.read().decode() for file in read if file]
    assert _modules(names) == TRAINING
    assert _imported(sources) == TRAINING
    readers = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dataset_files").rglob("*.py")}
    assert {name for name in names if name.startswith("dataset_files/")} == readers


def test_besides_only_the_function_that_reads_datasets_has_the_reader_of_files() -> None:
    having = {path.parent.name for path in (ROOT / "build/lambda").rglob("dataset_files")}
    assert having == {"retrain"}
    assert not [*(ROOT / "build/serving").rglob("dataset_files")]
