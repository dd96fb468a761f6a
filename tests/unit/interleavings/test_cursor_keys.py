"""Tests rotations of the cursors' key, with one failure before a call of the function or of a reader.

A cursor is valid as long as decision 61 says, and an expired key never becomes valid again. More: tests/long.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lambda_src.request_log_api import signing_keys
from lambda_src.rotate_key import logic
from tests.unit.interleavings.worlds.cursor_keys import explore


def test_whatever_goes_wrong_a_cursor_holds_and_no_old_key_comes_back() -> None:
    found, runs = explore(every=5)
    assert found == []
    assert runs > 140


# Each of these removes a guard, and the test must find the fault.


def _what_is_over_may_finish(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logic, "_is_pending", lambda rotation, stages: "AWSCURRENT" not in stages.get(rotation.token, []))


def _the_key_before_does_not_hold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(signing_keys, "_STAGES", ("AWSCURRENT",))


def _a_new_key_is_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(signing_keys.SigningKeys, "reread", signing_keys.SigningKeys.known)


def _keys_are_kept_for_long(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(signing_keys, "KEPT_SECONDS", 40 * 86_400.0)


def _no_answer_is_an_answer(patch: pytest.MonkeyPatch) -> None:
    def reread(self: signing_keys.SigningKeys) -> tuple[bytes, ...]:
        self._look()
        return self._held()

    patch.setattr(signing_keys.SigningKeys, "reread", reread)


def _a_version_becomes_current_before_it_has_a_key(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(logic._STEPS, "createSecret", logic._finish)
    patch.setattr(logic, "_KEY_BYTES", 0)


@pytest.mark.parametrize(
    "take_away",
    [
        _what_is_over_may_finish,
        _the_key_before_does_not_hold,
        _a_new_key_is_not_looked_for,
        _keys_are_kept_for_long,
        _no_answer_is_an_answer,
        _a_version_becomes_current_before_it_has_a_key,
    ],
)
def test_a_rotation_without_one_of_its_guards_is_found_out(
    monkeypatch: pytest.MonkeyPatch, take_away: Callable[[pytest.MonkeyPatch], None]
) -> None:
    take_away(monkeypatch)
    found, _ = explore(every=5, first=True)
    assert found
