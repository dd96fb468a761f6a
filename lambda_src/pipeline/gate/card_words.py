"""The prose of a model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.api.task import Task
from contracts.models.evaluation import Evaluation

_MANY_LABELS = 30

_USES = (
    "Sorting {texts}, with one label per text, where a wrong label is only an inconvenience: routing, filtering, "
    "counting, suggesting. Its probabilities are calibrated on held-out texts and can be used to leave uncertain texts "
    "to a person. It is not meant for texts in another language, for long documents, for labels that it was not "
    "trained on, or for decisions about people."
)
FACTORS = (
    "Texts that differ from the training texts in topic, time, language or style; texts longer than the model reads "
    "(the rest is cut off); labels with few training texts; labels that people assign differently."
)
RISK = (
    "Not rated: the risk depends on how the answers are used, which the pipeline does not know. Rate it before using "
    "the model where a wrong label can do harm."
)
BUSINESS_PROBLEM = "Short texts must each get one of a fixed set of labels, faster than people can read them."
OBJECTIVE = (
    "Trained to minimise the cross-entropy of the labels. The latest epoch was kept whose macro F1 on the validation "
    "texts does not differ significantly from the best."
)
LINEAR_OBJECTIVE = (
    "A linear support vector machine for each label, on the TF-IDF of words, pairs of words and pieces of words, with "
    "one temperature for all labels."
)
TEST = (
    "Measured with the exported model that is served, on texts that were used neither to train nor to select it. Texts "
    "of one story, and near duplicates, are always on the same side of the split."
)
ETHICS = (
    "The labels reflect the judgement of the people who assigned them, and the texts the viewpoints of their authors; "
    "the model reproduces both. It was not tested whether it treats texts about different groups of people "
    "differently. A pretrained base model also carries over biases from its own training texts. The texts may name "
    "people: use them only as their source allows."
)


def intended_uses(task: Task | None) -> str:
    """What the model may be used for, and what not."""
    if task is None:
        return _USES.format(texts="short texts of the kind that it was trained on, such as news headlines")
    return _USES.format(texts=f"{task.texts_noun} of the kind that it was trained on (language: {task.language})")


def purpose(labels: Sequence[str], *, base_model: object) -> str:
    """What the model does."""
    shown = ", ".join(labels[:_MANY_LABELS]) + (" and more" if len(labels) > _MANY_LABELS else "")
    made = {
        "compact": "was trained from scratch",
        "linear": "is a linear model of words and characters, without an encoder",
    }.get(str(base_model), f"was fine-tuned from {base_model or 'a pretrained encoder'}")
    return f"Gives a short text one of {len(labels)} labels, with a probability for each: {shown}. It {made}."


def choice(evaluation: Mapping[str, Any]) -> str:
    """Which kind of model serves and why; empty for an evaluation that does not say."""
    model = evaluation.get("model")
    if not isinstance(model, Mapping) or not model.get("served"):
        return ""
    parts = [f"{model['served']}, asked for {model.get('asked')}: {model.get('reason')}"]
    weights = model.get("weights") or {}
    parts += [f"weight of the {name} {weight:.2f}" for name, weight in weights.items() if isinstance(weight, float)]
    for each in model.get("candidates") or []:
        accuracy, price = each.get("test_accuracy"), each.get("ms_per_text")
        if isinstance(accuracy, float) and isinstance(price, float):
            figures = f"accuracy {accuracy:.4f} on the test texts, {price:.3g} ms of a core a text"
            parts.append(f"{each.get('kind')}: {figures}")
    return "; ".join(parts)


def training(evaluation: Evaluation, *, training: Mapping[str, Any]) -> str:
    """How the training went, in a few sentences."""
    counts = evaluation.get("counts") or {}
    linear = evaluation.get("base_model") == "linear"
    sentences = [LINEAR_OBJECTIVE if linear else OBJECTIVE]
    if counts:
        sentences.append(f"Texts: {', '.join(f'{name} {count:,}' for name, count in counts.items() if _whole(count))}.")
    if training.get("instance_type"):
        sentences.append(f"On {training.get('instance_count', 1)} x {training['instance_type']}.")
    if evaluation.get("kept_epoch") is not None and not linear:
        early = ", where training stopped early" if evaluation.get("stopped_early") else ""
        sentences.append(f"Epoch kept: {evaluation['kept_epoch']:g}{early}.")
    if evaluation.get("resumed_from_step"):
        sentences.append(
            f"Resumed from its checkpoint at step {evaluation['resumed_from_step']} after an interruption."
        )
    if evaluation.get("restarted"):
        sentences.append("Started again, because a first try learned nothing.")
    if evaluation.get("train_precision") and not linear:
        sentences.append(f"Arithmetic: {evaluation['train_precision']}.")
    return " ".join(sentences)


def caveats(evaluation: Evaluation) -> str:
    """Limitations, with this model's own figures where they are relevant."""
    sentences = [
        "The figures hold for texts like those in the dataset; expect lower ones on others, and watch the feedback.",
        "A random split would have put near duplicates on both sides, so figures from such splits may be too high.",
    ]
    inflation = (evaluation.get("leak") or {}).get("inflation")
    if isinstance(inflation, int | float) and not isinstance(inflation, bool):
        sentences.append(f"Here it would have raised a simple classifier's accuracy by {inflation:+.4f}.")
    tests = (evaluation.get("counts") or {}).get("test")
    if isinstance(tests, int) and tests < 1000:
        sentences.append(f"{tests:,} test texts leave wide intervals: see the notes beside each figure.")
    sentences += [str(each) for each in evaluation.get("warnings") or []]
    weak = [
        str(label)[:60]
        for label, figures in (evaluation.get("per_class") or {}).items()
        if isinstance(figures.get("support"), int) and figures["support"] < 30
    ]
    if weak:
        more = f" and {len(weak) - 10} more labels" if len(weak) > 10 else ""
        sentences.append(
            f"Fewer than 30 test texts have the label {', '.join(weak[:10])}{more}: their figures are uncertain."
        )
    baseline = (evaluation.get("baseline") or {}).get("accuracy")
    accuracy = evaluation.get("accuracy")
    another = evaluation.get("base_model") != "linear"
    if another and isinstance(baseline, int | float) and isinstance(accuracy, int | float) and baseline >= accuracy:
        sentences.append("A simple linear classifier does as well on these texts.")
    return " ".join(sentences)


def counted(counts: object) -> str | None:
    """`12 (empty text 7, no label 5)`; None if the counts are unknown."""
    if not isinstance(counts, Mapping):
        return None
    known = {str(reason): count for reason, count in counts.items() if _whole(count)}
    total = sum(known.values())
    return f"{total:,}" + (f" ({', '.join(f'{reason} {count:,}' for reason, count in known.items())})" if total else "")


def labels_changed(mapping: object) -> str | None:
    """`money is now Money (12 rows); nan left out (15 rows)`; None if no label was changed."""
    if not isinstance(mapping, list) or not mapping:
        return None
    known = [each for each in mapping if isinstance(each, Mapping)][:_MANY_LABELS]
    shown = "; ".join(
        f"{str(each.get('label'))[:60]} "
        + ("left out" if each.get("becomes") is None else f"is now {str(each['becomes'])[:60]}")
        + f" ({each.get('rows', 0):,} rows)"
        for each in known
    )
    return shown + ("; and more" if len(mapping) > len(known) else "")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
