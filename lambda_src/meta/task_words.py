"""The contract in the words of another task than the one that its examples are written for. No I/O."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from contracts.api import task
from contracts.api.task import Task

# The request that names the text by what the contract's own texts are.
_OWN_REQUEST = "HeadlineRequest"
_EXAMPLES = {"example", "examples"}


def put(document: dict[str, Any], wanted: Task) -> None:
    """Change the contract's words, examples and labels to the wanted task's."""
    own = task.of(document["info"][task.EXTENSION])
    document["info"][task.EXTENSION] = wanted.document()
    schemas, noun = document["components"]["schemas"], own.text_noun
    if wanted.text_noun != noun:
        del schemas[_OWN_REQUEST]
        kept = [each for each in schemas["ClassifyRequest"]["oneOf"] if not each["$ref"].endswith(_OWN_REQUEST)]
        schemas["ClassifyRequest"]["oneOf"] = kept
        body = document["paths"]["/v1/classify"]["post"]["requestBody"]["content"]["application/json"]
        body["examples"] = {name: each for name, each in body["examples"].items() if noun not in each["value"]}
    sentences = {
        f", such as news {own.texts_noun},": f", here {wanted.texts_noun},",
        f"(`inputs` or `{noun}`)": "(`inputs`)",
        f"Either `inputs` or `{noun}`.": "The texts to classify.",
    }
    Rewriting(_pairs(own, wanted), sentences, labels=wanted.labels).document(document)


def _pairs(own: Task, wanted: Task) -> dict[str, str]:
    """The wanted text or label for each of the contract's own. Own labels beyond the wanted ones share some."""
    labels = dict(zip(own.labels, itertools.cycle(wanted.labels), strict=False))
    texts = {
        label: itertools.cycle([each.text for each in wanted.examples if each.label == label])
        for label in wanted.labels
    }
    return labels | {each.text: next(texts[labels[each.label]]) for each in own.examples}


class Rewriting:
    """Rewrites a contract in place. words: for whole texts and labels; sentences: for parts of descriptions."""

    def __init__(self, words: dict[str, str], sentences: dict[str, str], *, labels: Sequence[str]) -> None:
        self._words = words
        self._sentences = sentences
        self._labels = labels

    def document(self, value: Any) -> None:
        """Every description and every example below."""
        if isinstance(value, list):
            for each in value:
                self.document(each)
        if not isinstance(value, dict):
            return
        for key, inner in value.items():
            if key in _EXAMPLES and value is not None:
                value[key] = self._example(inner)
            elif isinstance(inner, str):
                value[key] = self._sentence(inner)
            elif key != task.EXTENSION:
                self.document(inner)

    def _sentence(self, text: str) -> str:
        for part, instead in self._sentences.items():
            text = text.replace(part, instead)
        return text

    def _example(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._words.get(value, value)
        if isinstance(value, list):
            if value and all(isinstance(each, str) and each in self._words for each in value):
                return self._listed(value)
            return [self._example(each) for each in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("labels"), list) and isinstance(value.get("probabilities"), list):
            value = self._answer(value)
        done: dict[str, Any] = {}
        for key, inner in value.items():
            new, made = self._words.get(key, key), self._example(inner)
            done[new] = done[new] + made if new in done else made  # counts of labels that have become one
        if done.pop("labels_omitted", 0) and len(done["labels"]) < len(self._labels):
            done["labels_omitted"] = len(self._labels) - len(done["labels"])
        return done

    def _listed(self, names: Iterable[str]) -> list[str]:
        """A list of texts or labels, each once."""
        return list(dict.fromkeys(self._words[each] for each in names))

    def _answer(self, value: dict[str, Any]) -> dict[str, Any]:
        """An answer whose probabilities fit the new labels; the highest stays what it is."""
        rows = value["probabilities"]
        nested = isinstance(rows[0], list)
        old, shares = value["labels"], rows[0] if nested else rows
        best = max(range(len(old)), key=shares.__getitem__)
        listed = self._listed(old)
        missing = [label for label in self._labels if label not in listed]
        wanted = min(len(old), len(self._labels)) if "labels_omitted" in value else len(self._labels)
        listed += missing[: wanted - len(listed)]
        new = dict.fromkeys(listed, 0.0)
        first = self._words[old[best]]
        others = [label for label in new if label != first]
        new[first] = shares[best]
        for position, (label, share) in enumerate(zip(old, shares, strict=True)):
            if position != best and others:
                target = self._words[label]
                new[target if target != first else others[0]] += share
        if len(new) == len(self._labels) and others:
            new[others[-1]] += 1 - sum(new.values())  # what the labels that are no longer omitted had
        row = [round(share, 4) for share in new.values()]
        return {**value, "probabilities": [row] if nested else row, "labels": list(new)}
