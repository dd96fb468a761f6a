"""Sessions multiply int8 exactly where the processor would clip, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_code.serving.engines.onnx import session as onnx_session

ZEN_2 = "fpu vme sse4_2 avx avx2 fma bmi2 sha_ni"  # EPYC 7R32, of ml.g5
SKYLAKE = "fpu avx avx2 avx512f avx512bw avx512vl avx512dq"  # some ml.m5 and ml.c5
CASCADE_LAKE = f"{SKYLAKE} avx512_vnni"
SAPPHIRE_RAPIDS = f"{CASCADE_LAKE} avx_vnni amx_tile amx_int8"
ALDER_LAKE = "fpu avx avx2 avx_vnni"


def cpuinfo(*flags: str) -> str:
    return "".join(
        f"processor\t: {number}\nmodel name\t: avx512_vnni of a kind\nflags\t\t: {each}\nbugs\t\t: spectre_v1\n\n"
        for number, each in enumerate(flags)
    )


@pytest.mark.parametrize(
    ("machine", "content", "clips"),
    [
        ("x86_64", cpuinfo(ZEN_2, ZEN_2), True),
        ("x86_64", cpuinfo(SKYLAKE), True),
        ("AMD64", cpuinfo(ZEN_2), True),
        ("x86_64", cpuinfo(CASCADE_LAKE, CASCADE_LAKE), False),
        ("x86_64", cpuinfo(SAPPHIRE_RAPIDS), False),
        ("x86_64", cpuinfo(ALDER_LAKE), False),
        ("x86_64", cpuinfo(ALDER_LAKE, ZEN_2), True),
        ("x86_64", cpuinfo(f"{ZEN_2} avx512_vnni_no avx_vnni_int8"), True),
        ("x86_64", "", True),  # unknown: exact, at any cost
        ("x86_64", None, True),
        ("aarch64", "processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n", False),
        ("arm64", None, False),
    ],
)
def test_products_clip_without_vnni_only(tmp_path: Path, machine: str, content: str | None, clips: bool) -> None:
    path = tmp_path / "cpuinfo"
    if content is not None:
        path.write_text(content)
    assert onnx_session.clips_products(path, machine=machine) is clips


@pytest.mark.parametrize("clips", [True, False])
def test_the_option_is_set_exactly_there(monkeypatch: pytest.MonkeyPatch, clips: bool) -> None:
    monkeypatch.setattr(onnx_session, "clips_products", lambda: clips)
    options = onnx_session.options(threads=3)
    assert options.intra_op_num_threads == 3
    if clips:
        assert options.get_session_config_entry("session.x64quantprecision") == "1"
    else:
        with pytest.raises(RuntimeError, match="x64quantprecision"):
            options.get_session_config_entry("session.x64quantprecision")


def test_no_other_code_opens_a_session_with_options_of_its_own(request: pytest.FixtureRequest) -> None:
    root = request.config.rootpath
    sources = [path for part in ("model_code", "benchmarks") for path in (root / part).rglob("*.py")]
    made = {path.relative_to(root).as_posix() for path in sources if "SessionOptions(" in path.read_text()}
    opened = [path for path in sources if "InferenceSession(" in path.read_text()]
    assert made == {"model_code/serving/engines/onnx/session.py"}
    assert len(opened) >= 4
    assert all("onnx_session.options(" in path.read_text() for path in opened)
