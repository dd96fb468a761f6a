"""The writer spreads the request log evenly over shards; readers see one list, also when their number changes."""

import base64
import contextlib
import hashlib
import json
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from contracts.logs import request_log
from environments.sections.data import Data
from lambda_src.common import logged_texts
from lambda_src.common.problems import Problem
from lambda_src.request_log_api import cursor, dal, listing
from lambda_src.request_log_api import handler as records
from lambda_src.request_log_api.slices import written
from tests.unit.lambda_src.request_log_api.world import NOW, SIGNING_KEY, make_call, make_world, prediction, walk

MINE = "abcdefgh23"
A_DAY_AGO = written(NOW - timedelta(days=1))


@pytest.fixture
def world(account, configure, logger):
    return make_world(configure, logger)


@pytest.fixture
def call(load_event, context):
    return make_call(load_event, context)


def share(ids, *, shards, texts=1):
    """The largest share of the writes that one shard gets, as a multiple of an even one."""
    written = Counter(request_log.shard_of(one, at, shards=shards) for one in ids for at in range(texts))
    assert set(written) <= set(range(shards))
    return max(written.values()) * shards / sum(written.values())


def gateway_ids(count):
    """Request ids as API Gateway makes them."""
    made = random.Random(7)
    return [base64.b64encode(made.randbytes(11)).decode() for _ in range(count)]


@pytest.mark.parametrize("shards", [16, 17, 64, 160])
@pytest.mark.parametrize(
    "ids", [gateway_ids(40_000), [f"r{number}" for number in range(40_000)]], ids=["gateway", "counted"]
)
def test_writers_spread_evenly(shards, ids):
    """10 s of the default rate: no shard of the default's 64 gets 88 units a second for its 62.5."""
    assert share(ids, shards=shards) < 1.4


def test_the_texts_of_one_request_lie_in_different_shards():
    ids = gateway_ids(1_000)
    assert share(ids, shards=8, texts=64) == 1
    assert share(ids[:1], shards=80, texts=64) == 80 / 64
    assert len({request_log.shard_of("one", at, shards=8) for at in range(8)}) == 8


def test_a_hash_that_prefers_a_shard_would_be_seen(monkeypatch):
    uneven = [one for one in gateway_ids(40_000) if request_log.shard_of(one, 0, shards=8) != 3]
    assert share(uneven, shards=8) > 1.1
    monkeypatch.setattr(request_log, "shard_of", lambda one, at, *, shards: int(one[-1] == "=") % shards)
    assert share(gateway_ids(1_000), shards=8) > 1.25


def test_one_order_across_shards_with_ties_for_every_page_size(world, call):
    made = random.Random(11)
    expected = []
    for number in range(30):
        ago = timedelta(minutes=1, seconds=made.choice([1, 2, 3]))  # many share a millisecond
        texts = made.choice([1, 1, 3])
        world.logs(f"r{number:02d}", *[prediction("Business")] * texts, ago=ago)
        expected += [((NOW - ago, f"r{number:02d}"), at) for at in range(texts)]
    expected.sort(key=lambda one: (one[0], -one[1]), reverse=True)
    names = [(request_id, at) for (_, request_id), at in expected]
    for limit in (7, 100):
        assert walk(call, limit=limit)[0] == names
        assert walk(call, limit=limit, scopes="read admin")[0] == names


def test_a_page_costs_one_query_to_each_shard(world, call, monkeypatch):
    for number in range(150):
        world.logs(f"r{number}", prediction("Business"))
    rounds = []
    real = dal.RequestLog.read

    def read(self, where, shards, **options):
        rounds.append(len(shards))
        return real(self, where, shards, **options)

    monkeypatch.setattr(dal.RequestLog, "read", read)
    found, pages = walk(call, limit=50)
    assert (len(found), pages) == (150, 4)
    assert rounds[:3] == [4, 4, 4] and len(rounds) <= 5


def test_more_shards_find_what_was_written_to_fewer(world, call, configure, logger):
    world.logs("old", prediction("Business"), ago=timedelta(hours=2), shards=2, log=world.writer(2, logger))
    world.logs("new", prediction("Business"), ago=timedelta(hours=1), shards=8, log=world.writer(8, logger))
    configure(records, REQUEST_LOG_TABLE="requests", REQUEST_LOG_DAYS="30", REQUEST_LOG_SHARDS="8")
    assert walk(call)[0] == [("new", 0), ("old", 0)]


