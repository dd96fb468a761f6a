"""The temperature: recovered where it is known, 1 where nothing can be learned; and its effect."""

from __future__ import annotations

import numpy as np
import pytest

from model_code.training.evaluation import calibration, evaluate


def drawn(texts: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose true labels were drawn from them after division by ``temperature``."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=3.0, size=(texts, 4))
    shares = np.exp(logits / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    return logits, np.array([random.choice(4, p=row) for row in shares])


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(true_temperature: float) -> None:
    logits, truth = drawn(4000, true_temperature)
    assert calibration.temperature(logits, truth) == pytest.approx(true_temperature, rel=0.1)


def test_no_other_temperature_has_a_lower_log_loss() -> None:
    logits, truth = drawn(300, 2.0, seed=1)
    fitted = calibration.temperature(logits, truth)
    assert fitted == calibration.temperature(logits, truth)

    def log_loss(divisor: float) -> float:
        scaled = logits / divisor
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return -float(logs[np.arange(len(truth)), truth].mean())

    assert all(log_loss(fitted) <= log_loss(fitted * factor) for factor in (0.5, 0.9, 1.1, 2.0))


@pytest.mark.parametrize(
    ("logits", "truth", "sentence"),
    [
        (np.eye(4)[[0, 1, 2]], np.array([0, 1, 3]), "too few"),
        (np.eye(4)[[0, 1, 2, 3] * 50] * 5, np.array([0, 1, 2, 3] * 50), "no mistake"),
        (np.zeros((200, 4)), np.array([0, 1, 2, 3] * 50), "same score"),
    ],
)
def test_it_stays_1_where_the_texts_cannot_tell(
    logits: np.ndarray, truth: np.ndarray, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibration.temperature(logits, truth) == 1.0
    assert sentence in capsys.readouterr().out


def test_it_stops_at_its_bound_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    logits, truth = np.eye(4)[[0, 1, 2, 3] * 50] * 5, np.array([1, 2, 3, 0] * 50)
    assert calibration.temperature(logits, truth) == pytest.approx(calibration.BOUNDS[1])
    assert "reached its bound" in capsys.readouterr().out


def test_a_temperature_that_helps_texts_it_was_not_fitted_on_is_kept() -> None:
    logits, truth = drawn(1000, 3.0)
    kept = calibration.calibrate(logits, truth, np.arange(1000) % 5)
    assert kept.temperature == calibration.temperature(logits, truth)
    assert kept.log_losses is not None and kept.log_losses[1] < kept.log_losses[0]
    assert f"so {kept.temperature:.3g} is used" in kept.reason


@pytest.mark.parametrize("seed", range(5))
def test_one_that_fits_only_its_own_texts_is_not(seed: int) -> None:
    logits, truth = drawn(60, 1.0, seed=seed)
    assert calibration.temperature(logits, truth) != 1.0
    left = calibration.calibrate(logits, truth, np.arange(60) % 5)
    assert left.temperature == 1.0
    assert "so none is used" in left.reason


def test_texts_of_one_part_cannot_tell() -> None:
    logits, truth = drawn(1000, 3.0)
    assert calibration.calibrate(logits, truth, np.zeros(1000)).temperature == 1.0
    assert calibration.calibrate(logits[:20], truth[:20], np.arange(20) % 5).temperature == 1.0


def test_rescaling_by_the_inverse_undoes_a_temperature() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    there = calibration.rescaled(probabilities, 2.5)
    assert there.sum(axis=1) == pytest.approx(1)
    assert there[0, 0] < 0.7
    assert calibration.rescaled(there, 1 / 2.5) == pytest.approx(probabilities)


def test_description_shows_what_calibration_gained() -> None:
    logits, truth = drawn(2000, 3.0)
    before = calibration.rescaled(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), 1.0)
    after = calibration.rescaled(before, calibration.temperature(logits, truth))
    described = calibration.describe(before, after, truth, temperature=3.0)
    assert described["temperature"] == 3.0
    assert described["after"]["calibration_error"] < 0.04 < 0.1 < described["before"]["calibration_error"]
    assert described["after"]["log_loss"] < described["before"]["log_loss"]
    for bins, probabilities in ((described["reliability"], after), (described["reliability_before"], before)):
        assert sum(each["count"] for each in bins) == len(truth)
        assert all(each["from"] <= each["confidence"] <= each["to"] for each in bins)
        gap = sum(abs(each["confidence"] - each["accuracy"]) * each["count"] for each in bins) / len(truth)
        assert gap == pytest.approx(evaluate.calibration_error(probabilities, truth))


def test_a_label_without_test_texts_and_a_sure_mistake_have_a_log_loss() -> None:
    described = calibration.describe(np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.5, 0.0]]), np.array([1]))
    assert np.isfinite(described["before"]["log_loss"])
    assert described["after"]["log_loss"] == pytest.approx(np.log(2))
