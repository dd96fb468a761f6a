"""People label texts on the console page and through the API of a deployed environment; the ledger keeps it all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from contracts.logs import audit
from tests.e2e.cloud import Cloud
from tests.e2e.test_27_console import AXE, SIGHTS, violations
from tools.browser.console_page import Console, opened

TEXTS = ["Markets fall in the east", "Markets fall in the west", "A band tours the east", "A band tours the west"]
TEXTS += [f"Doctors study sleep, part {n}" for n in range(12)]


@pytest.fixture(scope="module")
def keys(deployed: Cloud) -> dict[str, str]:
    """By name: one that classifies, one that labels, and one with neither name's scope."""

    def make(name: str, *options: str) -> str:
        made = deployed.rubric("keys", "create", "--name", name, "--json", *options)
        return str(json.loads(made.stdout)["key"])

    return {
        "classifies": make("classifies"),
        "labels": make("labels", "--scopes", "label", "--trusted"),
        "admin": make("admin", "--scopes", "label,admin"),
    }


@pytest.fixture(scope="module")
def asked(deployed: Cloud, keys: dict[str, str]) -> dict[str, Any]:
    """A request with texts, of which the local environment samples half."""
    with deployed.api(key=keys["classifies"]) as api:
        answer = api.post("v1/classify", json={"inputs": TEXTS}).json()
    assert "request_id" in answer, answer
    return dict(answer)


@pytest.fixture
def console(browser: Browser, deployed: Cloud, keys: dict[str, str]) -> Iterator[Console]:
    with opened(browser, deployed.status()["console_url"]) as console:
        console.use(keys["labels"])
        yield console
        assert console.complaints == []
        assert console.most_at_once <= 3  # a label, more texts, and the health check


def own(queue: dict[str, Any], asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in queue["texts"] if one["request_id"] == asked["request_id"]]


def sampled(asked: dict[str, Any]) -> set[int]:
    return {n for n in range(len(TEXTS)) if audit.is_sampled(asked["request_id"], n, share=0.5)}


def test_the_queue_has_the_audit_sample_and_says_nothing_of_the_answers(
    deployed: Cloud, keys: dict[str, str], asked: dict[str, Any]
) -> None:
    with deployed.api(key=keys["labels"]) as api:
        queue = api.get("v1/queue", params={"limit": 100, "labeller": "first"}).json()
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    stored = (
        deployed.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=deployed.outputs("Data")["RequestLogTableName"],
            KeyConditionExpression="request_id = :day",
            ExpressionAttributeValues={":day": {"S": audit.partition(day)}},
        )
    )
    of_day = [item for page in stored for item in page["Items"]]
    drawn = {int(item["of_position"]["N"]) for item in of_day if item["of_request"]["S"] == asked["request_id"]}
    assert drawn == sampled(asked)
    found = own(queue, asked)  # others come first where the day has more than the queue holds
    assert {one["position"] for one in found if one["sample"] == "audit"} <= drawn
    assert "audit" in {one["sample"] for one in queue["texts"]}
    assert all(one["text"] == TEXTS[one["position"]] for one in found)
    assert "predicted_label" not in json.dumps(queue) and "confidence" not in json.dumps(queue)


def test_a_label_shows_the_answer_and_is_an_event_of_the_ledger(
    deployed: Cloud, keys: dict[str, str], asked: dict[str, Any]
) -> None:
    position = min(sampled(asked))
    predicted = asked["predictions"][position]["predicted_label"]
    other = next(label for label in asked["predictions"][position]["labels"] if label != predicted)
    body = {"request_id": asked["request_id"], "position": position, "label": other}
    with deployed.api(key=keys["labels"]) as api:
        ana = api.post("v1/labels", json={**body, "labeller": "ana"}).json()
        assert api.post("v1/labels", json={**body, "labeller": "ana"}).json() == ana
        ben = api.post("v1/labels", json={**body, "label": predicted, "labeller": "ben"}).json()
        assert (ana["predicted_label"], ana["agrees"], ben["agrees"], ana["sample"]) == (
            predicted,
            False,
            True,
            "audit",
        )
        stats = api.get("v1/labels", params={"labeller": "ana"}).json()
        hidden = api.get("v1/labels", params={"labeller": "cem"}).json()
    [conflict] = [one for one in stats["conflicts"] if one["request_id"] == asked["request_id"]]
    assert [one["label"] for one in conflict["labels"]] == [other, predicted]
    assert stats["agreement"]["texts"] >= 1 and hidden["conflicts"] == []
    table = deployed.outputs("Data")["LedgerTableName"]
    events = deployed.client("dynamodb").scan(TableName=table)["Items"]
    mine = [one for one in events if one.get("request_id", {}).get("S") == asked["request_id"]]
    assert sorted((one["labeller"]["S"], one["label"]["S"]) for one in mine) == [("ana", other), ("ben", predicted)]
    assert all(one["trusted"]["BOOL"] and one["text"]["S"] == TEXTS[position] for one in mine)


