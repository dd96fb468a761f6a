"""Tests a key's share of the functions."""

import pytest

from tests.unit.ops.api_keys import items, make
from tests.unit.ops.conftest import run


def test_a_rate_alone_brings_a_burst_of_twice_as_much_or_what_the_share_leaves(cloud, capsys):
    for rate, burst, more in (("5", "10", ()), ("6", "12", ()), ("9", "18", ("--over-share",))):
        made = make(capsys, "--rate", rate, *more)
        assert str(made["burst"]) == burst


# dev: 25 % of 1,000 functions; each request may hold one for 8 seconds and then one for 29.
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rate", "7"), "With 7 requests a second and 1 at once, this key may occupy 261 functions"),
        (
            ("--rate", "6", "--burst", "15"),
            "With 6 requests a second and 15 at once, this key may occupy 252 functions",
        ),
        (("--rate", "1", "--burst", "200"), "this key may occupy 437 functions"),
        (("--rate", "500", "--daily-quota", "126"), "this key may occupy 252 functions"),
        (("--unlimited",), "Nothing would limit this key to its share"),
    ],
)
def test_more_than_a_key_s_share_is_refused_unless_it_is_asked_for(cloud, capsys, arguments, message):
    assert run("keys", "create", "--name", "acme", *arguments) == 2
    error = " ".join(capsys.readouterr().err.split())
    assert message in error and "250 functions of 1000" in error and "--over-share" in error
    assert "while its requests are slow, every other caller may be refused" in error
    assert items() == []
    make(capsys, *arguments, "--over-share")
    assert len(items()) == 1


@pytest.mark.parametrize(
    "arguments", [(), ("--rate", "6", "--burst", "14"), ("--rate", "1"), ("--rate", "500", "--daily-quota", "125")]
)
def test_a_key_within_its_share_is_made(cloud, capsys, arguments):
    make(capsys, *arguments)
    assert len(items()) == 1


def test_a_rotation_says_that_a_key_is_over_its_share(cloud, capsys):
    old = make(capsys, "--rate", "20", "--over-share")
    assert run("keys", "rotate", old["key_id"]) == 0
    assert "more than its share" in " ".join(capsys.readouterr().err.split())
