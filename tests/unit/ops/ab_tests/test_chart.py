from __future__ import annotations

import pytest

from ops.ab_tests import chart
from tests.unit.ops.ab_tests.records import running


def test_without_a_label_there_is_no_picture() -> None:
    assert chart.drawn(running(), width=60) == []


def test_the_evidence_rises_to_the_threshold() -> None:
    rows = chart.drawn(running("n" * 30), width=60)
    labels = len(chart.lines(running("n" * 30)).winning) - 1
    assert rows[0].startswith("    40 ") or rows[1].startswith("    40 ")
    assert rows[0].rstrip().endswith("*")  # the last label decided, at the top
    assert rows[-1].strip() == "o" * labels
    assert any(row.startswith("     1 ") for row in rows)


def test_whose_answer_each_label_was() -> None:
    assert chart.drawn(running("onxo"), width=60)[-1].strip() == "xo x"


def test_many_labels_are_drawn_in_the_width_there_is() -> None:
    rows = chart.drawn(running("no" * 100), width=40)
    assert max(map(len, rows)) <= 7 + 40
    assert "o" not in "".join(rows)


def test_a_goal_of_not_worse_has_its_own_evidence() -> None:
    found = chart.lines(running("nnn", goal="not-worse"))
    assert found.winning[1:] == [look["log10_not_worse"] for look in running("nnn", goal="not-worse")["looks"]]
    assert found.threshold == pytest.approx(1.602, abs=0.001)
