"""On an emulated processor without VNNI, int8 products are exact and a model answers as on this machine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import emulator

ROOT = Path(__file__).resolve().parents[2]
PYTHON, SCRIPTS = ROOT / ".venv-model/bin/python", ROOT / "tests/unit/model_code/processors"
EXACT, CLIPPED = 64 * 255 * 127, 64 // 2 * 32767  # each pair of products is cut at 16 bits
ROUNDING = 1e-5  # for a probability, stored with six decimals


def cpuinfo(folder: Path, flags: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    return path


@pytest.fixture(scope="module")
def qemu() -> str:
    try:
        return emulator.find_or_install()
    except emulator.EmulatorError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an artifact of each form, whose reference answers this machine has computed."""
    folder = tmp_path_factory.mktemp("artifacts")
    subprocess.run([PYTHON, SCRIPTS / "artifacts.py", folder], check=True, timeout=300)
    return folder


def computed(qemu: str, *arguments: Path) -> dict[str, Any]:
    """The output of emulated.py on Intel's last processor with AVX2 and nothing newer."""
    done = subprocess.run(
        [qemu, "-cpu", "Haswell", PYTHON, SCRIPTS / "emulated.py", *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("form", ["int8-static", "int8-dynamic", "int8-amx"])
def test_a_model_answers_as_it_did_where_it_was_exported(qemu: str, artifacts: Path, tmp_path: Path, form: str) -> None:
    result = computed(qemu, cpuinfo(tmp_path, "fpu avx avx2 fma"), artifacts / form)
    assert result["plain_products"] == CLIPPED, "the emulated processor does not clip: this test shows nothing"
    assert result["products"] == EXACT
    assert result["engine"] == ("int8-avx2" if form == "int8-amx" else "onnxruntime")
    assert result["refused"] == ""
    assert result["off"] < ROUNDING


def test_without_the_option_it_answers_otherwise(qemu: str, artifacts: Path, tmp_path: Path) -> None:
    result = computed(qemu, cpuinfo(tmp_path, "fpu avx avx2 fma avx512_vnni"), artifacts / "int8-static")
    assert result["products"] == CLIPPED
    assert result["off"] > 100 * ROUNDING
