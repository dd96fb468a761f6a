"""What an API is for, in its own words: what a text is called, its language, and texts to try, each with its label.

At synth the settings' section `task` becomes the variable TASK of the functions that show it; unset, the contract's own
words hold (`info.x-task` in openapi.yaml). The served contract passes them on to the console and the notebooks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VARIABLE = "TASK"
# In the served contract, under `info`.
EXTENSION = "x-task"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A text with the label that it should get."""

    text: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Task:
    """name: "" for none. text_noun, texts_noun: what one text and several are called. language: a BCP 47 tag."""

    name: str
    text_noun: str
    texts_noun: str
    language: str
    examples: tuple[Example, ...]

    @property
    def labels(self) -> list[str]:
        """The examples' labels, each once, in their order."""
        return list(dict.fromkeys(each.label for each in self.examples))

    def document(self) -> dict[str, Any]:
        """The task as in the served contract."""
        return {**asdict(self), "examples": [asdict(each) for each in self.examples]}

    def encoded(self) -> str:
        """The variable's value."""
        return json.dumps(self.document(), ensure_ascii=False, separators=(",", ":"))


def of(document: Mapping[str, Any]) -> Task:
    """The task in a document; raises KeyError or TypeError where it is none."""
    examples = tuple(Example(text=str(each["text"]), label=str(each["label"])) for each in document["examples"])
    words = {name: str(document[name]) for name in ("text_noun", "texts_noun", "language")}
    return Task(name=str(document.get("name", "")), **words, examples=examples)


def decoded(variable: str) -> Task | None:
    """The task in the variable; None where it is empty, which is where the settings name none."""
    return of(json.loads(variable)) if variable.strip() else None
