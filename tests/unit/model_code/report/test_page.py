"""The report loads nothing, is harmless with any text, and renders also when the evaluation lacks figures."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_code.training import report
from model_code.training.evaluation import comparison, cost, evaluate
from model_code.training.report import html, page, verdict

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'
LABELS = ["Business", "Science & <i>more</i>", HOSTILE]
VOID = {"meta", "link"}


def rendered(evaluation: Any, metadata: dict[str, Any]) -> str:
    """The page for a document of any form: those of older jobs and broken ones too."""
    return report.render(evaluation, metadata)


class Page(HTMLParser):
    """The page as a browser sees it: tags with their attributes, in order, and their words."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open[-1:]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute))]


def bins(gap: float) -> list[dict[str, Any]]:
    return [
        {"from": i / 10, "to": i / 10 + 0.1, "count": i, "confidence": i / 10 + 0.05, "accuracy": i / 10 + gap}
        for i in range(1, 10)
    ]


@pytest.fixture(scope="module")
def evaluation() -> dict[str, Any]:
    """A whole evaluation of 300 texts, with hostile words wherever a dataset's owner can put some."""
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 3, 300)
    probabilities = chance.dirichlet([1, 1, 1], size=300) * 0.3
    probabilities[np.arange(300), np.where(chance.random(300) < 0.9, truth, (truth + 1) % 3)] += 0.7
    old = np.where(chance.random(300) < 0.7, truth, (truth + 1) % 3)
    paired = comparison.paired(probabilities.argmax(axis=1), old, truth, LABELS)
    figures = {"accuracy": float((old == truth).mean()), "macro_f1": 0.7, "comparison": paired}
    return {
        "model_version": "rubric-1" + HOSTILE,
        "base_model": HOSTILE,
        **evaluate.measure(probabilities, [LABELS[index] for index in truth], LABELS),
        "calibration": {
            "temperature": 1.3,
            "method": HOSTILE,
            "before": {"calibration_error": 0.06, "log_loss": 0.4},
            "after": {"calibration_error": 0.01, "log_loss": 0.3},
            "reliability": bins(0.05),
            "reliability_before": bins(-0.05),
        },
        "baseline": {"name": HOSTILE, "fit_seconds": 1.2, **figures},
        "champion": {"model_version": HOSTILE, "comparable": True, "reason": HOSTILE, **figures},
        "model": {
            "asked": "best",
            "served": "blend",
            "reason": HOSTILE,
            "weights": {"encoder": 0.4, "linear": 0.6},
            "candidates": [
                {
                    "kind": kind,
                    "ms_per_text": 0.2,
                    "valid_log_loss": 0.21,
                    "valid_accuracy": 0.94,
                    "test_accuracy": 0.935,
                    "test_macro_f1": 0.9,
                    "test_calibration_error": 0.012,
                    "comparison": None if kind == "blend" else figures["comparison"],
                }
                for kind in ("linear", HOSTILE, "blend")
            ],
        },
        "mistakes": [
            {
                "text": f"shares {HOSTILE} rise",
                "truth": HOSTILE,
                "predicted": "Business",
                "confidence": 0.97,
                "probability_of_truth": 0.01,
                "words": [
                    {"word": "shares", "influence": 0.41},
                    {"word": HOSTILE, "influence": -0.2},
                    {"word": "rise", "influence": 0.001},
                ],
            }
        ],
        "history": [{"step": i, "epoch": i / 10, "loss": 2 - i / 50, "learning_rate": 1e-4} for i in range(80)],
        "epochs": [
            {"epoch": i, "valid_loss": 1 / i, "valid_accuracy": 1 - 0.3 / i, "valid_macro_f1": 1 - 0.4 / i}
            for i in range(1, 9)
        ],
        "kept_epoch": 7.0,
        "stopped_early": True,
        "resumed_from_step": 120,
        "processes": 2,
        "texts_per_second": 812.5,
        "served_precision": "int8-dynamic",
        "int8_agreement": 0.998,
        "torch_difference": 9.8e-8,
        "export": {
            "candidates": [
                {
                    "precision": "int8-dynamic",
                    "agreement": 0.998,
                    "accuracy": 0.91,
                    "max_probability_difference": 0.01,
                    "ms_per_text": 0.3,
                    "megabytes": 2.9,
                }
            ],
            "reason": HOSTILE,
        },
        "counts": {"train": 2400, "valid": 150, "test": 300},
        "split": HOSTILE,
        "leak": {
            "method": HOSTILE,
            "test_texts": 300,
            "random_split_share": 0.31,
            "this_split_share": 0.0,
            "baseline_accuracy_random": 0.93,
            "baseline_accuracy_this": 0.91,
            "inflation": 0.02,
            "inflation_interval": [0.01, 0.03],
            "rows_used": 3000,
        },
        "data": {
            "name": HOSTILE,
            "rows_read": 3007,
            "rows_used": 2850,
            "dropped": {HOSTILE: 4, "missing label": 3},
            "dropped_first_lines": {HOSTILE: [3, 5, 9, 11]},
            "exact_duplicates": 150,
            "near_duplicates": {"groups": 12, "rows": 30, "largest": 5, "examples": [[HOSTILE, "b"]]},
            "stories": 40,
            "grouped_by": "STORY column and near duplicates",
            "conflicts": {
                "texts": 2,
                "rows_dropped": 3,
                "rule": HOSTILE,
                "examples": [{"text": HOSTILE, "labels": {"Business": 2, HOSTILE: 1}, "kept": "Business"}],
            },
            "labels": dict.fromkeys(LABELS, 950),
            "label_mapping": [
                {"label": "health", "becomes": "Health", "rows": 1234},
                {"label": HOSTILE, "becomes": None, "rows": 5},
            ],
            "label_findings": [f"15 rows have the label {HOSTILE}."],
        },
        "train_seconds": 61.0,
        "train_precision": "bf16",
        "train_loss": 0.43,
        "job_seconds": 3725.0,
        "cost": cost.describe(
            3725,
            {
                "SM_CURRENT_INSTANCE_TYPE": "ml.m5.xlarge",
                "TRAINING_JOB_ARN": "arn:aws:sagemaker:us-east-1:123456789012:training-job/job",
            },
        ),
        "dataset_sha256": "a" * 64,
    }


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    return {
        "dataset": {"name": HOSTILE},
        "hyperparameters": {"epochs": 8, "learning_rate": 5e-4, "text_column": HOSTILE, "best": None},
        "libraries": {"torch": "2.13.0"},
        "code_digest": "b" * 64,
        "created": "2026-11-21T09:14:40+00:00",
    }


