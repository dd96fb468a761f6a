"""An artifact is served only if each of its files is the one that training wrote."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.models import artifact
from contracts.models.artifact import ArtifactError
from model_code.serving import manifest
from model_code.serving.classifier import Classifier
from model_code.serving.lean.application import Application
from model_code.serving.settings import Settings
from tests.unit.model_code.conftest import ROOT, Job


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small artifact, sealed."""
    made = tmp_path / "model"
    (made / "code/model_code").mkdir(parents=True)
    for name in (artifact.MODEL_FILE, artifact.TOKENIZER_FILE, "code/inference.py", "code/model_code/__init__.py"):
        (made / name).write_text(name)
    artifact.write_json(made / artifact.LABELS_FILE, ["A", "B"])
    artifact.write_json(made / artifact.REFERENCE_FILE, {})
    artifact.write_json(made / artifact.METADATA_FILE, {"model_version": "v1", "base_model": "b"})
    manifest.seal(made)
    return made


def metadata(folder: Path) -> dict:
    content = json.loads((folder / artifact.METADATA_FILE).read_text())
    assert isinstance(content, dict)
    return content


def change_metadata(folder: Path, *without: str, **changed: object) -> None:
    kept = {name: value for name, value in metadata(folder).items() if name not in without}
    artifact.write_json(folder / artifact.METADATA_FILE, {**kept, **changed})


def test_metadata_lists_every_other_file_with_its_digest(folder: Path) -> None:
    written = metadata(folder)
    assert (written["format"], written["base_model"]) == (manifest.WITH_FILES, "b")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written["files"].keys() == there - {artifact.METADATA_FILE}
    assert written["files"]["code/inference.py"] == hashlib.sha256(b"code/inference.py").hexdigest()
    assert manifest.check(artifact.read(folder))


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _link(path: Path) -> None:
    shutil.copyfile(path, path.parent.parent / "elsewhere")
    path.unlink()
    path.symlink_to(path.parent.parent / "elsewhere")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (artifact.MODEL_FILE, _flip, "model.onnx has changed"),
        ("code/inference.py", _flip, "code/inference.py has changed"),
        (artifact.TOKENIZER_FILE, _link, "tokenizer.json is not a regular file"),
        (artifact.REFERENCE_FILE, Path.unlink, "reference.json is missing"),
        ("code/model_code/__init__.py", Path.unlink, "code/model_code/__init__.py is missing"),
        ("encoder.npz", Path.touch, "encoder.npz is extra"),
        ("code/sitecustomize.py", Path.touch, "code/sitecustomize.py is extra"),
        ("code/model_code/extra.pyc", Path.touch, "code/model_code/extra.pyc is extra"),
        (".hidden", Path.touch, ".hidden is extra"),
        ("labels", lambda path: path.symlink_to(path.parent / "code"), "labels is not a regular file"),
    ],
)
def test_the_file_that_is_not_what_it_was_is_named(
    folder: Path, name: str, change: Callable[[Path], object], message: str
) -> None:
    change(folder / name)
    with pytest.raises(ArtifactError, match=message) as caught:
        manifest.check(artifact.read(folder))
    assert "\n" not in str(caught.value)


def test_caches_of_code_are_passed_over_there_alone(folder: Path) -> None:
    for place in ("code", "code/model_code"):
        (folder / place / "__pycache__").mkdir()
        (folder / place / "__pycache__/x.pyc").touch()
    assert manifest.check(artifact.read(folder))
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").touch()
    with pytest.raises(ArtifactError, match=r"__pycache__/x\.pyc is extra"):
        manifest.check(artifact.read(folder))


def test_an_artifact_of_before_is_served_unchecked(folder: Path) -> None:
    change_metadata(folder, "format", "files")
    (folder / artifact.REFERENCE_FILE).unlink()
    (folder / "anything").touch()
    assert not manifest.check(artifact.read(folder))


@pytest.mark.parametrize(
    ("without", "changed", "message"),
    [
        (("files",), {}, "does not list its files"),
        (("format", "files"), {}, "does not list its files"),  # its reference.json shows its age
        ((), {"files": []}, "does not list its files"),
        ((), {"files": {}}, "does not list model.onnx, tokenizer.json, labels.json, reference.json"),
        ((), {"format": 4}, "has format 4; this server reads formats 1 to 3"),
        ((), {"format": "2"}, "has format '2'"),
        ((), {"format": True}, "has format True"),
    ],
)
def test_a_new_one_cannot_shed_the_check(folder: Path, without: tuple, changed: dict, message: str) -> None:
    change_metadata(folder, *without, **changed)
    with pytest.raises(ArtifactError, match=message):
        manifest.check(artifact.read(folder))


def test_training_seals_all_that_it_writes(trained: Job) -> None:
    written = metadata(trained.model)
    assert written["format"] == 2  # which servers from before linear models read too
    assert written["files"] == manifest.digests(trained.model)
    assert {"report.html", "code/vendor/vendored_example.py", "code/model_code/serving/manifest.py"} <= set(
        written["files"]
    )
    assert Classifier(trained.model).sealed


