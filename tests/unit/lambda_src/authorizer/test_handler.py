"""Tests authorizer/."""

from __future__ import annotations

import json
import time

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from contracts.api.api_keys import checksum
from lambda_src.authorizer import handler as authorizer
from lambda_src.authorizer import logic
from lambda_src.authorizer.dal import KeyRecords
from tests.tables import make_table

BODY = "rk_abcdefgh23_0123456789ABCDEFGHIJ0123456789abcdefghij"
KEY = BODY + checksum(BODY)
SALT = "00112233445566778899aabbccddeeff"


def item(**changes):
    values = {
        "key_id": {"S": "abcdefgh23"},
        "salt": {"S": SALT},
        "hash": {"S": logic.key_hash(salt=SALT, key=KEY)},
        "name": {"S": "acme"},
        "revoked": {"BOOL": False},
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture(autouse=True)
def settings(configure):
    configure(
        authorizer,
        API_KEYS_TABLE="keys",
        KEY_CACHE_SECONDS="60",
        USAGE_TABLE="usage",
        DEFAULT_RATE="50",
        DEFAULT_BURST="100",
        ENVIRONMENT="dev",
    )


@pytest.fixture
def table(account):
    dynamodb = boto3.client("dynamodb")
    make_table(dynamodb, "keys", key_id="S")
    make_table(dynamodb, "usage", key_id="S", day="S")
    return dynamodb


def ask(load_event, context, key):
    answer = context_of(load_event, context, key)
    return answer["verdict"], answer["key_id"]


def context_of(load_event, context, key):
    event = load_event("authorizer")
    if key is None:
        del event["headers"]["x-api-key"]
    else:
        event["headers"]["x-api-key"] = key
    answer = authorizer.handler(event, context)
    assert answer["isAuthorized"] is True
    assert all(isinstance(value, str) for value in answer["context"].values())
    return answer["context"]


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        (item(), "ok"),
        (item(revoked=None), "ok"),
        (item(expires_at={"N": "99999999999"}), "ok"),
        (item(hash={"S": "0" * 64}), "unknown"),
        (item(salt={"S": "ff" * 16}), "unknown"),
        (item(revoked={"BOOL": True}), "revoked"),
        (item(expires_at={"N": "1000000000"}), "expired"),  # a record from before `ends_at` existed
        (item(ends_at={"N": "1000000000"}, expires_at={"N": "99999999999"}), "expired"),
        (item(ends_at={"N": "99999999999"}, expires_at={"N": "99999999999"}), "ok"),
        (item(revoked={"BOOL": True}, hash={"S": "0" * 64}), "unknown"),
        (item(hash=None), "unavailable"),
        (None, "unknown"),
    ],
)
def test_verdicts_of_a_well_formed_key(table, load_event, context, stored, verdict):
    if stored:
        table.put_item(TableName="keys", Item=stored)
    assert ask(load_event, context, KEY) == (verdict, "abcdefgh23")


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (None, "missing"),
        ("", "missing"),
        ("  ", "missing"),
        ("rk_", "malformed"),
        (KEY[:-1], "malformed"),
        (KEY + "0", "malformed"),
        (KEY + "\n0", "malformed"),
        (KEY[:-1] + ("0" if KEY[-1] != "0" else "1"), "malformed"),
        (KEY.replace("rk_abc", "rk_abd"), "malformed"),
        (KEY.replace("_0123", "_0124"), "malformed"),
        (f"{KEY}, {KEY}", "malformed"),
        ("rk_abcdefgh23_" + "é" * 40 + "000000", "malformed"),
        ("x" * 10_000, "malformed"),
    ],
)
def test_keys_that_cost_no_look_up(load_event, context, configure, monkeypatch, key, verdict):
    monkeypatch.setattr(authorizer, "_records", lambda: pytest.fail("looked up"))
    assert ask(load_event, context, key) == (verdict, "")


def test_surrounding_blanks_do_not_matter(table, load_event, context):
    table.put_item(TableName="keys", Item=item())
    assert ask(load_event, context, f" {KEY} ")[0] == "ok"


