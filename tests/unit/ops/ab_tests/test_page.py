from __future__ import annotations

import re
from xml.etree import ElementTree

from ops.ab_tests import page
from tests.unit.ops.ab_tests.records import BEHAVIOUR, NASTY, SPLIT, ended, running


def test_the_page_draws_the_evidence() -> None:
    test = ended("better", "nn" + "o" + "n" * 20)
    found = page.page(test)
    assert 'A/B test 20261120-213501-3fa9: <span class="won">better</span>' in found
    svg = re.search(r"<svg.*?</svg>", found, re.DOTALL)
    assert svg is not None
    drawn = ElementTree.fromstring(svg[0])
    goal, points = next(
        (each, each.attrib["points"].split()) for each in drawn.iter("polyline") if each.attrib["class"] == "goal"
    )
    assert goal is not None and len(points) == len(test["looks"]) + 1
    heights = [float(point.split(",")[1]) for point in points]
    threshold = next(each for each in drawn.iter("line") if each.attrib["class"] == "threshold")
    assert heights[-1] <= float(threshold.attrib["y1"]) < heights[-2]  # smaller is higher
    assert [each.attrib["class"] for each in drawn.iter("circle")][:4] == [
        "challenger",
        "challenger",
        "champion",
        "challenger",
    ]


def test_a_live_test_has_its_behaviour_and_the_split() -> None:
    found = page.page(running("nnox", mode="live", behaviour=BEHAVIOUR, split=SPLIT))
    assert "<td>challenger</td><td>100</td><td>80</td><td>1</td><td>3</td><td>-</td>" in found
    assert "40 of 1,000 texts went to the challenger, 100 expected: NOT as planned" in found


def test_before_the_first_label() -> None:
    found = page.page(running("..."))
    assert "<svg" not in found and "the models differ on 3 (0.3 %)" in found


def test_nothing_of_a_record_is_markup() -> None:
    found = page.page(running(reason=NASTY, steps=[{"at": "2026-11-20T21:35:01.000Z", "what": NASTY}]))
    assert "<b>" not in found and "&lt;b&gt;&amp;amp;" in found
