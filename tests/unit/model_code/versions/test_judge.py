"""Which rows a version takes: quarantine, parts that stay, near duplicates, and how the work grows."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from contracts.datasets import ledger
from contracts.datasets.votes import DISAGREE, NO_TEXT, Folded
from model_code.training.versions import judge
from model_code.training.versions.judge import (
    CONTRADICTS,
    JOINS,
    NEAR,
    QUARANTINED,
    REJECTED,
    SHARE,
    UNKNOWN,
    WAITING,
    Judged,
    Shares,
)
from model_code.training.versions.rows import VersionRow

SHARES = Shares(valid=0.1, test=0.2, seed=13, of_a_key=0.1)
WORDS = [f"{first}{second}{third}" for first in "bdfgk" for second in "aeiou" for third in ("lm", "rt", "sk", "nd")]


def texts(count: int, seed: int = 0) -> list[str]:
    """Distinct texts that are not near duplicates."""
    chance = random.Random(seed)
    return [f"{' '.join(chance.sample(WORDS, 7))} {number}" for number in range(count)]


def row(text: str, label: str, part: str, **more: str) -> VersionRow:
    return VersionRow(ledger.row_of(text), text, label, part, **more)


def given(text: str, label: str, *, reviewed: bool = False, key: str = "", reason: str = "") -> Folded:
    return Folded(
        ledger.row_of(text), text, label, reason, "feedback", f"event of {text}", "2026-11-20T10:00:00.000Z",
        reviewed=reviewed, keys=tuple(key.split()),
    )  # fmt: skip


def base(count: int = 100) -> list[VersionRow]:
    parts = ["test", "test", "valid", *["train"] * 7]
    return [row(text, "xy"[at % 2], parts[at // 2 % 10]) for at, text in enumerate(texts(count))]


def judged(*folded: Folded, rows: Sequence[VersionRow] = (), known: Sequence[str] = (), **more: object) -> Judged:
    return judge.judge(rows or base(), folded, known_events=set(known), shares=SHARES, **more)  # type: ignore[arg-type]


def reasons(found: Judged) -> dict[str, str]:
    return {each.folded.text: each.reason for each in found.pending}


FRESH = texts(60, seed=1)


def test_a_new_row_is_taken_and_the_rest_stays_as_it_is() -> None:
    found = judged(given(FRESH[0], "x"))
    assert (found.new, found.relabelled, found.removed, found.pending) == (1, 0, 0, [])
    assert set(base()) <= set(found.rows) and len(found.rows) == 101


@pytest.mark.parametrize(
    ("each", "reason", "state"),
    [
        (given(FRESH[0], "unheard of"), UNKNOWN, QUARANTINED),
        (given(base()[0].text, "y"), CONTRADICTS, QUARANTINED),
        (given("", "x"), NO_TEXT, WAITING),
        (given("\u200b \u200b", "x"), NO_TEXT, WAITING),
        (given(FRESH[0], "", reason=DISAGREE), DISAGREE, WAITING),
        (given(f"{base()[0].text} again", "y"), NEAR, QUARANTINED),
        (given(FRESH[0], "x", key="k"), SHARE, QUARANTINED),
    ],
)
def test_what_is_not_taken_and_why(each: Folded, reason: str, state: str) -> None:
    found = judged(each)
    assert [(one.reason, one.state) for one in found.pending] == [(reason, state)]
    assert sorted(map(repr, found.rows)) == sorted(map(repr, base()))
    if reason not in (NO_TEXT, DISAGREE):
        assert judged(replace(each, reviewed=True, keys=())).pending == [], "a review settles it"


def test_near_duplicates_that_are_new_and_disagree_wait_both() -> None:
    found = judged(given(FRESH[0], "x"), given(f"{FRESH[0]} again", "y"), given(FRESH[1], "x"))
    assert set(reasons(found).values()) == {NEAR} and len(found.pending) == 2 and found.new == 1


def test_two_keys_that_say_the_same_have_no_larger_share() -> None:
    rest = [given(text, "x") for text in FRESH[6:26]]
    assert set(reasons(judged(*[given(text, "x", key="one other") for text in FRESH[:6]], *rest)).values()) == {SHARE}


def test_the_share_of_an_untrusted_key_counts_among_the_new_rows() -> None:
    few = [given(text, "x", key="few") for text in FRESH[:2]]
    many = [given(text, "x", key="many") for text in FRESH[2:6]]
    rest = [given(text, "x") for text in FRESH[6:26]]
    found = judged(*few, *many, *rest)
    assert set(reasons(found)) == {each.text for each in many}
    assert found.new == 22


def test_an_untrusted_key_cannot_turn_around_what_it_was_trusted_with_before() -> None:
    """Its labels came into the dataset little by little; then it gives all of them another label at once."""
    rows = [
        replace(each, origin="feedback", event_id=f"event {number}") if number < 30 else each
        for number, each in enumerate(base())
    ]
    known = [f"event {number}" for number in range(30)]
    turned = [given(each.text, "yx"["xy".index(each.label)], key="k") for each in rows[:30]]
    others = [given(text, "x", key=f"key {number}") for number, text in enumerate(FRESH[:30])]
    found = judged(*turned, *others, rows=rows, known=known)
    assert found.relabelled == 0
    assert {each.folded.text: (each.reason, each.base) for each in found.pending} == {
        each.text: (SHARE, each.label) for each in rows[:30]
    }
    assert set(rows) <= set(found.rows)
    few = judged(*turned[:3], *others, rows=rows, known=known)
    assert (few.relabelled, few.pending) == (3, [])


def test_a_review_that_rejects_a_row_takes_it_out_of_the_version() -> None:
    found = judged(given(base()[0].text, "", reviewed=True, reason=REJECTED))
    assert found.removed == 1 and len(found.rows) == 99 and reasons(found) == {base()[0].text: REJECTED}


def test_a_label_whose_event_is_in_the_ledger_follows_the_ledger_and_one_that_expired_stands() -> None:
    rows = [*base(), row(FRESH[0], "x", "train", origin="feedback", event_id="old")]
    later = given(FRESH[0], "y")
    assert judged(later, rows=rows, known=["old"]).relabelled == 1
    assert reasons(judged(later, rows=rows)) == {FRESH[0]: CONTRADICTS}


def test_a_row_that_waits_keeps_its_earlier_label_in_the_version() -> None:
    found = judged(given(base()[1].text, "", reason=DISAGREE))
    assert found.pending[0].base == base()[1].label and base()[1] in found.rows


def test_a_near_duplicate_goes_to_the_part_of_its_like() -> None:
    for each in base()[:8]:
        found = judged(given(f"{each.text} again", each.label))
        assert [one.part for one in found.rows if one.text.endswith("again")] == [each.part]


def test_what_would_join_a_test_group_to_a_training_group_is_left_out() -> None:
    test = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
    between = f"{test} lambda mu omicron sigma"
    train = f"{between} upsilon phi chi psi omega"
    rows = [*base(), row(test, "x", "test"), row(train, "x", "train")]
    assert reasons(judged(given(between, "x"), rows=rows)) == {between: JOINS}
    assert reasons(judged(given(between, "x", reviewed=True), rows=rows)) == {between: JOINS}
    assert judged(given(between, "x"), rows=rows[:-1]).pending == []


def test_what_is_taken_out_joins_nothing() -> None:
    """The text between the two is quarantined for its label; the others go to the part of their like."""
    test = "alpha beta gamma delta epsilon zeta eta theta iota kappa"
    between = f"{test} lambda mu omicron sigma"
    train = f"{between} upsilon phi chi psi omega"
    rows = [*base(), row(test, "x", "test"), row(train, "x", "train")]
    found = judged(given(between, "y"), given(f"{test} again", "x"), given(f"{train} again", "x"), rows=rows)
    assert reasons(found) == {between: NEAR}
    parts = {each.text: each.part for each in found.rows}
    assert (parts[f"{test} again"], parts[f"{train} again"]) == ("test", "train")


def test_parts_keep_their_shares_and_test_rows_stay_through_many_versions() -> None:
    rows, fresh = base(), texts(500, seed=2)
    tests = {each.row_id for each in rows if each.part == "test"}
    for start in range(0, 500, 25):
        found = judged(*(given(text, "xy"[at % 2]) for at, text in enumerate(fresh[start : start + 25])), rows=rows)
        rows = found.rows
        after = {each.row_id for each in rows if each.part == "test"}
        assert tests <= after
        tests = after
    assert len(rows) == 600
    assert len(tests) == pytest.approx(120, abs=4)
    assert sum(each.part == "valid" for each in rows) == pytest.approx(60, abs=4)


def test_another_order_of_the_rows_gives_the_same_version() -> None:
    new = [given(text, "xy"[at % 2]) for at, text in enumerate(FRESH)]
    mixed = random.Random(4).sample(new, len(new))
    assert {*judged(*new).rows} == {*judged(*mixed, rows=random.Random(5).sample(base(), 100)).rows}


def test_a_dataset_that_joins_brings_rows_and_relabels_rows_of_datasets() -> None:
    more = [replace(base()[0], label="y", part=""), row(FRESH[0], "new label", "")]
    found = judged(more=more)
    assert (found.new, found.relabelled) == (1, 1)
    by_text = {each.text: each for each in found.rows}
    assert (by_text[base()[0].text].label, by_text[base()[0].text].part) == ("y", "test")
    assert by_text[FRESH[0]].label == "new label"


def test_twice_the_rows_take_about_twice_the_time() -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        rows = [row(text, "xy"[at % 2], "train" if at % 5 else "test") for at, text in enumerate(texts(count))]
        new = [given(text, "xy"[at % 2]) for at, text in enumerate(texts(count, seed=9))]
        judged(*new, rows=rows)
        return time.process_time() - started

    seconds(500)
    assert min(seconds(4000) for _ in range(2)) <= 2.6 * min(seconds(2000) for _ in range(2))
