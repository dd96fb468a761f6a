"""evaluation.json: how well a model answers its test texts, and how it was made. Training writes it, others read it.

Every key is optional, because evaluations of earlier versions lack some; training writes them all, which a test checks.
"""

from __future__ import annotations

from typing import Any, TypedDict

# [low, high] at `confidence_level`; [0, 1] if there was nothing to count.
Interval = list[float]


class ClassFigures(TypedDict, total=False):
    """A label's figures. support: its number of test texts."""

    precision: float
    recall: float
    f1: float
    support: int
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval


class Comparison(TypedDict, total=False):
    """Two models on the same texts: differences are new minus old, mcnemar_p is McNemar's exact two-sided p."""

    texts: int
    only_new_right: int
    only_old_right: int
    mcnemar_p: float
    accuracy_difference: float
    accuracy_difference_interval: Interval
    macro_f1_difference: float
    macro_f1_difference_interval: Interval
    confidence_level: float
    resamples: int


class BaselineFigures(TypedDict, total=False):
    """The baseline on the test texts. comparison: of the model (new) with it (old)."""

    name: str
    accuracy: float
    macro_f1: float
    fit_seconds: float
    comparison: Comparison | None


class ChampionFigures(TypedDict, total=False):
    """The approved model on the test texts; without figures, and with a reason, where it is not comparable."""

    model_version: str
    accuracy: float | None
    macro_f1: float | None
    comparable: bool
    reason: str
    comparison: Comparison | None


class CalibrationFigures(TypedDict, total=False):
    """Expected calibration error and log loss."""

    calibration_error: float
    log_loss: float


# A bin of confidence. "from" and "to": its edges; count: its texts; confidence: their mean.
ReliabilityBin = TypedDict(
    "ReliabilityBin", {"from": float, "to": float, "count": int, "confidence": float, "accuracy": float}, total=False
)


class Calibration(TypedDict, total=False):
    """The effect of the temperature on the test texts. Bins without texts are left out."""

    temperature: float
    method: str
    reason: str
    before: CalibrationFigures
    after: CalibrationFigures
    reliability: list[ReliabilityBin]
    reliability_before: list[ReliabilityBin]


class Leak(TypedDict, total=False):
    """What a random split would have leaked. Figures are None where there were too few rows to measure them."""

    method: str
    test_texts: int
    random_split_share: float
    this_split_share: float
    baseline_accuracy_random: float | None
    baseline_accuracy_this: float | None
    inflation: float | None
    inflation_interval: Interval | None
    rows_used: int


class Influence(TypedDict, total=False):
    """A word, or a run of words, and how far the predicted label's probability falls without it."""

    word: str
    influence: float


class Mistake(TypedDict, total=False):
    """A test text with a wrong answer. truth and predicted are labels."""

    text: str
    truth: str
    predicted: str
    confidence: float
    probability_of_truth: float
    words: list[Influence]


class ExportCandidate(TypedDict, total=False):
    """A form in which the model was exported, measured on the validation texts.

    Milliseconds are of one core per text; None where they cannot be measured: our kernels without AMX.
    """

    precision: str
    agreement: float
    accuracy: float | None
    significantly_worse: bool
    max_probability_difference: float
    batch_sensitivity: float
    ms_alone: float | None
    ms_in_batches: float | None
    ms_per_text: float | None
    megabytes: float


class Export(TypedDict, total=False):
    """The candidates, and why one of them serves."""

    candidates: list[ExportCandidate]
    reason: str


class DatasetFacts(TypedDict, total=False):
    """The dataset's rows: read, used, and dropped by reason. dropped_rows, all lines, is in metadata.json only."""

    name: str
    sha256: str
    layout: str
    rows_read: int
    rows_used: int
    dropped: dict[str, int]
    dropped_first_lines: dict[str, list[int]]
    dropped_rows: dict[str, list[list[int]]]
    exact_duplicates: int
    near_duplicates: dict[str, Any]
    stories: int | None
    grouped_by: str
    conflicts: dict[str, Any]
    labels: dict[str, int]
    files: list[dict[str, Any]]
    times: dict[str, Any]
    stray_quotes: dict[str, Any]
    label_mapping: list[dict[str, Any]]
    label_findings: list[str]


class Cost(TypedDict, total=False):
    """The job's instances and list price. None: not known. usd_per_hour is for one instance, usd for all."""

    instance_type: str | None
    instance_count: int
    seconds: float
    usd_per_hour: float | None
    usd: float | None
    note: str


class ModelCandidate(TypedDict):
    """A kind of model that might serve. Figures of the validation texts are None if only one kind was trained.

    ms_per_text: of one core. comparison: the served kind (new) with this one (old) on the test texts; None for itself.
    """

    kind: str
    ms_per_text: float
    valid_log_loss: float | None
    valid_accuracy: float | None
    test_accuracy: float
    test_macro_f1: float
    test_calibration_error: float
    comparison: Comparison | None


class ModelChoice(TypedDict, total=False):
    """What `training.model` asked for, what serves and why. weights: a blend's, by kind; they sum to 1."""

    asked: str
    served: str
    reason: str
    weights: dict[str, float] | None
    candidates: list[ModelCandidate]


class GateVerdict(TypedDict, total=False):
    """What the gate decided, and why, in a sentence."""

    passed: bool
    reason: str


class Figures(TypedDict, total=False):
    """A model's figures. confusion_matrix: numbers of texts, a row for each true label, in the order of `labels`."""

    accuracy: float
    macro_f1: float
    accuracy_interval: Interval
    macro_f1_interval: Interval
    confidence_level: float
    per_class: dict[str, ClassFigures]
    confusion_matrix: list[list[int]]
    labels: list[str]
    calibration_error: float


class FewLabels(TypedDict, total=False):
    """What few labels mean. learning_curve: None with enough rows, or too many labels to tell."""

    learning_curve: dict[str, Any] | None
    warnings: list[str]


class Assessment(Figures, FewLabels, total=False):
    """What is measured on the test texts. champion: None if no model was approved."""

    calibration: Calibration
    baseline: BaselineFigures
    champion: ChampionFigures | None
    leak: Leak
    mistakes: list[Mistake]


class Learning(TypedDict, total=False):
    """How the training went. history: by step; epochs: by epoch; resumed_from_step: 0 if it was not interrupted.

    restarted: because the first try had learned_nothing, which the second may have done too.
    """

    train_seconds: float | None
    train_precision: str
    train_loss: float
    history: list[dict[str, float]]
    epochs: list[dict[str, float]]
    kept_epoch: float
    stopped_early: bool
    restarted: bool
    learned_nothing: bool
    resumed_from_step: int
    processes: int
    texts_per_second: float


class Exported(TypedDict, total=False):
    """How the model was exported. Figures of the encoder are None where a linear model serves alone."""

    base_model: str
    served_precision: str
    int8_agreement: float | None
    torch_difference: float | None
    export: Export


class Evaluation(Assessment, Exported, Learning, total=False):
    """The whole of evaluation.json, as the training job writes it. counts: texts in each part of the split.

    dataset_version, manifest_sha256: None where the dataset is not a version (`contracts.datasets.manifest`).
    """

    model_version: str
    model: ModelChoice
    counts: dict[str, int]
    split: str
    data: DatasetFacts
    dataset_sha256: str
    dataset_version: str | None
    manifest_sha256: str | None
    hyperparameters: dict[str, Any]
    job_seconds: float
    cost: Cost


class JudgedEvaluation(Evaluation, total=False):
    """An evaluation as the gate keeps it beside the model."""

    gate: GateVerdict


CLASS_FIGURES = tuple(ClassFigures.__annotations__)
