"""What features say of a text's place in the queue."""

from __future__ import annotations

from lambda_src.labelling.known import weighted

WRONG = {"caller.feedback_30d": 95, "caller.feedback_wrong_share_30d": 0.4}


def test_without_features_it_is_as_it_was() -> None:
    assert weighted(0.3, {}) == 0.3
    assert weighted(0.0, WRONG) == 0.0  # such a text is never chosen


def test_wrong_answers_of_a_caller_or_a_publisher_raise_it_and_never_above_one() -> None:
    assert weighted(0.5, WRONG) == 0.69
    publisher = {"publisher.feedback_30d": 10_000, "publisher.feedback_wrong_share_30d": 1.0}
    assert 0.69 < weighted(0.5, WRONG | publisher) <= 1.0


def test_little_feedback_says_little() -> None:
    one = {"caller.feedback_30d": 1, "caller.feedback_wrong_share_30d": 1.0}
    assert weighted(0.5, one) < weighted(0.5, WRONG)


def test_a_key_that_has_labels_waits_behind_others() -> None:
    assert weighted(0.8, {"text.labellers": 1}) == 0.2
    assert weighted(0.8, {"text.labellers": 0}) == 0.8
