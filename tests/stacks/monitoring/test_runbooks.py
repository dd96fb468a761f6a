"""Each alarm has a page in docs/runbooks, each page an alarm, and the alarm's description says where its page is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ops.monitoring import runbooks
from tests.long.game_day import expected
from tests.stacks.conftest import REPOSITORY, Synthesise, Synthesised
from tests.stacks.monitoring.conftest import FALLBACK, FEATURES

MOST_CHARACTERS = 1024  # of a description ("PutMetricAlarm" in CloudWatch's API reference)
URL = f"https://{'a' * 499}"  # as long as the settings allow, with the slash behind it


def described(environment: Synthesised) -> Iterator[tuple[str, str]]:
    """(short name, description) of each alarm."""
    for where, alarm in environment.everything("AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        if where.startswith("serving/"):
            continue  # it wakes a model that sleeps, and calls nobody
        if "AlarmName" in properties:
            yield "Rollback" + properties["AlarmName"].rsplit("-rollback-", 1)[1], properties["AlarmDescription"]
        else:
            [name] = re.findall(r"/Alarms(\w+)[0-9A-F]{8}$", where)
            yield name, properties["AlarmDescription"]


@pytest.fixture(scope="module")
def whole(synthesise: Synthesise) -> Synthesised:
    """An environment that has every alarm of a model that never sleeps, and pages on the web."""
    return synthesise("dev", change=f"{FALLBACK}\n{FEATURES}\nmonitoring: {{runbooks_url: {URL}/}}")


@pytest.fixture(scope="module")
def names(whole: Synthesised, asleep: Synthesised) -> set[str]:
    """Every alarm; only a model that sleeps has ModelDoesNotWake, and it has no NoHealthyInstance."""
    return {name for environment in (whole, asleep) for name, _ in described(environment)}


def test_each_alarm_has_a_page_and_each_page_an_alarm(names: set[str]) -> None:
    assert names == set(runbooks.pages(REPOSITORY))


def test_no_environment_has_an_alarm_without_a_page(each: Synthesised) -> None:
    assert {name for name, _ in described(each)} <= set(runbooks.pages(REPOSITORY))


def test_the_description_names_the_page_and_the_command(each: Synthesised) -> None:
    env = each.stacks.data.settings.name
    wrong = [
        name
        for name, text in described(each)
        if not text.endswith(f" What to do: docs/runbooks/{name}.md or `rubric --env {env} runbook {name}`.")
    ]
    assert wrong == []


def test_the_description_links_to_where_the_pages_are(whole: Synthesised) -> None:
    for name, text in described(whole):
        assert f" {URL}/{name}.md " in text
        assert len(text) <= MOST_CHARACTERS, name


def test_the_name_that_cloudformation_gives_an_alarm_leads_to_its_page(whole: Synthesised) -> None:
    for where, alarm in whole.everything("AWS::CloudWatch::Alarm").items():
        part, logical_id = where.split("/")
        given = f"Rubric-dev-{part.capitalize()}-{logical_id}-1ABCDEFGHIJK2"
        name = alarm["Properties"].get("AlarmName", given)
        assert runbooks.find(REPOSITORY, name).is_file()


def test_the_game_day_causes_each_alarm_or_says_why_it_cannot(names: set[str]) -> None:
    assert sorted((*expected.CAUSED, *expected.NOT_CAUSED, *expected.NOT_THERE)) == sorted(names)
    assert len(expected.NOT_CAUSED) <= len(names) / 4


def test_the_page_says_what_the_game_day_does_not_cause() -> None:
    text = (runbooks.folder(REPOSITORY) / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, flags=re.MULTILINE)
    assert sorted(rows) == sorted((expected.NOT_CAUSED | expected.NOT_THERE).items())