def test_a_key_without_the_scope_gets_no_text(deployed: Cloud, keys: dict[str, str], asked: dict[str, Any]) -> None:
    with deployed.api(key=keys["classifies"]) as api:
        for answer in (api.get("v1/queue"), api.get("v1/labels"), api.post("v1/labels", json={})):
            assert (answer.status_code, "`label`" in answer.json()["detail"]) == (403, True)


def start(console: Console, name: str) -> Locator:
    panel = console.open_tab("Label")
    panel.get_by_label("Your name or initials").fill(name)
    panel.get_by_role("button", name="Start labelling").click()
    expect(console.page.locator("#label-card")).to_be_focused()
    return panel


def test_one_key_a_label_and_back_again(console: Console, asked: dict[str, Any]) -> None:
    page, press = console.page, console.page.keyboard.press
    panel = start(console, "dee")
    text = page.locator("#label-text").inner_text()
    assert page.locator("#label-last").inner_text() == ""
    labels = panel.get_by_role("group", name="Labels").get_by_role("button").all_text_contents()
    assert labels == sorted(labels) and labels[0].startswith("1 ")
    with page.expect_response("**/v1/labels") as first:
        press("1")
    given = first.value.json()
    assert given["label"] == labels[0].removeprefix("1 ")
    expect(page.locator("#label-last")).to_contain_text(f"“{text[:40]}")
    expect(page.locator("#label-last")).to_contain_text("the model")
    expect(page.locator("#label-summary")).to_contain_text("1 text labelled since you started")
    expect(page.locator("#label-text")).not_to_have_text(text)
    press("Backspace")
    expect(page.locator("#label-text")).to_have_text(text)
    expect(page.locator("#label-note")).to_contain_text(f"You said {given['label']}.")
    with page.expect_response("**/v1/labels") as second:
        press("2")
    changed = second.value.json()
    assert (changed["first"], changed["replaced"]) == (given["label"], given["label"])
    expect(page.locator("#label-summary")).to_contain_text("1 text labelled since you started")
    left = page.locator("#label-text").inner_text()
    press("ArrowRight")
    expect(page.locator("#label-text")).not_to_have_text(left)
    expect(page.locator("#label-card")).to_be_focused()


def test_the_page_ends_when_the_queue_does_and_says_what_the_labels_say(
    console: Console, asked: dict[str, Any]
) -> None:
    page, left = console.page, 5

    def few(route: Route) -> None:
        """The first texts of the real queue: a busy day's would take minutes to label."""
        nonlocal left
        answer = route.fetch()
        queue = answer.json()
        queue["texts"] = queue["texts"][:left]
        left = 0
        route.fulfill(response=answer, json=queue)

    page.route("**/v1/queue?*", few)
    start(console, "eve")
    for _ in range(5):
        with page.expect_response("**/v1/labels"):
            page.keyboard.press("1")
        expect(page.locator("#label-summary")).not_to_contain_text("Loading")
    expect(page.locator("#label-summary")).to_contain_text("No other text is waiting for you.")
    figures = page.locator("#label-figures")
    expect(figures).to_contain_text("95 % interval")
    expect(figures.locator("progress")).to_be_visible()


def test_it_is_accessible_at_both_widths(console: Console, asked: dict[str, Any]) -> None:
    page = console.page
    start(console, "fay")
    page.evaluate(AXE.read_text("utf-8"))
    for (width, height), scheme in SIGHTS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        assert not console.overflows(), width
        assert violations(page) == [], f"{width}, {scheme}"


def test_a_key_that_may_not_label_is_told_so(console: Console, keys: dict[str, str]) -> None:
    console.use(keys["classifies"])
    alert = console.open_tab("Label").get_by_role("alert")
    expect(alert).to_contain_text("The labels cannot be shown. This request needs the scope `label`")


def test_hundreds_of_labels_are_found_by_typing(console: Console) -> None:
    page = console.page
    labels = [f"label {n:03d}" for n in range(151)]
    text = {"request_id": "r", "position": 0, "text": "One text", "sample": "audit", "shared": False, "label_list": 0}
    queue = {
        "since": "2026-11-20",
        "texts": [text, {**text, "position": 1, "text": "Another"}],
        "label_lists": [labels],
    }
    page.route("**/v1/queue?*", lambda route: route.fulfill(json=queue))
    given = {
        "label": "label 042",
        "predicted_label": "label 001",
        "agrees": False,
        "confidence": None,
        "sample": "audit",
        "trusted": True,
    }
    page.route("**/v1/labels", lambda route: route.fulfill(json=given))
    panel = console.open_tab("Label")
    panel.get_by_label("Your name or initials").fill("gus")
    panel.get_by_role("button", name="Start labelling").click()
    expect(panel.get_by_role("textbox", name="Label")).to_be_focused()
    page.keyboard.type("042")
    expect(panel.get_by_role("group", name="Labels").get_by_role("button")).to_have_count(1)
    with page.expect_request("**/v1/labels") as sent:
        page.keyboard.press("Enter")
    assert sent.value.post_data_json == {"request_id": "r", "position": 0, "label": "label 042", "labeller": "gus"}
    expect(page.locator("#label-last")).to_contain_text("you said label 042, the model said label 001.")
    expect(page.locator("#label-text")).to_have_text("Another")
