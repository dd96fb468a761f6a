"""A model's bill of materials, as the job writes it without CycloneDX's library, is one by CycloneDX's own schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from contracts.models.evaluation import Evaluation
from model_code.training import bill
from model_code.training.settings import Hyperparameters

REVISION = "12040accade4e8a0f71eabdb258fecc2e7e948be"
BASES: dict[str, dict[str, Any]] = {
    "compact": {},
    "linear": {},
    f"distilbert-base-uncased@{REVISION}": {"purl": f"pkg:huggingface/distilbert-base-uncased@{REVISION}"},
    "own-files": {"hashes": [{"alg": "SHA-256", "content": "cd" * 32}]},
}


def written(folder: Path, base_model: str) -> bytes:
    model, output = folder / "model", folder / "output"
    for each in (model, output):
        each.mkdir(parents=True, exist_ok=True)
    (model / "metadata.json").write_text(json.dumps({"code_digest": "ab" * 32}))
    (model / "labels.json").write_text('["a", "b"]')
    facts = {"base_model": base_model, "model_version": "job-1", "dataset_sha256": "ef" * 32, "dataset_version": "v3"}
    settings = Hyperparameters(base_model=base_model, base_model_sha256="cd" * 32 if base_model == "own-files" else "")
    bill.write(output, model=model, evaluation=cast(Evaluation, facts), settings=settings, base=None)
    return (output / "sbom.cdx.json").read_bytes()


@pytest.mark.parametrize("base_model", BASES)
def test_it_is_valid_and_the_same_bytes_each_time(tmp_path: Path, base_model: str) -> None:
    made = written(tmp_path, base_model)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made.decode()) is None
    assert written(tmp_path / "again", base_model) == made
    components = {each["bom-ref"]: each for each in json.loads(made)["components"]}
    assert components["dataset"]["version"] == "v3"
    found = components.get("base-model", {})
    assert bool(found) is bool(BASES[base_model])
    assert {**found, **BASES[base_model]} == found