@pytest.fixture(scope="module")
def whole(evaluation: dict[str, Any], metadata: dict[str, Any]) -> Page:
    return Page(rendered(evaluation, metadata))


def test_words_of_the_data_are_words_on_the_page(whole: Page) -> None:
    names = {name for name, _ in whole.tags}
    assert not names & {"script", "img", "i", "iframe", "object", "embed", "form"}
    assert not [key for _, attributes in whole.tags for key in attributes if key.startswith("on")]
    assert HOSTILE in whole.text
    assert whole.open == []


def test_attributes_are_escaped_too() -> None:
    assert html.tag("p", "a", title='"><script>') == '<p title="&#34;&gt;&lt;script&gt;">a</p>'


def test_page_loads_nothing(whole: Page, evaluation: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert all(value.startswith(("#", "data:")) for key in ("href", "src") for value in whole.all(key))
    content = rendered(evaluation, metadata)
    assert "url(" not in content
    assert "@import" not in content
    assert set(re.findall(r"https?://[\w./]+", content)) == {"http://www.w3.org/2000/svg"}


def test_every_part_is_measured(whole: Page) -> None:
    assert "Not measured" not in whole.text
    assert [value.removeprefix("#") for value in whole.all("href") if value.startswith("#")] == list(page.CONTENTS)
    assert set(page.CONTENTS) <= set(whole.all("id"))


def test_the_dataset_version_is_named_by_its_manifest(evaluation: dict[str, Any]) -> None:
    named = {"dataset_version": "v3", "manifest_sha256": "c" * 64}
    text = Page(rendered({**evaluation, **named}, {})).text
    assert "dataset version" in text and "v3" in text and "c" * 64 in text
    assert "dataset version" not in Page(rendered(evaluation, {})).text


def test_the_kinds_of_model_are_shown_with_the_one_that_serves(whole: Page, evaluation: dict[str, Any]) -> None:
    assert "blended with a linear model" in whole.text
    assert "Which model serves" in whole.text
    assert "weight of linear 0.60" in whole.text
    assert "blend served" in whole.text
    alone = Page(rendered({**evaluation, "base_model": "linear", "model": {"served": "linear"}}, {})).text
    assert "fine-tuned" not in alone
    assert "linear model" in alone


def test_page_can_be_read_without_eyes(whole: Page) -> None:
    ids = whole.all("id")
    assert len(ids) == len(set(ids))
    assert {each for value in whole.all("aria-labelledby") for each in value.split()} <= set(ids)
    levels = [int(name[1]) for name, _ in whole.tags if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    drawings = [attributes for name, attributes in whole.tags if name == "svg"]
    assert len(drawings) >= 10
    assert all(each["role"] == "img" and each["aria-labelledby"] for each in drawings)
    tables = [name for name, _ in whole.tags if name in {"table", "caption"}]
    assert tables.count("table") == tables.count("caption") >= 6


def test_figures_are_on_the_page(whole: Page, evaluation: dict[str, Any]) -> None:
    low, high = evaluation["accuracy_interval"]
    text = whole.text.replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        f"{low * 100:.1f}–{high * 100:.1f} %",
        "points better than the TF-IDF baseline and the approved model",
        "Temperature 1.30",
        "lowers the confidence",
        "1 h 2 min",
        "$0.24",
        "from step 120",
        "2.0 points (95 % interval +1.0 to +3.0) are due to near duplicates of training texts",
        "shares +41",
        "3, 5, 9, 11",
        "21 November 2026, 09:14 UTC",
        "STORY column and near duplicates (40 stories)",
        "McNemar's exact test: p < 0.001",
        f"{HOSTILE} Business (2 rows), {HOSTILE} (1 row); kept: Business",
    ):
        assert words in text, words


def test_few_labels_are_warned_about_at_the_top_and_have_a_learning_curve(
    evaluation: dict[str, Any], metadata: dict[str, Any]
) -> None:
    points = [
        {"train_rows": 2 * n, "rows_per_label": n, "accuracy": 0.4 + n / 20, "interval": [0.3, 0.9]} for n in (2, 4)
    ]
    few = {
        **evaluation,
        "warnings": [f"Few labels: {HOSTILE}"],
        "learning_curve": {"points": points, "method": HOSTILE},
    }
    text = Page(rendered(few, metadata)).text
    assert f"Few labels: {HOSTILE}" in text
    assert "With more labels" in text and "training rows of a typical label" in text
    assert "With more labels" not in Page(rendered({**evaluation, "learning_curve": None}, metadata)).text


def test_the_page_says_what_became_of_labels(whole: Page) -> None:
    assert "Labels changed by data.labels" in whole.text
    assert f"15 rows have the label {HOSTILE}." in whole.text
    assert "health" in whole.text and "1,234" in whole.text and "(left out)" in whole.text


@pytest.mark.parametrize(
    ("asked", "served", "words"),
    [
        ("best", "linear", "those of the encoder, which was trained for comparison and does not serve"),
        ("linear", "linear", "no encoder was trained"),
        ("blend", "blend", "Loss, epochs and speed are the encoder's"),
    ],
)
def test_the_page_says_whose_training_it_shows(
    evaluation: dict[str, Any], metadata: dict[str, Any], asked: str, served: str, words: str
) -> None:
    model: dict[str, Any] = {"asked": asked, "served": served, "reason": "", "weights": None, "candidates": []}
    precision = {"served_precision": "linear"} if served == "linear" else {}
    text = Page(rendered({**evaluation, "model": model, **precision}, metadata)).text
    assert words in text
    assert ("These are the files of the encoder, which does not serve" in text) == (served == "linear")
    encoder = {**model, "served": "encoder"}
    assert "does not serve" not in Page(rendered({**evaluation, "model": encoder}, metadata)).text


def test_evaluation_of_an_older_job_says_what_it_lacks() -> None:
    older = {
        "model_version": "rubric-0",
        "base_model": "compact",
        "accuracy": 0.9,
        "macro_f1": 0.88,
        "per_class": {"A": {"precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 10}},
        "confusion_matrix": [[9, 1], [1, 9]],
        "labels": ["A", "B"],
        "calibration_error": 0.04,
        "baseline": {"name": "TF-IDF", "accuracy": 0.91, "macro_f1": 0.9, "fit_seconds": 1.0},
        "champion": None,
        "counts": {"train": 100, "valid": 10, "test": 20},
    }
    text = Page(rendered(older, {})).text
    for words in (
        "Right on 90.0 % of 20 test texts it had never seen: 1.0 points below the TF-IDF baseline; there is no",
        "Not measured: the leak of a random split.",
        "Not measured: a paired comparison with the baseline.",
        "Not measured: there is no approved model yet.",
        "Not measured: the influence of words on wrong answers.",
        "Not measured: the training loss.",
        "Expected calibration error 4.0 %.",
    ):
        assert words in text.replace("\N{NO-BREAK SPACE}", " "), words


def test_nothing_measured_is_still_a_page() -> None:
    assert "was not measured" in Page(rendered({}, {})).text


WRONG: tuple[Any, ...] = (None, [], {}, "words", 5, -1, [None], {"a": None}, [{}], True)


def test_parts_of_a_wrong_kind_do_not_break_the_page(evaluation: dict[str, Any], metadata: dict[str, Any]) -> None:
    some = {name: evaluation[name] for name in ("accuracy", "counts", "labels")}
    for key, part in evaluation.items():
        broken = [{**some, key: value} for value in WRONG]
        if isinstance(part, dict):
            broken += [{**some, key: {**part, inner: value}} for inner in part for value in WRONG]
        if isinstance(part, list) and isinstance(part[0], dict):
            broken += [{**some, key: [{**part[0], inner: value}]} for inner in part[0] for value in WRONG]
        for each in broken:
            assert "</html>" in rendered(each, {})
    for value in WRONG:
        assert "</html>" in rendered({}, dict.fromkeys(metadata, value))


def test_incomparable_champion_says_why(evaluation: dict[str, Any], metadata: dict[str, Any]) -> None:
    champion = {"model_version": "old", "accuracy": None, "comparable": False, "reason": "other labels"}
    text = Page(rendered({**evaluation, "champion": champion}, metadata)).text
    assert "the approved model is not comparable (other labels)" in text


@pytest.mark.parametrize(
    ("accuracy", "p", "expected"),
    [
        (0.95, 0.001, "5.0 points better than"),
        (0.85, 0.001, "5.0 points worse than"),
        (0.95, 0.2, "not significantly different from"),
        (0.95, None, "5.0 points above"),
        (0.9, None, "level with"),
    ],
)
def test_verdict_says_better_only_where_the_texts_can_tell(accuracy: float, p: float | None, expected: str) -> None:
    other = {"accuracy": 0.9} | ({"comparison": {"mcnemar_p": p}} if p is not None else {})
    assert verdict.compared(other, accuracy) == expected


def test_report_is_written_where_it_is_wanted(evaluation: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    report.write(path, json.loads(json.dumps(evaluation)), {})
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_many_labels_make_no_larger_page_than_they_have_confusions() -> None:
    count = 500
    labels = [f'label "{number}" & more' for number in range(count)]
    matrix = [[9 if row == column else int(column == row + 1) for column in range(count)] for row in range(count)]
    matrix[3][7] = 5
    document = {"labels": labels, "confusion_matrix": matrix, "accuracy": 0.9, "macro_f1": 0.9}
    content = rendered(document, {})
    read = Page(content)
    assert len(content) < 400_000
    assert "Most frequent confusions of 500 labels" in read.text and "All 500 confusions" in read.text
    assert read.text.index('label "3" & more predicted as label "7" & more : 5 of 15 (33.3 %)') > 0
    assert all(read.text.count(f'label "{number}" & more') >= 2 for number in range(1, count))
    few = rendered({**document, "labels": labels[:40], "confusion_matrix": [row[:40] for row in matrix[:40]]}, {})
    assert "Confusion matrix: share of each true label" in few
