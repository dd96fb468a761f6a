"""Tests the hyperparameter benchmark: its settings, finished jobs, and the means over seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.training import hyperparameters


def job(accuracy: float, *, seed: int, **chosen: str) -> dict[str, object]:
    return {
        "encoder": "compact",
        "hyperparameters": chosen,
        "seed": seed,
        "data": ["a", "b"],
        "accuracy": accuracy,
        "macro_f1": accuracy - 0.05,
        "calibration_error": 0.05,
        "train_seconds": 60,
        "job_cpu_seconds": 80,
    }


def test_pairs_in_any_order_are_one_setting() -> None:
    assert hyperparameters.setting(["b=2", "a=1=1"]) == hyperparameters.setting(["a=1=1", "b=2"])
    assert hyperparameters.setting(["a=1=1"]) == {"a": "1=1"}
    assert hyperparameters.setting(["default"]) == {}
    with pytest.raises(SystemExit, match="epochs: expected name=value pairs"):
        hyperparameters.setting(["epochs", "seed=1"])


def test_a_job_is_done_again_only_for_another_setting_seed_encoder_or_file() -> None:
    done = job(0.9, seed=1, epochs="8")
    assert hyperparameters.key({**done, "accuracy": 0.1}) == hyperparameters.key(done)
    others: list[dict] = [{"seed": 2}, {"hyperparameters": {}}, {"encoder": "minilm"}, {"data": ["a", "c"]}]
    for other in others:
        assert hyperparameters.key({**done, **other}) != hyperparameters.key(done)


def test_results_are_read_back_and_missing_ones_are_none(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    assert hyperparameters.finished(path) == []
    path.write_text(json.dumps(job(0.9, seed=1)) + "\n\n", encoding="utf-8")
    assert hyperparameters.finished(path) == [job(0.9, seed=1)]


def test_the_table_has_means_and_spread_best_first() -> None:
    runs = [job(0.90, seed=1), job(0.92, seed=1, epochs="12"), job(0.94, seed=2, epochs="12")]
    lines = hyperparameters.table(runs).splitlines()
    assert lines[2].startswith("| compact: epochs=12 | 2 | 0.9300 ± 0.0141 |")
    assert lines[3].startswith("| compact: default | 1 | 0.9000 |")
