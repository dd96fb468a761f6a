"""A live test's traffic: how it is split, what the log says of both variants, and texts that both models answer.

The other model's answer to a text is computed afterwards, so that accuracy is decided by pairs, as in a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

from botocore.exceptions import BotoCoreError, ClientError

from contracts.ab_tests import live, record
from contracts.ab_tests.live import CHALLENGER, CHAMPION, LiveTest
from contracts.ab_tests.record import Disagreement, Progress, Record, Share
from contracts.logs.request_log import Item
from lambda_src.ab_test import behaviour, changes
from lambda_src.ab_test.answers import AT_ONCE
from lambda_src.ab_test.comparable import identity_of
from lambda_src.ab_test.errors import OvertakenError
from lambda_src.ab_test.learnt import RowsUnknownError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.replay import learnt_by
from lambda_src.ab_test.seen import Seen
from lambda_src.ab_test.statistics import split, thompson
from lambda_src.ab_test.statistics.bets import Counts
from lambda_src.ab_test.statistics.split import Units
from lambda_src.common.times import written

# How old a request must be before it is looked at: it must be in the log and its index by then.
SETTLE = timedelta(seconds=60)
# Longer than any instance of the classify function goes on with the split that it has read.
KNOWN_EVERYWHERE = timedelta(seconds=60)
_BEHIND = timedelta(hours=1)  # a test that is further behind the log goes on from its end
_MOST_READ = 5_000  # texts of one step
_MOST_ASKED = 320  # of them, those for which the other model is asked
_LEAST_CHANGE = 0.01  # of the share
_FEWEST_LABELS = 5  # with fewer, the share stays what the plan says: without any, half would be the challenger's
_KEPT_AFTER = 86_400  # seconds that the item is kept after the end, when nobody heeds it


def begin(test: Record, parts: Parts) -> Record:
    """The record of a test whose challenger answers at its endpoint: from now on the traffic is split."""
    now = parts.now()
    shares: list[Share] = [{"share": test["plan"]["share"], "since": "", "until": ""}]
    begun = changes.noted(test, "the challenger answers its share", now=now)
    progressed = changes.progressed(begun, {"read": written(now), "shares": shares})
    return {**progressed, "phase": record.RUNNING, "running_since": written(now)}


def looked_at(test: Record, parts: Parts) -> Record:
    """The record with what the log has since: figures of both variants, the split's check, and compared texts."""
    now = parts.now()
    state, reason = parts.challenger.state(token=test["test_id"])
    if state in ("none", "failed"):
        why = reason or "its resources are gone"
        return changes.ending(test, record.FAILED, f"the challenger does not answer any more: {why}", now=now)
    try:
        learnt = learnt_by(test, parts)
    except RowsUnknownError as error:
        return changes.ending(test, record.FAILED, f"it is not known what the models learnt from: {error}", now=now)
    test = _split(test, parts)
    progress, until = test["progress"], written(now - SETTLE)
    if progress.get("seen_before"):
        parts.store.delete_below(progress["seen_before"])
    seen = _seen(test, parts)
    items, read = _read(test, until, parts)
    units = _count_units(test, items, seen)
    after: Record = {
        **test,
        "behaviour": behaviour.counted(test["behaviour"], [list(one) for _, one in groupby(items, key=_request)]),
        "split": split.report([Units(*each) for each in units], before=test["split"] or None),
    }
    after = _compared(after, items, seen, parts, learnt=learnt)
    changed = cast(Progress, {**after["progress"], "read": read, "units": units, "seen_before": ""})
    if items:
        key = f"{record.seen(test['test_id'])}{read.replace('#', '-')[:24]}-{parts.new_id()}.json"
        parts.store.write(key, seen.document())
        changed |= {"seen": key, "seen_before": progress.get("seen", "")}
    return changes.progressed(after, changed)


def allocated(test: Record, parts: Parts) -> Record:
    """The record with the challenger's next share, if the plan lets it move; the step after this sets it."""
    plan, shares = test["plan"], test["progress"].get("shares", [])
    if plan["mode"] != record.LIVE or plan["allocation"] != "thompson" or not shares or not shares[-1]["since"]:
        return test
    settings, right = parts.settings, [look["right"] for look in test["looks"]]
    if len(right) < _FEWEST_LABELS:
        return test
    won = Counts(right.count("champion"), right.count("challenger"), right.count("neither"))
    wanted = thompson.share(won, least=settings.least_share, most=settings.most_share)
    if abs(wanted - shares[-1]["share"]) < _LEAST_CHANGE:
        return test
    closed = cast(Share, {**shares[-1], "until": written(parts.now())})
    following: Share = {"share": wanted, "since": "", "until": ""}
    return changes.progressed(test, {"shares": [*shares[:-1], closed, following]})


def _split(test: Record, parts: Parts) -> Record:
    """Says in the log how texts are split. Written at each step, it comes back if it was lost."""
    plan, challenger = test["plan"], test["challenger"]
    shares = test["progress"]["shares"]
    ends_at = int(datetime.fromisoformat(plan["ends_at"]).timestamp())
    item: LiveTest = {
        "request_id": live.ITEM_ID,
        "position": live.POSITION,
        "test_id": test["test_id"],
        "share": shares[-1]["share"],
        "unit": plan["unit"],
        "endpoint": parts.challenger.endpoint_name,
        "version": challenger["version"],
        "salt": test["test_id"],
        "ends_at": ends_at,
        "expires_at": ends_at + _KEPT_AFTER,
    }
    parts.log.split(item)
    if shares[-1]["since"]:
        return test
    known = cast(Share, {**shares[-1], "since": written(parts.now() + KNOWN_EVERYWHERE)})
    return changes.progressed(test, {"shares": [*shares[:-1], known]})