def test_a_record_is_reused_and_then_read_again(table, load_event, context, monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    table.put_item(TableName="keys", Item=item())
    assert ask(load_event, context, KEY)[0] == "ok"
    table.put_item(TableName="keys", Item=item(revoked={"BOOL": True}))
    now[0] += 59
    assert ask(load_event, context, KEY)[0] == "ok"
    now[0] += 1
    assert ask(load_event, context, KEY)[0] == "revoked"


def test_a_cached_record_still_needs_the_right_secret(table, load_event, context):
    table.put_item(TableName="keys", Item=item())
    assert ask(load_event, context, KEY)[0] == "ok"
    other = BODY[:-1] + "Z"
    assert ask(load_event, context, other + checksum(other))[0] == "unknown"


def test_a_cached_record_expires(table, load_event, context, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    table.put_item(TableName="keys", Item=item(ends_at={"N": str(int(now) + 10)}, expires_at={"N": "99999999999"}))
    assert ask(load_event, context, KEY)[0] == "ok"
    monkeypatch.setattr(time, "time", lambda: now + 20)
    assert ask(load_event, context, KEY)[0] == "expired"


def test_a_new_key_works_at_once(table, load_event, context):
    assert ask(load_event, context, KEY)[0] == "unknown"
    table.put_item(TableName="keys", Item=item())
    assert ask(load_event, context, KEY)[0] == "ok"


class Table:
    """A fake DynamoDB client that counts its look-ups."""

    def __init__(self, error=None):
        self.calls = []
        self.error = error

    def get_item(self, **call):
        self.calls.append(call)
        if self.error:
            raise self.error
        return {"Item": item(key_id=call["Key"]["key_id"])}


def test_no_cache_when_it_is_off():
    fake = Table()
    records = KeyRecords(fake, table="keys", cache_seconds=0)
    records.get("abcdefgh23")
    records.get("abcdefgh23")
    assert len(fake.calls) == 2
    assert fake.calls[0]["ConsistentRead"] is True


def test_a_slow_look_up_does_not_lengthen_a_records_time():
    class Slow(Table):
        def get_item(self, **call):
            now[0] += 3
            return super().get_item(**call)

    now, fake = [1000.0], Slow()
    records = KeyRecords(fake, table="keys", cache_seconds=60, now=lambda: now[0])
    records.get("abcdefgh23")
    now[0] = 1059.0
    records.get("abcdefgh23")
    assert len(fake.calls) == 1
    now[0] = 1060.0
    records.get("abcdefgh23")
    assert len(fake.calls) == 2


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr("lambda_src.authorizer.dal._MAX_CACHED", 3)
    fake = Table()
    records = KeyRecords(fake, table="keys", cache_seconds=60)
    for number in range(5):
        records.get(f"key-{number}")
    assert len(records._cache) == 3
    records.get("key-4")
    assert len(fake.calls) == 5
    records.get("key-0")
    assert len(fake.calls) == 6


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://x"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow"}}, "GetItem"),
    ],
)
def test_a_failing_table_refuses_without_failing(load_event, context, monkeypatch, error):
    records = KeyRecords(Table(error), table="keys", cache_seconds=60)
    monkeypatch.setattr(authorizer, "_records", lambda: records)
    assert ask(load_event, context, KEY) == ("unavailable", "abcdefgh23")


def test_a_refusal_is_logged_without_the_key(table, load_event, context, read_log):
    lines = read_log(authorizer)
    table.put_item(TableName="keys", Item=item(revoked={"BOOL": True}))
    ask(load_event, context, KEY)
    assert [(line["message"], line["verdict"], line["key_id"]) for line in lines()] == [
        ("key refused", "revoked", "abcdefgh23")
    ]
    assert BODY not in json.dumps(lines())


def test_a_refused_key_is_counted_and_a_limit_is_not(table, load_event, context, capsys):
    table.put_item(TableName="keys", Item=item(rate={"N": "1"}, burst={"N": "1"}))
    assert [ask(load_event, context, key)[0] for key in (NEW_KEY, "", KEY, KEY)] == [
        "unknown",
        "missing",
        "ok",
        "rate-exceeded",
    ]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [metric["KeysRefused"] for metric in metrics] == [[1.0]] * 2
    assert {(metric["service"], metric["environment"]) for metric in metrics} == {("rubric-test", "dev")}


def test_the_context_has_scopes_and_where_the_key_stands(table, load_event, context):
    scopes = {"L": [{"S": "classify"}, {"S": "feedback"}]}
    table.put_item(TableName="keys", Item=item(scopes=scopes, rate={"N": "1"}, burst={"N": "2"}))
    answers = [context_of(load_event, context, KEY) for _ in range(3)]
    assert [answer["verdict"] for answer in answers] == ["ok", "ok", "rate-exceeded"]
    assert {answer["scopes"] for answer in answers} == {"classify feedback"}
    assert [(answer["limit"], answer["remaining"]) for answer in answers] == [("2", "1"), ("2", "0"), ("2", "0")]
    assert [answer["retry_after"] for answer in answers] == ["0", "0", "1"]
    assert 1 <= int(answers[1]["reset"]) <= 2


@pytest.mark.parametrize(
    ("stored", "said"), [({}, ""), ({"trusted": {"BOOL": False}}, ""), ({"trusted": {"BOOL": True}}, "true")]
)
def test_the_context_says_whether_labels_of_the_key_are_trusted(table, load_event, context, stored, said):
    table.put_item(TableName="keys", Item=item(**stored))
    assert context_of(load_event, context, KEY)["trusted"] == said


