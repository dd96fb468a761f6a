"""docs/settings.md is current and describes every setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from environments.reading.messages import section_of
from environments.reference import render
from environments.settings import Settings

PAGE = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def test_the_page_is_what_the_models_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python -m environments.reference > docs/settings.md"


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        yield path + name, field.description
        section = section_of(field.annotation)
        if section is not None:
            yield from fields(section, f"{path}{name}.")


def test_every_field_is_described_and_on_the_page() -> None:
    page = render()
    found = dict(fields(Settings))
    assert len(found) > 50
    assert [key for key, description in found.items() if not description] == []
    rows = [key for key in found if key != "name" and f"| `{key.rsplit('.', maxsplit=1)[-1]}` |" not in page]
    assert rows == []
