"""The section `task`: what the texts are called and which language they are in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.api import task
from environments.sections.base import Section

Words = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S(?:.*\S)?$")]
ExampleText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S(?:.*\S)?$")]
Noun = Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=r"^\S(?:.*\S)?$")]


class Task(Section):
    """The task's own words, for the console, the API's documentation, the model card and the smoke test."""

    name: Words = Field(description="What the API does, such as `Sentiment of reviews`; the console shows it.")
    text_noun: Noun = Field(description="What a text is called, such as `review`.")
    texts_noun: Noun = Field(description="What several are called, such as `reviews`.")
    language: str = Field(
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        description="The texts' language as a BCP 47 tag, such as `de` or `pt-BR`: screen readers pronounce by it.",
    )
    examples: dict[ExampleText, Words] = Field(
        description="Two to six texts to try, each with its label, of two labels or more: `{text: label}`. The console "
        "fills them in, and the API's documentation shows them.",
    )

    @property
    def words(self) -> task.Task:
        """The same for the functions."""
        examples = tuple(task.Example(text=text, label=label) for text, label in self.examples.items())
        nouns = {"text_noun": self.text_noun, "texts_noun": self.texts_noun}
        return task.Task(name=self.name, **nouns, language=self.language, examples=examples)
