"""pip installs a training job's requirements from PyPI, by hash alone, on top of an image's packages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools import training_lock
from tools.bundling import packages
from tools.training_lock import LOCK, ROOT, canonical

MODEL = ROOT / ".venv-model"
LOCKED = {
    canonical(line.split("==")[0]): line.split("==")[1].split()[0]
    for line in packages.requirement_lines(LOCK)
    if line not in packages.LOCK_OPTIONS
}
# The training toolkit's call, in the folder with the file; this machine's pip configuration is left out.
INSTALL = ("-m", "pip", "--isolated", "--disable-pip-version-check", "install", "-r", "requirements.txt")


def environment(folder: Path) -> tuple[Path, Path]:
    """A fresh virtual environment of the model environment's Python: the interpreter, and where its packages are."""
    subprocess.run([str(MODEL / "bin" / "python"), "-m", "venv", str(folder)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    return folder / "bin" / "python", site


def installed(site: Path) -> dict[str, str]:
    results = [path.name.removesuffix(".dist-info").rpartition("-") for path in site.glob("*.dist-info")]
    return {canonical(name): version for name, _, version in results}


def written(file: Path) -> tuple[int, int]:
    """Which file it is and when it was written; another environment may link to it meanwhile."""
    stat = file.stat()
    return stat.st_ino, stat.st_mtime_ns


@pytest.fixture
def like_the_image(tmp_path: Path) -> tuple[Path, Path]:
    """An environment with torch and the model environment's other packages, without those of the lock."""
    python, site = environment(tmp_path / "image")
    [source] = (MODEL / "lib").glob("python*/site-packages")
    for info in source.glob("*.dist-info"):
        name = canonical(info.name.removesuffix(".dist-info").rpartition("-")[0])
        if name in LOCKED or name == "pip":
            continue
        tops = {line.split(",")[0].split("/")[0] for line in (info / "RECORD").read_text("utf-8").splitlines()}
        for top in tops - {"..", "__pycache__", ""}:
            if (source / top).exists() and not (site / top).exists():
                _link(source / top, site / top)
    return python, site


def _link(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, copy_function=os.link, symlinks=True)
    else:
        os.link(source, target)


def pip(python: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), *INSTALL], cwd=folder, capture_output=True, text=True, check=False)


def test_the_image_s_torch_stays_and_training_runs_on_what_was_installed(
    like_the_image: tuple[Path, Path], tmp_path: Path
) -> None:
    python, site = like_the_image
    before, torch = installed(site), written(site / "torch" / "version.py")
    assert before["torch"].startswith("2.13.0") and not set(LOCKED) & set(before)
    shutil.copy(LOCK, tmp_path / "requirements.txt")
    done = pip(python, tmp_path)
    assert done.returncode == 0, done.stderr
    after = installed(site)
    assert {name: after[name] for name in after if name not in before} == LOCKED
    assert {name: after[name] for name in before} == before
    assert written(site / "torch" / "version.py") == torch
    code = "import model_code.training.train, accelerate, torch; print(torch.__version__)"
    ran = subprocess.run([str(python), "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and ran.stdout.startswith("2.13.0"), ran.stderr


def test_a_package_with_other_bytes_is_refused(tmp_path: Path) -> None:
    python, site = environment(tmp_path / "fresh")
    lines = LOCK.read_text("utf-8").split("\n")
    start = next(index for index, line in enumerate(lines) if line.startswith("truststore=="))
    kept = [*packages.LOCK_OPTIONS, lines[start].rstrip("\\ "), f"    --hash=sha256:{'0' * 64}"]
    (tmp_path / "requirements.txt").write_text(" \\\n".join(kept[2:]).join(["\n".join(kept[:2]) + "\n", "\n"]))
    done = pip(python, tmp_path)
    assert done.returncode != 0 and "DO NOT MATCH THE HASHES" in done.stderr
    assert "truststore" not in installed(site)


def test_a_package_that_is_not_locked_is_refused(tmp_path: Path) -> None:
    python, site = environment(tmp_path / "fresh")
    (tmp_path / "requirements.txt").write_text("--require-hashes\ntruststore==0.10.5\n")
    done = pip(python, tmp_path)
    assert done.returncode != 0 and "Hashes are required in --require-hashes mode" in done.stderr
    assert "truststore" not in installed(site)


@pytest.mark.parametrize("image", list(training_lock.images()))
def test_on_each_image_nothing_is_missing_and_nothing_else_is_replaced(image: str, tmp_path: Path) -> None:
    """With the image's packages as pip sees them, in their own versions (environments/aws/training_packages.yaml)."""
    python, site = environment(tmp_path / "image")
    training_lock.pretend(training_lock.images()[image], site=site)
    options = [part for part in INSTALL if part not in ("-r", "requirements.txt")]
    command = [str(python), *options, "--dry-run", "--quiet", "--report", "-", "-r", str(LOCK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    items = json.loads(done.stdout)["install"]
    had = training_lock.images()[image]
    wanted = {name: version for name, version in LOCKED.items() if had.get(name) != version}
    assert {canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in items} == wanted


def test_the_lock_is_what_the_tool_writes(tmp_path: Path) -> None:
    """Compares versions alone: PyPI can get more wheels for them."""
    direct, had = training_lock._direct(), training_lock.images()
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("".join(training_lock._constraints(without=set().union(*had.values()))))
    result = dict(direct)
    for brings in had.values():
        result |= training_lock.beyond(brings, constraints=constraints)
    assert result == LOCKED