def _seen(test: Record, parts: Parts) -> Seen:
    key = test["progress"].get("seen", "")
    found = parts.store.read(key) if key else None
    if key and found is None:
        raise OvertakenError("another step has gone on from here")
    return Seen.of(test["test_id"], found)


def _read(test: Record, until: str, parts: Parts) -> tuple[list[Item], str]:
    """(the test's texts that the log has since the last look, the place up to which it was read)."""
    read, items, number = test["progress"]["read"], list[Item](), 0
    for number, item in enumerate(parts.log.after(read, until=until), start=1):
        read = item["place"]
        if item.get("ab_test") == test["test_id"]:
            items.append(item)
        if number == _MOST_READ or not parts.has_time():
            break
    else:
        return items, max(read, written(parts.now() - SETTLE - timedelta(days=1)))
    far_behind = written(parts.now() - SETTLE - _BEHIND)
    return items, until if read < far_behind else read


def _count_units(test: Record, items: Sequence[Item], seen: Seen) -> list[tuple[float, int, int]]:
    """For each share the distinct units that were split by it, and those of them that went to the challenger."""
    shares = test["progress"]["shares"]
    counts = {share: (units, challenger) for share, units, challenger in test["progress"].get("units", [])}
    for item in items:
        if not item.get("unit") or not seen.is_new_unit(item["unit"]):
            continue
        share = next((each["share"] for each in shares if _is_within(item["time"], each)), None)
        if share is not None:
            units, challenger = counts.get(share, (0, 0))
            counts[share] = (units + 1, challenger + (item.get("assigned") == CHALLENGER))
    return [(share, *count) for share, count in sorted(counts.items())]


def _is_within(time: str, share: Share) -> bool:
    return bool(share["since"]) and share["since"] <= time and (not share["until"] or time < share["until"])


def _compared(test: Record, items: Sequence[Item], seen: Seen, parts: Parts, *, learnt: frozenset[str]) -> Record:
    """The record with texts that both models have answered, in the order of time, each once however it is spelt."""
    wanted = _wanted(test, items, seen, without=learnt)
    room = _room(test)
    asked = wanted[:room]
    answers: dict[int, str] = {}
    for variant, endpoint in ((CHAMPION, parts.challenger.endpoint_name), (CHALLENGER, parts.settings.endpoint_name)):
        numbers = [number for number, (item, _) in enumerate(asked) if item.get("variant") == variant]
        labels = _answered(parts, endpoint, [asked[number][0]["text"] for number in numbers])
        answers |= {number: label for number, label in zip(numbers, labels, strict=True) if label}
    found, compared = list(test["disagreements"]), test["compared"]
    for number in sorted(answers):
        item, identity = asked[number]
        seen.add_text(identity)
        if answers[number] != item["label"]:
            found.append(_disagreement(item, answers[number], place=compared))
        compared += 1
    left_out = test["progress"].get("left_out", 0) + len(wanted) - len(answers)
    return changes.progressed({**test, "compared": compared, "disagreements": found}, {"left_out": left_out})


def _answered(parts: Parts, endpoint: str, texts: Sequence[str]) -> list[str]:
    """The label of each text; "" without an answer: what an endpoint refuses, or is too slow for, must stop no step."""
    labels: list[str] = []
    for start in range(0, len(texts), AT_ONCE):
        some = texts[start : start + AT_ONCE]
        try:
            labels += parts.answers.labels(endpoint, some) if parts.has_time() else [""] * len(some)
        except (ClientError, ValueError):
            labels += [""] * len(some)
        except BotoCoreError:  # no answer in time: the next call would wait as long
            break
    return labels + [""] * (len(texts) - len(labels))


def _wanted(test: Record, items: Sequence[Item], seen: Seen, *, without: frozenset[str]) -> list[tuple[Item, str]]:
    """New texts that one of the two has answered, with what identifies each."""
    versions = {CHAMPION: test["champion"]["version"], CHALLENGER: test["challenger"]["version"]}
    found: dict[str, Item] = {}
    for item in items:
        identity = identity_of(item, version=versions.get(item.get("variant", ""), ""))
        if identity and identity not in found and identity not in without and not seen.has_text(identity):
            found[identity] = item
    return [(item, identity) for identity, item in found.items()]


def _room(test: Record) -> int:
    """How many more texts are to be compared now: none while enough disagreements wait for their labels."""
    waiting = sum(map(record.waits, test["disagreements"])) - len(record.passed_over(test["disagreements"]))
    if waiting >= 2 * record.WINDOW:
        return 0
    return max(0, min(_MOST_ASKED, test["plan"]["most_texts"] - test["compared"]))


def _disagreement(item: Item, other: str, *, place: int) -> Disagreement:
    is_champions = item.get("variant") == CHAMPION
    return {
        "request_id": item["request_id"],
        "position": int(item["position"]),
        "place": place,
        "champion": item["label"] if is_champions else other,
        "challenger": other if is_champions else item["label"],
        "label": "",
        "labelled_at": "",
        "labeller": "",
    }


def _request(item: Item) -> str:
    return item["request_id"]