def test_fewer_shards_find_what_was_written_to_more_as_long_as_it_is_kept(world, call, configure, logger):
    many, few = world.writer(16, logger), world.writer(1, logger)
    now = datetime.now(UTC)
    # All of one day and of the 24 hours that a list shows, whenever this test runs.
    start = now.replace(hour=3) if now.hour >= 6 else (now - timedelta(days=1)).replace(hour=21)
    for number in range(40):
        ago = now - start + timedelta(seconds=number)
        world.logs(f"old{number:02d}", prediction("Business"), ago=ago, shards=16, log=many)
    world.logs("new", prediction("Business"), shards=1, log=few)
    configure(records, REQUEST_LOG_TABLE="requests", REQUEST_LOG_DAYS="30", REQUEST_LOG_SHARDS="1")
    expected = [("new", 0), *((f"old{number:02d}", 0) for number in range(40))]
    assert walk(call, limit=7)[0] == expected
    assert call("GET", "/v1/stats", schema="Stats")["texts"] == 41
    # The item with the number is kept longer than the texts, and then expires as they do.
    count = world.item(request_log.SHARDS_ID, 16)
    kept = int(count["expires_at"]["N"]) - int(world.item("old00")["expires_at"]["N"])
    assert kept == request_log.SHARDS_EXTRA_SECONDS


def test_a_cursor_goes_on_when_the_number_of_shards_has_changed(world, call, configure, logger):
    for number in range(30):
        world.logs(f"r{number:02d}", prediction("Business"), ago=timedelta(minutes=number + 1))
    first = call("GET", "/v1/requests", limit=10, schema="RequestPage")
    more = world.writer(32, logger)
    world.logs("r30", prediction("Business"), ago=timedelta(minutes=31), shards=32, log=more)
    configure(records, REQUEST_LOG_TABLE="requests", REQUEST_LOG_DAYS="30", REQUEST_LOG_SHARDS="32")
    rest = call("GET", "/v1/requests", limit=100, cursor=first["next_cursor"], schema="RequestPage")
    assert [text["request_id"] for text in rest["texts"]] == [f"r{number:02d}" for number in range(10, 31)]


def test_what_comes_in_between_shifts_no_page(world, call):
    for number in range(9):
        world.logs(f"r{number}", prediction("Business"), ago=timedelta(minutes=number + 5))
    first = call("GET", "/v1/requests", limit=4, schema="RequestPage")
    world.logs("newest", prediction("Business"), ago=timedelta(minutes=1))
    rest = call("GET", "/v1/requests", cursor=first["next_cursor"], schema="RequestPage")
    assert [text["request_id"] for text in first["texts"] + rest["texts"]] == [f"r{number}" for number in range(9)]


def test_the_number_of_shards_is_written_once_a_day_and_is_nobodys_request(world, call):
    for days in (0, 0, 1, 1):
        world.logs("r", prediction("Business"), ago=timedelta(days=days, minutes=1))
    world.dynamodb.delete_item(TableName="requests", Key={"request_id": {"S": "#shards"}, "position": {"N": "4"}})
    world.logs("r", prediction("Business"), ago=timedelta(days=1, minutes=1))
    with pytest.raises(KeyError):
        world.item(request_log.SHARDS_ID, 4)  # the same day: it knows already
    world.logs("r", prediction("Business"))
    assert world.item(request_log.SHARDS_ID, 4)
    assert call("GET", "/v1/requests/%23shards", status=404, scopes="read admin")
    body = {"request_id": "#shards", "position": 4, "label": "Business"}
    assert call("POST", "/v1/feedback", body=body, status=404, scopes="feedback admin")


def test_a_filter_on_a_rare_label_goes_on_where_the_rounds_ended(world, call, monkeypatch):
    monkeypatch.setattr(listing, "TEXTS_A_ROUND", 4)
    monkeypatch.setattr(listing, "ROUNDS", 2)
    for number in range(60):
        label = "Health" if number in (25, 55) else "Business"
        world.logs(f"r{number:02d}", prediction(label), ago=timedelta(minutes=number + 1))
    found, pages = walk(call, label="Health")
    assert found == [("r25", 0), ("r55", 0)]
    assert pages > 3


def test_texts_that_expire_while_a_page_is_made_are_left_out(world, call, monkeypatch):
    for number in range(6):
        world.logs(f"r{number}", prediction("Business"), ago=timedelta(minutes=number + 1))
    real = dal.RequestLog.texts

    def texts(self, found):
        world.dynamodb.delete_item(TableName="requests", Key={"request_id": {"S": "r2"}, "position": {"N": "0"}})
        return real(self, found)

    monkeypatch.setattr(dal.RequestLog, "texts", texts)
    assert [one for one, _ in walk(call, limit=4)[0]] == ["r0", "r1", "r3", "r4", "r5"]


class Busy:
    """A DynamoDB client that leaves keys unprocessed so many times."""

    def __init__(self, client, times):
        self._client, self._times = client, times

    def __getattr__(self, name):
        return getattr(self._client, name)

    def batch_get_item(self, *, RequestItems):
        keys = RequestItems["requests"]["Keys"]
        if self._times == 0:
            return self._client.batch_get_item(RequestItems=RequestItems)
        self._times -= 1
        some = self._client.batch_get_item(RequestItems={"requests": {**RequestItems["requests"], "Keys": keys[:1]}})
        return {**some, "UnprocessedKeys": {"requests": {"Keys": keys[1:]}} if keys[1:] else {}}


