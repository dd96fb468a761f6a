"""The console's colours are distinguishable in light and dark mode (WCAG 2.2 AA)."""

from __future__ import annotations

import re

import pytest

from lambda_src.meta import pages

TEXT, GRAPHICS = 4.5, 3.0
# (foreground, background, contrast needed)
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "quiet", "accent", "bad") for ground in ("ground", "card")),
    ("good", "card", TEXT),
    *((ink, "soft", TEXT) for ink in ("ink", "accent")),
    *((ink, "bad-soft", TEXT) for ink in ("ink", "quiet", "bad")),
    ("on-accent", "accent", TEXT),
    *(("on-light-shade", f"shade-{step}", TEXT) for step in (1, 2, 3)),
    *(("on-dark-shade", f"shade-{step}", TEXT) for step in (4, 5)),
    # The edges of fields and buttons, the bars and their tracks, the marks of health, the focus ring.
    *((edge, ground, GRAPHICS) for edge in ("edge", "accent", "good", "bad") for ground in ("card", "ground")),
    *(("bar-strong", ground, GRAPHICS) for ground in ("card", "track")),
]


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


def schemes() -> dict[str, dict[str, str]]:
    light, dark = pages.text("console.css").split("@media (prefers-color-scheme: dark)")
    return {"light": colours(light), "dark": colours(dark)}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("drawn", "ground", "needed"), PAIRS)
def test_what_is_drawn_can_be_told_from_what_it_is_on(scheme, drawn, ground, needed):
    found = schemes()[scheme]
    assert contrast(found[drawn], found[ground]) >= needed


def test_both_schemes_have_every_colour_and_no_rule_has_one_of_its_own():
    found = schemes()
    assert set(found["light"]) == set(found["dark"])
    rules = pages.text("console.css").split("* { box-sizing", 1)[1]
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl", rules)
