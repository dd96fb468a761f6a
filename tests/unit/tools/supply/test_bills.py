"""Bills of functions and images: valid, the same bytes each time, with everything that is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from contracts.supply import bom
from environments.aws import images
from tests.checkout import ROOT
from tools.bundling import targets
from tools.supply import bills
from tools.supply.errors import SupplyError

METADATA = {
    "spdx": "Metadata-Version: 2.4\nName: Some_Package\nVersion: 1.2\nLicense-Expression: MIT OR Apache-2.0\n",
    "classified": "Metadata-Version: 2.1\nName: older\nVersion: 3\nClassifier: License :: OSI Approved :: BSD\n",
    "silent": "Metadata-Version: 2.1\nName: silent\nVersion: 4\nLicense: a\n  whole\n  text\n",
}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of a few bytes: each function with one file of code, classify also with packages."""
    folder = tmp_path_factory.mktemp("build")
    for name in targets.functions(ROOT):
        (folder / "lambda" / name).mkdir(parents=True)
        (folder / "lambda" / name / "handler.py").write_text(f"# {name}")
    for name, text in METADATA.items():
        place = folder / "lambda/classify" / f"{name}-1.dist-info"
        place.mkdir()
        (place / "METADATA").write_text(text)
    return folder


def test_every_function_and_image_has_a_valid_bill(build: Path) -> None:
    written = bills.write(ROOT, build)
    names = {file.relative_to(build / "sbom").as_posix().removesuffix(bom.SUFFIX) for file in written}
    used = {name for name, image in images.known().items() if image.kind in {"training", "serving", "base"}}
    functions = {f"functions/{name}" for name in targets.functions(ROOT)}
    assert names == functions | {"layers/mongodb"} | {f"images/{name}" for name in used}
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert [file.name for file in written if validator.validate_str(file.read_text())] == []


def test_a_function_s_bill_has_its_packages_with_their_licences(build: Path) -> None:
    bills.write(ROOT, build)
    bill = json.loads((build / f"sbom/functions/classify{bom.SUFFIX}").read_text())
    found = {each["name"]: each for each in bill["components"] if each["type"] == "library"}
    assert found["some-package"]["purl"] == "pkg:pypi/some-package@1.2"
    assert found["some-package"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    assert found["older"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert "licenses" not in found["silent"]
    assert bill["dependencies"][0]["dependsOn"] == sorted(each["bom-ref"] for each in bill["components"])


def test_an_image_s_bill_has_its_base_and_every_locked_package(build: Path) -> None:
    bills.write(ROOT, build)
    lean = json.loads((build / f"sbom/images/lean_base{bom.SUFFIX}").read_text())
    assert {"uvicorn", "onnxruntime", "python"} <= {each["name"].rpartition("/")[2] for each in lean["components"]}
    training = json.loads((build / f"sbom/images/training_gpu{bom.SUFFIX}").read_text())
    assert {"torch", "scikit-learn"} <= {each["name"] for each in training["components"]}
    layer = json.loads((build / f"sbom/layers/mongodb{bom.SUFFIX}").read_text())
    assert "pymongo" in {each["name"] for each in layer["components"]}
    locked = [line for line in (ROOT / "model_code/serving/requirements.txt").read_text().splitlines() if "==" in line]
    assert sum("purl" in each for each in lean["components"]) == len(locked)


def test_the_same_build_gives_the_same_bytes_and_another_file_another_bill(build: Path) -> None:
    first = {file: file.read_bytes() for file in bills.write(ROOT, build)}
    assert {file: file.read_bytes() for file in bills.write(ROOT, build)} == first
    (build / "lambda/drift/handler.py").write_text("# changed")
    changed = {file.name for file in bills.write(ROOT, build) if file.read_bytes() != first[file]}
    assert changed == {f"drift{bom.SUFFIX}"}


def test_what_is_not_built_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(SupplyError, match="run `make build` first"):
        bills.write(ROOT, tmp_path)
