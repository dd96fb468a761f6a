"""Tests how input files are cut into records and mini-batches."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.containers.transform import records

LINES = st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=12)


class Small(io.BytesIO):
    """A stream that gives few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(5, size or 5))


@given(LINES, st.booleans(), st.integers(min_value=13, max_value=60))
def test_payloads_hold_every_line_in_order_and_stay_within_the_limit(
    lines: list[bytes], ends: bool, limit: int
) -> None:
    content = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    expected = content.removesuffix(b"\n").split(b"\n") if content else []
    assert list(records.single(Small(content), limit=limit)) == expected
    payloads = list(records.multi(Small(content), limit=limit))
    assert b"".join(payloads) == b"".join(line + b"\n" for line in expected)
    assert all(0 < len(payload) <= limit and payload.endswith(b"\n") for payload in payloads)
    # As many as fit: the next one's first line would exceed the limit.
    for payload, following in itertools.pairwise(payloads):
        assert len(payload) + following.index(b"\n") + 1 > limit


@pytest.mark.parametrize("content", [b"x" * 20, b"a\n" + b"x" * 20, b"x" * 20 + b"\na", b"ab\n" + b"x" * 11 + b"\n"])
def test_a_record_above_the_limit_is_refused(content: bytes) -> None:
    with pytest.raises(records.PayloadTooLargeError):
        list(records.multi(Small(content), limit=11))


def test_a_whole_file_is_one_payload_up_to_the_limit() -> None:
    assert list(records.whole(Small(b"a\nb\n"), limit=4)) == [b"a\nb\n"]
    with pytest.raises(records.PayloadTooLargeError):
        list(records.whole(Small(b"a\nb\nc"), limit=4))