def test_a_key_of_before_there_were_limits_has_the_apis_and_may_classify(table, load_event, context):
    table.put_item(TableName="keys", Item=item())
    answer = context_of(load_event, context, KEY)
    assert (answer["scopes"], answer["limit"], answer["remaining"]) == ("classify", "100", "99")


def test_a_quota_ends_the_day(table, load_event, context):
    table.put_item(TableName="keys", Item=item(daily_quota={"N": "2"}))
    answers = [context_of(load_event, context, KEY) for _ in range(3)]
    assert [answer["verdict"] for answer in answers] == ["ok", "ok", "quota-exceeded"]
    assert (answers[2]["limit"], answers[2]["remaining"]) == ("2", "0")
    assert answers[2]["retry_after"] == answers[2]["reset"] and 0 < int(answers[2]["reset"]) <= 86_400


def test_an_unlimited_key_is_not_counted(table, load_event, context):
    table.put_item(TableName="keys", Item=item(rate={"N": "0"}))
    answer = context_of(load_event, context, KEY)
    assert (answer["verdict"], "limit" in answer) == ("ok", False)
    assert table.scan(TableName="usage")["Items"] == []


def test_a_refused_key_is_not_counted(table, load_event, context):
    table.put_item(TableName="keys", Item=item(revoked={"BOOL": True}))
    context_of(load_event, context, KEY)
    assert table.scan(TableName="usage")["Items"] == []


NEW_BODY = BODY[:-1] + "Z"
NEW_KEY = NEW_BODY + checksum(NEW_BODY)


def rotated(*, until):
    return item(
        salt={"S": "aa" * 16},
        hash={"S": logic.key_hash(salt="aa" * 16, key=NEW_KEY)},
        previous_salt={"S": SALT},
        previous_hash={"S": logic.key_hash(salt=SALT, key=KEY)},
        previous_expires_at={"N": str(int(until))},
    )


def test_both_keys_of_a_rotation_work_until_the_grace_ends(table, load_event, context, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    table.put_item(TableName="keys", Item=rotated(until=now + 100))
    assert ask(load_event, context, KEY)[0] == ask(load_event, context, NEW_KEY)[0] == "ok"
    monkeypatch.setattr(time, "time", lambda: now + 101)
    assert ask(load_event, context, KEY)[0] == "expired"
    assert ask(load_event, context, NEW_KEY)[0] == "ok"


def test_a_rotated_key_works_although_its_record_is_cached(table, load_event, context, monkeypatch):
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])
    table.put_item(TableName="keys", Item=item())
    assert ask(load_event, context, KEY)[0] == "ok"
    table.put_item(TableName="keys", Item=rotated(until=now[0] + 100))
    now[0] += 1.5
    assert ask(load_event, context, NEW_KEY)[0] == "ok"


def test_wrong_keys_under_a_right_id_do_not_cost_a_look_up_each(load_event, context, monkeypatch):
    fake = Table()
    records = KeyRecords(fake, table="keys", cache_seconds=60)
    monkeypatch.setattr(authorizer, "_records", lambda: records)
    for _ in range(20):
        assert ask(load_event, context, NEW_KEY)[0] == "unknown"
    assert len(fake.calls) == 1


def test_limits_hold_here_when_the_usage_table_fails(table, load_event, context, read_log, capsys):
    lines = read_log(authorizer)
    table.put_item(TableName="keys", Item=item(rate={"N": "1"}, burst={"N": "3"}))
    table.delete_table(TableName="usage")
    verdicts = [ask(load_event, context, KEY)[0] for _ in range(5)]
    assert verdicts == ["ok", "ok", "ok", "rate-exceeded", "rate-exceeded"]
    warnings = [line for line in lines() if line["level"] == "WARNING"]
    assert len(warnings) == 1  # after which the table is left alone for a while
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [metric["KeyUseUncounted"] for metric in metrics] == [[1.0]] * 3
    assert {(metric["service"], metric["environment"]) for metric in metrics} == {("rubric-test", "dev")}


def test_its_waits_fit_into_the_function_s_time(table):
    """8 s (stacks/api/authorizer.py). A count is never resent automatically: it may have been made."""
    clients = (authorizer._records()._dynamodb, authorizer._usage()._dynamodb, authorizer._served()._approved._ssm())
    configs = [client.meta.config for client in clients]
    attempts = [config.retries["total_max_attempts"] for config in configs]
    assert attempts == [2, 1, 1]
    waits = [config.connect_timeout + config.read_timeout for config in configs]
    # A record that is read again after a rotation, then the count, tried again once on a closed connection.
    assert 2 * (2 * waits[0] + 1) <= 8 and 2 * waits[0] + 1 + 2 * waits[1] <= 8
