"""What DocumentDB refuses of a command, and what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.documentdb import refusals, supported


def code(**command: Any) -> int | None:
    refused = refusals.refusal(command)
    return refused.code if refused else None


@pytest.mark.parametrize(
    "command",
    [
        {
            "find": "c",
            "filter": {"a": {"$not": {"$gte": 1}}, "$or": [{"b": 1}, {"c": {"$in": [1]}}]},
            "sort": {"a": -1},
        },
        {"find": "c", "filter": {"$expr": {"$gt": ["$a", {"$literal": "$$NOW"}]}}},
        {"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a.b": {"v": 1}}, "$unset": {"e": ""}}}]},
        {"update": "c", "updates": [{"q": {}, "u": {"a": 1}}]},
        {"update": "c", "updates": [{"q": {}, "u": {"$push": {"a": {"$each": [1], "$slice": 5}}}}]},
        {"insert": "c", "documents": [{"a": {"v": "$facet"}}]},
        {"delete": "c", "deletes": [{"q": {"_id": {"$in": [1]}}, "limit": 0}]},
        {"aggregate": "c", "pipeline": [{"$match": {"a": 1}}, {"$group": {"_id": "$a", "n": {"$sum": 1}}}]},
        {"aggregate": "c", "pipeline": [{"$project": {"a": {"$map": {"input": "$b", "as": "x", "in": "$$x"}}}}]},
        {"aggregate": "c", "pipeline": [{"$lookup": {"from": "d", "localField": "a", "foreignField": "b", "as": "e"}}]},
        {"createIndexes": "c", "indexes": [{"name": "a", "key": {"a": 1}, "expireAfterSeconds": 0}]},
        {"createIndexes": "c", "indexes": [{"name": "a", "key": {"a": 1, "b": -1}, "unique": True}]},
        {"insert": "c", "txnNumber": 1, "autocommit": False},
        {"hello": 1},
        {"getMore": 5, "collection": "c"},
    ],
)
def test_what_both_versions_have_is_taken(command: dict[str, Any]) -> None:
    assert refusals.refusal(command) is None


@pytest.mark.parametrize(
    ("expected", "command"),
    [
        (303, {"mapReduce": "c"}),
        (303, {"endSessions": []}),
        (303, {"bulkWrite": 1}),
        (301, {"insert": "c", "txnNumber": 1}),
        (303, {"find": "c", "filter": {"$where": "1"}}),
        (303, {"find": "c", "filter": {"$or": [{"a": {"$box": []}}]}}),
        (303, {"find": "c", "filter": {"$expr": {"$gt": ["$a", "$$NOW"]}}}),
        (303, {"find": "c", "collation": {"locale": "en"}}),
        (303, {"find": "c", "tailable": True}),
        (9, {"update": "c", "updates": [{"q": {}, "u": [{"$set": {"a": 1}}]}]}),
        (9, {"findAndModify": "c", "update": [{"$set": {"a": 1}}]}),
        (303, {"update": "c", "updates": [{"q": {"$where": "1"}, "u": {"a": 1}}]}),
        (303, {"update": "c", "updates": [{"q": {}, "u": {"$pushAll": {"a": [1]}}}]}),
        (303, {"update": "c", "updates": [{"q": {}, "u": {"$pull": {"a": {"$where": "1"}}}}]}),
        (303, {"update": "c", "updates": [{"q": {}, "u": {"$set": {"a": 1}}, "collation": {"locale": "en"}}]}),
        (303, {"delete": "c", "deletes": [{"q": {"$where": "1"}}]}),
        (304, {"aggregate": "c", "pipeline": [{"$facet": {}}]}),
        (304, {"aggregate": "c", "pipeline": [{"$setWindowFields": {}}]}),
        (304, {"aggregate": "c", "pipeline": [{"$merge": "d"}]}),
        (304, {"aggregate": "c", "pipeline": [{"$lookup": {"from": "d", "pipeline": [], "as": "e"}}]}),
        (303, {"aggregate": "c", "pipeline": [{"$match": {"$where": "1"}}]}),
        (303, {"aggregate": "c", "pipeline": [{"$group": {"_id": 1, "a": {"$stdDevPop": "$a"}}}]}),
        (303, {"aggregate": "c", "pipeline": [{"$project": {"a": {"$cond": [1, "$$REMOVE", 2]}}}]}),
        (303, {"createIndexes": "c", "indexes": [{"name": "a", "key": {"a": "hashed"}}]}),
        (303, {"createIndexes": "c", "indexes": [{"name": "a", "key": {"$**": 1}}]}),
        (303, {"createIndexes": "c", "indexes": [{"name": "a", "key": {"a": 1}, "hidden": True}]}),
        (67, {"createIndexes": "c", "indexes": [{"name": "a", "key": {"a": 1, "b": 1}, "expireAfterSeconds": 0}]}),
    ],
)
def test_what_one_of_the_versions_lacks_is_refused(expected: int, command: dict[str, Any]) -> None:
    assert code(**command) == expected


def test_a_refusal_is_an_error_of_the_protocol() -> None:
    refused = refusals.refusal({"aggregate": "c", "pipeline": [{"$facet": {}}]})
    assert refused is not None
    assert refused.document() == {"ok": 0.0, "code": 304, "errmsg": "Aggregation stage not supported: '$facet'"}


def test_the_lists_have_no_name_of_another_kind() -> None:
    for names in (supported.QUERY, supported.UPDATE, supported.STAGES, supported.EXPRESSIONS):
        assert all(name.startswith("$") and not name.startswith("$$") for name in names)
    assert not any(name.startswith("$") for name in supported.COMMANDS)
