"""The training benchmark's arithmetic: operations counted, medians and ratio taken, stages told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import chips
from benchmarks.training import compare, end_to_end
from contracts import artifact


def run(recipe: str, texts_per_s: float, **others: float) -> dict[str, object]:
    return {
        "recipe": recipe,
        "texts_per_s": texts_per_s,
        "texts": 10,
        "cpu_seconds": 20 / texts_per_s,
        "peak_mb": 1000,
        "labels": 4,
        "word_pieces": 16.0,
        "word_pieces_squared": 256.0,
        "precision": "bf16",
        "batch_size": 32,
        "threads": 2,
        **others,
    }


def test_operations_of_a_tiny_encoder_counted_by_hand() -> None:
    # Width 2, feed forward 3: a piece costs 2 * (4*2*2 + 2*2*3) = 56 a layer; 5 pieces attend with 2 * 2*2 * 5*5 = 200;
    # the head 2 * (2*2 + 2*4) = 24. One layer forward: 5 * 56 + 200 + 24 = 504, and twice that backward.
    shape = chips.Shape(layers=1, width=2, heads=1, feed_forward=3, vocabulary=9, positions=8, labels=4)
    assert chips.training_flops(shape, length=5, squared_length=25) == 3 * 504


def test_the_shape_has_distilbert_bases_operations() -> None:
    # 42.5 million weights in its layers: 2 operations each and word piece forward, attention apart.
    flops = chips.training_flops(chips.distilbert_base(labels=4), length=1, squared_length=0)
    assert flops / 3 / 2 == pytest.approx(42.5e6, rel=0.02)


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        ("NVIDIA H200", 989.0),
        ("NVIDIA H100 80GB HBM3", 989.0),
        ("NVIDIA H100 PCIe", 756.0),
        ("NVIDIA A100-SXM4-40GB", 312.0),
        ("NVIDIA L4", 121.0),
        ("NVIDIA L40S", 362.0),
        ("NVIDIA A10G", 70.0),
        ("Tesla T4", None),
    ],
)
def test_data_sheet_peaks_by_the_names_that_drivers_give(name: str, peak: float | None) -> None:
    assert chips.data_sheet_peak(name) == peak


def test_medians_ratio_and_shares() -> None:
    runs = [run("tutorial", speed) for speed in (0.4, 0.5, 9.0)] + [run("ours", speed) for speed in (1.0, 100.0, 120.0)]
    found = compare.summary(runs, peaks={"chip": 2.0, "unknown": None})
    assert (found["texts_per_s"], found["tutorial_texts_per_s"], found["ratio"]) == (100.0, 0.5, 200.0)
    assert found["cpu_seconds_ratio"] == 200.0
    assert found["mfu"] == {"chip": pytest.approx(100 * found["gflop_per_text"] / 1000 / 2, rel=0.01)}
    assert "gpu_peak_mb" not in found
    assert "200.0 times" in compare.sentences(found)


def test_graphics_memory_where_every_run_has_it() -> None:
    runs = [run("tutorial", 1.0, gpu_peak_mb=9000), run("ours", 2.0, gpu_peak_mb=4000)]
    found = compare.summary(runs, peaks={})
    assert (found["gpu_peak_mb"], found["tutorial_gpu_peak_mb"]) == (4000, 9000)


def test_stages_from_the_jobs_lines() -> None:
    lines = [
        (3.0, "progress: start 0/1 job=x\n"),
        (4.0, "progress: read 9/9\n"),
        (6.0, "progress: train 1/4 epoch=0.5\n"),
        (8.0, "a sentence\n"),
        (10.0, "progress: validate 1/2\n"),
        (11.0, "progress: train 3/4\n"),
        (13.0, "progress: validate 2/2\n"),
        (15.0, "progress: done 1/1\n"),
    ]
    seconds = end_to_end.stages(lines, started=1.0, ended=16.0)
    assert seconds == {"start": 3.0, "read": 2.0, "train": 6.0, "validate": 3.0, "done": 1.0}
    assert sum(seconds.values()) == 15.0


def test_a_packed_folder_unpacks_as_an_artifact(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "code").mkdir(parents=True)
    for name in (artifact.MODEL_FILE, artifact.TOKENIZER_FILE, "code/inference.py"):
        (folder / name).write_bytes(b"x")
    artifact.write_json(folder / artifact.LABELS_FILE, ["a", "b"])
    artifact.write_json(folder / artifact.METADATA_FILE, {"model_version": "v1"})
    unpacked = artifact.unpack(end_to_end.pack(folder, tmp_path / "model.tar.gz"), tmp_path / "unpacked")
    assert unpacked.labels == ("a", "b")
    assert (tmp_path / "unpacked" / "code" / "inference.py").read_bytes() == b"x"