def test_the_lean_server_does_not_come_up(trained: Job, tmp_path: Path) -> None:
    shutil.copytree(trained.model, tmp_path / "model")
    application = Application(Settings(model=tmp_path / "model", access_log=False))
    _flip(tmp_path / "model" / artifact.MODEL_FILE)
    with pytest.raises(ArtifactError, match=r"model\.onnx has changed"):
        application.load()
    application.close()


def _start_huggingface(folder: Path) -> str:
    """The worker's message when it loads code/inference.py."""
    done = subprocess.run(
        [sys.executable, "-c", "import inference; print('loaded')"],
        env={**os.environ, "PYTHONPATH": str(folder / "code")},
        cwd=folder.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


@pytest.fixture
def unpacked(trained: Job, tmp_path: Path) -> Path:
    """A trained artifact."""
    shutil.copytree(trained.model, tmp_path / "model")
    return tmp_path / "model"


def _spoil(path: Path) -> None:
    """Python code that leaves a file `ran` beside the artifact when it runs; the original code runs as before."""
    before = path.read_text() if path.exists() else ""
    path.parent.mkdir(exist_ok=True)
    ran = next(each for each in path.parents if each.name == "model").with_name("ran")
    path.write_text(f"{before}\nopen({str(ran)!r}, 'w')\n")


@pytest.mark.parametrize(
    "name",
    [
        "vendor/numpy.py",
        "vendor/tarfile.py",
        "vendor/contracts/__init__.py",
        "vendor/model_code/__init__.py",
        "contracts/hashlib.py",
        "__future__.py",
        "hashlib.py",
        "json.py",
        "logging.py",
        "pathlib.py",
        "signal.py",
        "tarfile.py",
    ],
)
def test_the_hugging_face_container_loads_nothing_that_is_not_listed(unpacked: Path, name: str) -> None:
    _spoil(unpacked / "code" / name)
    assert f"code/{name} is extra" in _start_huggingface(unpacked)
    assert not (unpacked.parent / "ran").exists()


@pytest.mark.parametrize(
    "name",
    [
        "contracts/__init__.py",
        "contracts/models/artifact.py",
        "contracts/deployment/buckets.py",
        "model_code/__init__.py",
        "model_code/serving/__init__.py",
        "model_code/serving/manifest.py",
        "model_code/serving/protocol.py",
    ],
)
def test_the_hugging_face_container_loads_no_code_that_has_changed(unpacked: Path, name: str) -> None:
    assert _start_huggingface(unpacked) == "loaded"
    _spoil(unpacked / "code" / name)
    assert f"code/{name} has changed" in _start_huggingface(unpacked)
    assert not (unpacked.parent / "ran").exists()


@pytest.mark.parametrize("name", ["metadata.json", "code/model_code/serving/manifest.py"])
def test_the_hugging_face_container_loads_no_code_without_the_means_to_check_it(unpacked: Path, name: str) -> None:
    (unpacked / name).unlink()
    assert ("does not list" in (message := _start_huggingface(unpacked))) == (name == "metadata.json")
    assert name in message


def test_the_hugging_face_container_loads_no_code_without_digests(unpacked: Path) -> None:
    change_metadata(unpacked, "format", "files")
    (unpacked / artifact.REFERENCE_FILE).unlink()
    assert "metadata.json does not list the artifact's files" in _start_huggingface(unpacked)


def test_a_spoiled_file_tells_that_it_ran(unpacked: Path) -> None:
    _spoil(unpacked / "code/model_code/serving/protocol.py")
    manifest.seal(unpacked)
    assert _start_huggingface(unpacked) == "loaded"
    assert (unpacked.parent / "ran").exists()


def test_the_lean_server_looks_for_no_code_in_the_artifact(unpacked: Path) -> None:
    for name in ("tarfile.py", "vendor/numpy.py", "model_code/serving/protocol.py"):
        _spoil(unpacked / "code" / name)
    manifest.seal(unpacked)
    script = (
        "import pathlib, sys; from model_code.serving.classifier import Classifier;"
        "Classifier(pathlib.Path(sys.argv[1])).warm_up()"
    )
    subprocess.run([sys.executable, "-c", script, str(unpacked)], cwd=ROOT, check=True, timeout=120)
    assert not (unpacked.parent / "ran").exists()


def test_the_hugging_face_container_reads_no_compiled_code_of_the_artifact(
    trained: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)  # compiled code lies beside the code, as in the container
    folder = tmp_path / "model"
    shutil.copytree(trained.model, folder)
    code = folder / "code/model_code/serving/protocol.py"
    kept, times = code.read_bytes(), code.stat()
    ran = b"import pathlib; pathlib.Path('ran').touch()\n"
    code.write_bytes((ran + b"#" * len(kept))[: len(kept) - 1] + b"\n")
    os.utime(code, ns=(times.st_atime_ns, times.st_mtime_ns))
    subprocess.run([sys.executable, "-m", "compileall", "-q", code], check=True)
    code.write_bytes(kept)
    os.utime(code, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert list((code.parent / "__pycache__").iterdir())
    assert _start_huggingface(folder) == "loaded"
    assert not (tmp_path / "ran").exists()
