"""docs/labelling.md says what the code does."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from contracts.logs import audit
from environments.sections.labelling import Labelling
from lambda_src.common.intervals import wilson
from lambda_src.labelling import giving, queue

PAGE = (Path(__file__).resolve().parents[4] / "docs/labelling.md").read_text("utf-8")
SHARES = (0.8, 0.9, 0.95)


def test_the_widths_are_those_of_the_intervals():
    rows = re.findall(r"^\| ([\d,]+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for labelled, *cells in rows:
        texts = int(labelled.replace(",", ""))
        intervals = (wilson(share * texts, texts) for share in SHARES)
        assert cells == [f"{low * 100:.1f} to {high * 100:.1f}" for low, high in intervals]


def test_whoever_follows_the_page_finds_the_same_texts_in_the_sample():
    [expression] = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    for number in range(300):
        names = {"sha256": sha256, "request_id": f"JKJ{number}=", "position": number % 64, "audit_share": 0.3}
        assert eval(expression, names) == audit.is_sampled(f"JKJ{number}=", number % 64, share=0.3)


def test_the_numbers_are_those_of_the_code():
    for sentence in (
        f"`labelling.shared_share` of the audit sample (default {Labelling().shared_share})",
        f"of the newest {queue.SCANNED:,} texts",
        f"the {queue.LEAST_CERTAIN:,} with the lowest highest probability, of which the first {queue.RANKED}",
        f"may be at most {audit.MOST_WRITES_A_SECOND:,}",
        f"at a share of {Labelling().audit_share}",
    ):
        assert sentence in PAGE, sentence
    assert (queue.POOL, giving.MOST_LABELLERS) == (3, 20) and "three times as many" in PAGE
