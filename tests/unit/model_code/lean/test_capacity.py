"""The work that a server accepts is limited."""

from __future__ import annotations

import pytest

from model_code.serving.lean.capacity import Capacity, OverloadedError


def test_room_is_bounded_and_given_back() -> None:
    room = Capacity(10)
    with room.hold(25):  # larger than the bound, and alone
        with pytest.raises(OverloadedError), room.hold(1):
            pass
        assert room.held == 25
    with room.hold(4), room.hold(6), pytest.raises(OverloadedError), room.hold(1):
        pass
    assert room.held == 0
