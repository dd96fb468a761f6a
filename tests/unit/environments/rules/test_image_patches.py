"""Tests whether an environment's images still get patches on a given day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

import pytest

from environments.aws.images import Image, known
from environments.rules.image_patches import Verdict, verdicts
from environments.settings import Settings, SettingsError
from tests.unit.environments.conftest import MINIMAL, Loader

PAGE = Path(__file__).resolve().parents[4] / "docs" / "images.md"
OWN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
LEAN = MINIMAL.replace("container: huggingface", "container: lean\n  image_build: codebuild")
HUGGINGFACE = known()["serving_huggingface"]
GPU = known()["training_gpu"]


def judged(settings: Settings, kind: str, today: str) -> Verdict:
    found = [verdict for verdict in verdicts(settings, today=dt.date.fromisoformat(today)) if verdict.kind == kind]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("today", "state", "refused", "warned"),
    [
        ("2026-04-30", "fine", False, False),
        ("2026-05-01", "ending", False, True),
        ("2026-06-30", "ending", False, True),
        ("2026-07-01", "past", True, False),
        ("2026-11-29", "past", True, False),
    ],
)
def test_the_last_day_is_patched_and_sixty_days_before_it_warn(
    today: str, state: str, refused: bool, warned: bool, load_text: Loader
) -> None:
    verdict = judged(load_text(), "serving", today)
    assert (verdict.state, verdict.refused, verdict.warned) == (state, refused, warned)
    assert (verdict.image, verdict.ends) == (HUGGINGFACE.image, dt.date(2026, 6, 30))


@pytest.mark.parametrize(("today", "state"), [("2027-01-31", "accepted"), ("2027-02-01", "past")])
def test_a_setting_accepts_what_is_past_until_its_day(today: str, state: str, load_text: Loader) -> None:
    verdict = judged(load_text(MINIMAL + "  image_accepted_until: 2027-01-31\n"), "serving", today)
    assert verdict.state == state
    assert "2027-01-31" in verdict.message


def test_the_two_settings_are_each_for_their_own_image(load_text: Loader) -> None:
    settings = load_text(override="training: {image_accepted_until: 2030-01-01}\n")
    assert judged(settings, "serving", "2027-08-01").refused
    assert judged(settings, "training", "2027-08-01").state == "accepted"


@pytest.mark.parametrize(
    ("kind", "image", "setting"),
    [
        ("build", "codebuild", "serving: {image_accepted_until: 2030-01-31}\n"),
        ("runtime", "lambda_runtime", "runtime_accepted_until: 2030-01-31\n"),
    ],
)
def test_what_builds_and_what_runs_the_functions_can_be_accepted_too(
    kind: str, image: str, setting: str, load_text: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(known(), image, replace(known()[image], ends=dt.date(2029, 6, 30)))
    refused = judged(load_text(LEAN), kind, "2029-07-01")
    assert refused.refused
    assert refused.remedy.endswith(f"or accept it for a while with {known()[image].accept}: <a date>")
    settings = load_text(LEAN, override=setting)
    assert judged(settings, kind, "2030-01-31").state == "accepted"
    assert judged(settings, kind, "2030-02-01").refused


@pytest.mark.parametrize("image", known().values(), ids=lambda image: image.image)
def test_every_image_has_a_setting_that_accepts_it_and_the_page_names_it(image: Image, load_text: Loader) -> None:
    assert attrgetter(image.accept)(load_text()) is None
    [row] = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if f"| `{image.image}` |" in line]
    assert row.endswith(f"| {image.ends or 'not published'} | `{image.accept}` |")


def test_every_verdict_is_one_line_and_what_is_wrong_has_a_remedy(load_text: Loader) -> None:
    for text in (MINIMAL, LEAN):
        for verdict in verdicts(load_text(text), today=dt.date(2035, 1, 1)):
            assert verdict.image in verdict.message
            assert "\n" not in verdict.message + verdict.remedy
            assert bool(verdict.remedy) == verdict.refused
    remedy = judged(load_text(), "serving", "2026-11-29").remedy
    assert "serving.container lean" in remedy and "serving.image_accepted_until" in remedy


def test_the_training_image_follows_the_instance(load_text: Loader) -> None:
    assert judged(load_text(), "training", "2026-11-29").image == known()["training_cpu"].image
    on_gpu = load_text(override="training: {instance_type: ml.g5.xlarge}")
    assert judged(on_gpu, "training", "2026-11-29").image == GPU.image


def test_the_lean_container_stands_on_its_base_and_what_builds_it(load_text: Loader) -> None:
    kinds = [verdict.kind for verdict in verdicts(load_text(LEAN), today=dt.date(2026, 11, 29))]
    assert kinds == ["training", "base", "build", "runtime"]


def test_an_image_of_the_users_own_is_theirs_to_look_after(load_text: Loader) -> None:
    settings = load_text(override=f"training: {{image: '{OWN}/mine:1'}}")
    verdict = judged(settings, "training", "2040-01-01")
    assert (verdict.state, verdict.refused, verdict.ends) == ("unknown", False, None)


def test_an_image_of_ours_under_another_account_is_judged_all_the_same(load_text: Loader) -> None:
    settings = load_text(override=f"training: {{image: '{OWN}/{GPU.image}'}}")
    assert judged(settings, "training", "2027-07-21").refused


def test_without_a_trained_model_there_are_only_the_functions(load_text: Loader) -> None:
    bedrock = "classifier: {backend: bedrock, bedrock: {model_id: amazon.nova-micro-v1:0, labels: [a, b]}}"
    assert [verdict.kind for verdict in verdicts(load_text(override=bedrock), today=dt.date(2026, 11, 29))] == [
        "runtime"
    ]


def test_a_day_that_is_none_is_refused_in_one_line(load_text: Loader) -> None:
    with pytest.raises(
        SettingsError, match="image_accepted_until: 'soon' is not allowed; use a date such as 2027-01-31"
    ):
        load_text(MINIMAL + "  image_accepted_until: soon\n")


@pytest.mark.parametrize("image", known().values(), ids=lambda image: image.image)
def test_the_page_says_what_the_file_says(image: Image) -> None:
    holds = f"Python {image.python}, {image.os}" if image.python else image.os
    assert f"| `{image.image}` | {holds} | {image.ends or 'not published'} |" in PAGE.read_text(encoding="utf-8")
