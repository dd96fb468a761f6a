"""Tests the price of a million texts."""

from __future__ import annotations

import pytest

from benchmarks.serving import prices


def test_price_of_a_million_texts() -> None:
    # 100 texts a second on 2 threads are 200 on 4: a million take 5000 s.
    price = prices.INSTANCES["ml.c7i.xlarge"].usd_per_hour
    assert price is not None
    assert prices.usd_per_million("ml.c7i.xlarge", 100.0, cores=2) == pytest.approx(price * 5000 / 3600)
    assert prices.usd_per_million("ml.c7i.xlarge", 0.0, cores=2) is None


def test_an_unknown_price_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(prices.INSTANCES, "ml.c7i.xlarge", prices.Instance(4, None))
    assert prices.usd_per_million("ml.c7i.xlarge", 100.0, cores=2) is None