@pytest.mark.parametrize(("times", "status"), [(2, 200), (9, 503)])
def test_keys_that_stay_unprocessed_are_asked_for_again(world, call, monkeypatch, times, status):
    monkeypatch.setattr(logged_texts, "_PAUSES", (0, 0, 0))
    for number in range(8):
        world.logs(f"r{number}", prediction("Business"), ago=timedelta(minutes=number + 1))
    log = records._records()
    monkeypatch.setattr(log._whole, "_dynamodb", Busy(log._dynamodb, times))
    document = call("GET", "/v1/requests", status=status, schema="RequestPage")
    if status == 200:
        assert [text["request_id"] for text in document["texts"]] == [f"r{number}" for number in range(8)]


# In the old form with a day and an item's keys, made by an earlier commit for this key's list without filters.
OLD_FORM = '["2026-11-28T09:00:00.000Z","2026-11-29",["2026-11-29T08:59:00.000Z","r0",0]]'


def bound(**changes):
    reader = records.Reader(key_id=MINE, everything=changes.pop("everything", False))
    return listing.PageRequest(**changes).bound_to(reader)


def signed(raw, *, key=SIGNING_KEY, **changes):
    check = cursor._signature(raw.encode(), bound(**changes), key.encode())
    return base64.urlsafe_b64encode(check + raw.encode()).decode().rstrip("=")


NONSENSE = [
    json.loads(OLD_FORM),
    [],
    ["2026-11-28T09:00:00.000Z"],
    ["2026-11-28T09:00:00.000Z", None],
    ["2026-11-28T09:00:00.000Z", 7],
    ["2026-11-28T09:00:00.000Z", "2026-11-28T08:59:59.999Z#r0#99"],
    ["2026-11-28T09:00:00.000Z", "2026-11-27"],
    ["2026-11-28T09:00:00.000Z", "2026-11-29T00:00:00.000Z"],
    ["2026-11-28T09:00:00.000Z", "2026-11-29T00:00:00.000Z#r#9"],
    ["2026-13-28T09:00:00.000Z", "2026-11-29"],
    ["0001-01-01T00:00:00.000Z", "2026-11-29"],
    ["2026-11-28T09:00:00.000Z", "2026-11-29T00:00:00.000Z#r#" + "9" * 40],
    ["2026-11-28T09:00:00.000Z" + " " * 600, "2026-11-29"],
    ["\u0662\u0660\u0662\u0666-11-28T09:00:00.000Z", "2026-11-29"],
    [{"a": 1}, "2026-11-29"],
]


@pytest.mark.parametrize("everything", [False, True])
def test_a_cursor_that_says_nonsense_is_refused_whatever_its_checksum(world, call, everything):
    for value in NONSENSE:
        made = signed(json.dumps(value), everything=everything)
        scopes = "read admin" if everything else "read"
        assert "`cursor`" in call("GET", "/v1/requests", cursor=made, status=422, scopes=scopes)["detail"], value


def test_a_cursor_of_the_form_before_is_refused(world, call):
    key = b"rubric-cursor-1\0" + bound().encode() + b"\0" + OLD_FORM.encode()
    raw = hashlib.sha256(key).digest()[:12] + OLD_FORM.encode()
    old = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert "`cursor`" in call("GET", "/v1/requests", cursor=old, status=422)["detail"]


@pytest.mark.parametrize("before", ["9999-12-31", "2999-12-31", "9999-12-31T00:00:00.000Z#r#99"])
def test_a_cursor_over_more_days_than_any_log_keeps_is_refused(world, call, before):
    made = signed(json.dumps([A_DAY_AGO, before]), everything=True)
    assert "`cursor`" in call("GET", "/v1/requests", cursor=made, status=422, scopes="read admin")["detail"]


class Keys:
    known = reread = staticmethod(lambda: (SIGNING_KEY.encode(),))


def test_the_longest_cursor_that_is_read():
    (most,) = (one.le for one in Data.model_fields["request_log_days"].metadata if hasattr(one, "le"))
    assert timedelta(days=most) < cursor._LONGEST
    for days, taken in ((cursor._LONGEST.days, True), (cursor._LONGEST.days + 1, False)):
        before = (datetime.fromisoformat(A_DAY_AGO).date() + timedelta(days=days)).isoformat()
        made = signed(json.dumps([A_DAY_AGO, before]))
        with contextlib.nullcontext() if taken else pytest.raises(Problem):
            assert cursor.read(made, bound_to=bound(), keys=Keys()).before == before
