"""Traffic and peers of the drift benchmark on a small population, and the parts that a stopped run goes on with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift import peers, simulate, traffic
from benchmarks.drift.__main__ import Run, shifts
from benchmarks.drift.population import KINDS, Population
from benchmarks.drift.traffic import Mixture
from contracts.models.baseline import STREAMS

SIZE = 400


@pytest.fixture(scope="module")
def population() -> Population:
    """Texts of two labels that are always predicted rightly, in stories of four texts."""
    truth = np.tile(np.repeat([0, 1], SIZE // 2), len(KINDS))
    kind = np.repeat(KINDS, SIZE)
    spread = np.arange(len(truth)) % 4
    bins = {name: np.where((kind == 2) & (name == "length"), 3, spread) for name in STREAMS}
    return Population(
        name="made up",
        texts=[f"word{number % 7} {'money' if label else 'music'}" for number, label in enumerate(truth)],
        labels=["music", "money"],
        truth=truth,
        predicted=truth,
        bins={**bins, "predicted_label": truth},
        sizes={**dict.fromkeys(STREAMS, 4), "predicted_label": 2},
        kind=kind,
        story=np.where(kind == 0, np.arange(len(truth)) // 4, -1),
        is_real=True,
        publisher=np.array([""] * len(truth)),
        accuracy=1.0,
    )


@pytest.fixture
def run(population: Population, tmp_path: Path) -> Run:
    return Run(population, tmp_path / "kept.json", quick=True, evidently=None)


def test_a_class_has_its_share(population: Population) -> None:
    weights = traffic.classes(population, 0.4, of=1)
    drawn = Mixture.of(weights).draw(np.random.default_rng(1), (4000,))
    assert (population.kind[drawn] == 0).all()
    assert population.predicted[drawn].mean() == pytest.approx(0.4, abs=0.03)


def test_requests_of_one_topic_and_whole_stories(population: Population) -> None:
    chance, weights = np.random.default_rng(2), traffic.classes(population, 0.25, of=0)
    block = traffic.topical(population, weights, share=1.0)(chance, 3, 16)
    for request in block.reshape(-1, traffic.MOST):
        assert len(set(population.truth[request[request >= 0]])) == 1
    draw = traffic.in_a_row(population, weights)
    told = np.concatenate([each[each >= 0] for each in draw(chance, 1, 16)[0]])
    stories = population.story[told][: len(told) // 4 * 4].reshape(-1, 4)
    assert (stories == stories[:, :1]).all()


def test_drift_is_found_and_its_absence_is_not(population: Population, run: Run) -> None:
    live = traffic.classes(population, 0.55, of=run.of)
    run.delays = run.streams = 20
    assert run.delay(live)["median"] < 300
    assert run.false_alarms(lambda: traffic.various(Mixture.of(run.undrifted))) == 0
    _, longer = shifts(run)["30% of the texts longer"]
    assert run.delay(longer)["median"] < 1000


def test_the_usual_rules(population: Population, run: Run) -> None:
    drifted = traffic.classes(population, 0.9, of=0)
    for rule in peers.RULES.values():
        options = {"reference": 300, "streams": 3, "days": 2, "seed": 1}
        assert peers.first_alarms(population, rule, run.undrifted, drifted, **options).max() == peers.DAY


def test_a_stopped_run_goes_on(run: Run, population: Population) -> None:
    assert run.part("one", lambda: 1) == 1
    again = Run(population, run.kept, quick=True, evidently=None)
    assert again.part("one", lambda: pytest.fail("computed again")) == 1
    assert simulate.Alarms(np.array([1.0, np.inf]), np.array([1.0, np.inf])).share() == 0.5
