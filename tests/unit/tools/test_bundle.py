"""Tests tools/bundle.py: reproducible builds, no half-finished ones, and one line for wrong input."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from contracts.models import artifact
from tests.clone import share_cache
from tools import bundle
from tools.bundling import archive, build, native, packages, targets
from tools.bundling.errors import BundleError

ROOT = Path(__file__).resolve().parents[3]
LOCK = f"--require-hashes\n--only-binary :all:\nonnx==1.0 \\\n    --hash=sha256:{'0' * 64}\n"


@pytest.fixture
def sources(tmp_path: Path, compiler: Path) -> Path:
    """A small clone: one function that gets the contract, one that does not, no third-party packages, no real C."""
    root = tmp_path / "clone"
    files = {
        "contracts/__init__.py": "",
        "dataset_files/__init__.py": "",
        "lambda_src/__init__.py": '"""Lambdas."""\n',
        "lambda_src/requirements.txt": "# none\n",
        "contracts/openapi.yaml": "openapi: 3.1.0\ninfo: {title: é}\n",
        "lambda_src/common/__init__.py": "",
        "lambda_src/common/http.py": "X = 1\n",
        "lambda_src/classify/__init__.py": "",
        "lambda_src/classify/handler.py": "def handler(event, context): ...\n",
        "lambda_src/pipeline/__init__.py": "",
        "lambda_src/pipeline/gate/__init__.py": "",
        "lambda_src/pipeline/gate/handler.py": "def handler(event, context): ...\n",
        "model_code/__init__.py": "",
        "model_code/serving/engines/kernels/encoder.c": "int encode(void) { return 0; }\n",
        "model_code/training/requirements.txt": "onnx==1.0\n",
        "model_code/training/requirements.lock": LOCK,
        "model_code/training/train.py": "print('train')\n",
        "model_code/dataset_generator/generate_headlines.py": (
            "import sys, pathlib\npathlib.Path(sys.argv[sys.argv.index('--output') + 1]).write_text('text,label\\n')\n"
        ),
    }
    files["model_code/dataset_generator/generate_reviews.py"] = files[
        "model_code/dataset_generator/generate_headlines.py"
    ]
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def content(folder: Path) -> dict[str, str]:
    """Digest, mode and time of each file, hidden ones of ours left out."""
    return {
        file.relative_to(folder).as_posix(): (
            f"{hashlib.sha256(file.read_bytes()).hexdigest()} {file.stat().st_mode:o} {int(file.stat().st_mtime)}"
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file() and not file.relative_to(folder).parts[0].startswith(".")
    }


def built(root: Path, out: Path) -> list[str]:
    return build.build(targets.TARGETS, root=root, out=out)


def test_two_builds_give_the_same_bytes(sources, tmp_path):
    built(sources, tmp_path / "one")
    other = tmp_path / "elsewhere" / "clone"
    shutil.copytree(sources, other, copy_function=shutil.copyfile)
    for file in other.rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    (other / "model_code/__pycache__").mkdir()
    (other / "model_code/__pycache__/x.pyc").write_bytes(b"x")
    (other / "lambda_src/common/.http.py.swp").write_bytes(b"x")
    built(other, tmp_path / "two")
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    for generated in ("dataset/headlines.csv", "dataset/reviews.csv"):  # their bytes are their generators' own matter
        one.pop(generated), two.pop(generated)
    assert one == two and len(one) >= 8


def test_the_real_sources_build_the_same_twice(tmp_path):
    wanted = [target for target in targets.TARGETS if target.name not in {"lambda", "native"}]
    for name in ("one", "two"):
        share_cache(tmp_path / name)
        build.build(wanted, root=ROOT, out=tmp_path / name)
    for target in wanted:
        assert (tmp_path / "one" / target.path).read_bytes() == (tmp_path / "two" / target.path).read_bytes()


def test_what_each_function_gets(sources, tmp_path):
    built(sources, tmp_path / "out")
    code = tmp_path / "out/lambda/classify/lambda_src"
    assert json.loads((code / "openapi.json").read_text()) == {"openapi": "3.1.0", "info": {"title": "é"}}
    assert (code / "common/http.py").exists() and (code / "classify/handler.py").exists()
    assert not (code / "pipeline").exists()
    assert not (tmp_path / "out/lambda/gate/lambda_src/openapi.json").exists()


def test_the_source_archive_is_what_sagemaker_asks_for(sources, tmp_path):
    built(sources, tmp_path / "out")
    with tarfile.open(tmp_path / "out/training/sourcedir.tar.gz") as packed:
        assert "requirements.txt" in packed.getnames() and "model_code/training/train.py" in packed.getnames()
        assert {member.mtime for member in packed} == {archive.FIXED_TIME}


def test_the_compiled_library_is_in_the_clone_the_source_archive_and_the_lean_image(sources, tmp_path):
    out, place = tmp_path / "out", "model_code/serving/engines/native/built"
    build.build([*targets.TARGETS, targets.LEAN_IMAGE], root=sources, out=out)
    with tarfile.open(out / "training/sourcedir.tar.gz") as packed:
        artifact.extract(packed, tmp_path / "unpacked")
        for name in native.PROCESSORS:
            member = packed.getmember(f"{place}/{name}")
            assert (member.mode, member.mtime) == (0o644, archive.FIXED_TIME)
    folders = [content(folder) for folder in (out / "native", tmp_path / "unpacked" / place)]
    assert folders == [content(out / "serving/image" / place)] * 2 and len(folders[0]) == len(native.PROCESSORS)


def test_only_what_changed_is_built_again(sources, tmp_path):
    out = tmp_path / "out"
    assert built(sources, out) == ["native", "lambda", "training", "dataset", "reviews"]
    assert built(sources, out) == []
    (sources / "lambda_src/pipeline/gate/handler.py").write_text("changed = True\n")
    assert built(sources, out) == ["lambda"]
    assert (out / "lambda/gate/lambda_src/pipeline/gate/handler.py").read_text() == "changed = True\n"
    (sources / "model_code/serving/engines/kernels/encoder.c").write_text("int encode(void) { return 1; }\n")
    assert built(sources, out) == ["native", "training"]
    assert "return 1" in (out / "native/encoder-x86_64-v3.so").read_text()


def test_a_removed_function_leaves_the_build(sources, tmp_path):
    built(sources, tmp_path / "out")
    shutil.rmtree(sources / "lambda_src/pipeline/gate")
    built(sources, tmp_path / "out")
    assert not (tmp_path / "out/lambda/gate").exists()


def test_an_asset_that_was_edited_is_made_good(sources, tmp_path):
    out = tmp_path / "out"
    built(sources, out)
    (out / "lambda/gate/lambda_src/pipeline/gate/handler.py").write_text("edited by hand = 1\n")
    assert built(sources, out) == ["lambda"]


def test_a_build_that_dies_leaves_the_old_asset_whole(sources, tmp_path, monkeypatch):
    out = tmp_path / "out"
    built(sources, out)
    before = content(out)
    (sources / "lambda_src/pipeline/gate/handler.py").write_text("changed = True\n")

    def dies(folder: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archive, "make_uniform", dies)
        with pytest.raises(KeyboardInterrupt):
            built(sources, out)
    assert content(out) == before
    assert built(sources, out) == ["lambda"]


@pytest.mark.parametrize(
    ("lock", "part"),
    [
        (LOCK.replace("--require-hashes\n", ""), "it has to say --require-hashes and --only-binary :all:"),
        (LOCK.replace("onnx==1.0", "onnx==1.1"), r"it lacks onnx==1\.0 of requirements\.txt: run `python -m tools"),
        (LOCK + "numpy==2.0\n", "'numpy==2.0' needs an exact version and a --hash"),
    ],
)
def test_a_training_lock_that_does_not_hold_stops_the_build(sources, tmp_path, lock, part):
    (sources / "model_code/training/requirements.lock").write_text(lock)
    with pytest.raises(BundleError, match=part):
        built(sources, tmp_path / "out")


def test_a_training_job_gets_the_lock_as_its_requirements(sources, tmp_path):
    built(sources, tmp_path / "out")
    with tarfile.open(tmp_path / "out/training/sourcedir.tar.gz") as packed:
        member = packed.extractfile("requirements.txt")
        assert member is not None and member.read().decode() == LOCK


@pytest.mark.parametrize("line", ["a>=1 --hash=sha256:00", "a==1"])
def test_a_requirement_without_version_or_hash_is_refused(sources, tmp_path, line):
    (sources / "lambda_src/requirements.txt").write_text(line + "\n")
    with pytest.raises(BundleError, match="needs an exact version and a --hash"):
        built(sources, tmp_path / "out")


def test_a_hash_that_does_not_match_stops_the_build(sources, tmp_path):
    (sources / "lambda_src/requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BundleError, match="pip cannot install it"):
        built(sources, tmp_path / "out")
    assert not list((tmp_path / "out/.cache").glob("packages-*"))


def test_third_party_packages_are_laid_out_alike_and_without_pips_own_notes(tmp_path):
    folders = [
        packages.installed(ROOT / "lambda_src/requirements.txt", platform=packages.PURE_PYTHON, cache=tmp_path / name)
        for name in ("one", "two")
    ]
    one, two = (content(folder) for folder in folders)
    assert one == two and any(name.startswith("aws_lambda_powertools/") for name in one)
    assert not [name for name in one if name.endswith((".so", "RECORD", "INSTALLER", ".pyc"))]


@pytest.mark.parametrize(
    ("serving", "expected"),
    [
        ("container: huggingface", {"serving/vendor.tar.gz"}),
        ("container: lean, image_build: codebuild", {"serving/image"}),
    ],
)
def test_an_environment_gets_what_its_container_is_made_of_and_no_more(
    serving: str, expected: set[str], sources: Path, tmp_path: Path
) -> None:
    (sources / "environments").mkdir()
    (sources / "environments/mine.yaml").write_text(
        f"{{data: {{dataset: {{source: uci}}}}, training: {{gate: {{min_accuracy: 0.9, min_macro_f1: 0.9}}}}, "
        f"serving: {{mode: real-time, {serving}, instance_type: ml.c7i.large, min_instances: 1, max_instances: 1}}}}"
    )
    (sources / "model_code/serving/requirements.txt").write_text("# none\n")
    out = tmp_path / "out"
    native.compiled(sources, out / ".cache")
    assert bundle.main(["--root", str(sources), "--out", str(out), "--env", "mine"]) == 0
    made = {path for path in ("serving/vendor.tar.gz", "serving/image") if (out / path).exists()}
    assert made == expected


def test_an_environment_that_cannot_be_is_one_line(sources: Path, tmp_path: Path, capsys: Any) -> None:
    assert bundle.main(["--root", str(sources), "--out", str(tmp_path / "out"), "--env", "staging"]) == 1
    assert capsys.readouterr().err.startswith("build: environment 'staging' does not exist; use one of: ")


def test_a_missing_source_is_one_line(sources, tmp_path, capsys):
    (sources / "contracts/openapi.yaml").unlink()
    assert bundle.main(["--root", str(sources), "--out", str(tmp_path / "out")]) == 1
    output = capsys.readouterr().err
    assert output == f"build: {sources / 'contracts/openapi.yaml'}: not found\n"


def test_the_command_says_what_it_built_and_then_nothing(sources, tmp_path):
    native.compiled(sources, tmp_path / "out/.cache")  # which the command, where nothing is replaced, finds
    command = [sys.executable, str(ROOT / "tools/bundle.py"), "--root", str(sources), "--out", str(tmp_path / "out")]
    first = subprocess.run(command, capture_output=True, text=True, check=True)
    second = subprocess.run(command, capture_output=True, text=True, check=True)
    assert first.stdout == second.stdout == second.stderr == ""
    assert "native, lambda, training, dataset, reviews built" in first.stderr


def test_two_functions_of_one_name_are_refused(sources, tmp_path):
    twice = sources / "lambda_src/stack_resources/gate/handler.py"
    twice.parent.mkdir(parents=True)
    twice.write_text("def handler(event, context): ...\n")
    with pytest.raises(BundleError, match=r"stack_resources/gate: lambda_src/pipeline/gate has the same name"):
        targets.functions(sources)
