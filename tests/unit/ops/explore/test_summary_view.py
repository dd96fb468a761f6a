"""Tests bars and lines of bars in the terminal."""

from ops.explore import summary_view


def test_bars_and_sparks():
    assert summary_view.bar(10, 10, width=4) == "████" and summary_view.bar(5, 10, width=4) == "██"
    assert summary_view.bar(0.001, 10, width=4) == "▏" and summary_view.bar(0, 10) == ""
    assert summary_view.sparks([0, 1, 8]) == " ▂█"
    assert len(summary_view.sparks([1] * 100, width=40)) <= 40
