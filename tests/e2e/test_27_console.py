"""Tests the console page in a real browser against the deployed API."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from environments import settings
from lambda_src.meta import served_contract
from tests.e2e.cloud import ROOT, Cloud
from tests.unit.lambda_src.meta.test_drift import REPORT as DRIFT_REPORT
from tools.browser.console_page import NARROW, WAIT_MS, WIDE, Console, opened

expect.set_options(timeout=WAIT_MS)
AXE = ROOT / "node_modules/axe-core/axe.min.js"
TEXTS = [
    "Central bank raises interest rates as inflation worries investors",
    "Doctors report new vaccine trial against the flu",
    "Film festival opens with a star-studded premiere",
]
SECTIONS = ["Classify", "Requests", "Statistics", "Model", "Drift", "Use it from code"]
# The colours of all four are computed in tests/unit/lambda_src/meta/test_console_colours.py.
SIGHTS: list[tuple[tuple[int, int], Literal["light", "dark"]]] = [(WIDE, "light"), (NARROW, "dark")]
Key = Callable[..., str]


@pytest.fixture(scope="module")
def status(deployed: Cloud) -> dict[str, Any]:
    return deployed.status()


@pytest.fixture
def console(browser: Browser, status: dict[str, Any]) -> Iterator[Console]:
    """The page in a separate session; nothing refused, nothing from other hosts, few requests."""
    with opened(browser, status["console_url"]) as console:
        yield console
        assert console.complaints == []
        assert console.hosts == {status["console_url"].split("/")[2]}
        assert console.most_at_once <= 2


@pytest.fixture(scope="module")
def key(deployed: Cloud) -> Key:
    """Makes an unused key."""

    def make(*options: str) -> str:
        made = deployed.rubric("keys", "create", "--name", "console", "--json", *options)
        return str(json.loads(made.stdout)["key"])

    return make


@pytest.fixture
def new_key(key: Key) -> str:
    """One without any requests."""
    return key()


def results(page: Page) -> Locator:
    return page.locator("#results > li")


def test_classify(console: Console, status: dict[str, Any]) -> None:
    page = console.page
    expect(page.locator("#environment")).to_have_text("local")
    expect(page.locator("#health")).to_have_text(f"Healthy: {status['model_version']}")
    console.use(status["api_key"])
    with page.expect_response("**/v1/classify") as answered:
        console.classify(*TEXTS)
    answer = answered.value.json()
    expect(results(page)).to_have_count(len(TEXTS))
    expect(page.locator("#summary")).to_contain_text(
        f"3 headlines by {status['model_version']}: {answer['latency_ms']:g} ms"
    )
    for item, text, prediction in zip(results(page).all(), TEXTS, answer["predictions"], strict=True):
        expect(item.locator(".text")).to_have_text(text)
        expect(item.locator(".answer .label")).to_have_text(prediction["predicted_label"])
        row = dict(zip(prediction["labels"], prediction["probabilities"][0], strict=True))
        best = sorted(row, key=lambda label: -row[label])
        assert item.locator("tbody th").all_text_contents() == best
        percentages = [float(cell.removesuffix(" %")) for cell in item.locator("td.value").all_text_contents()]
        assert percentages == pytest.approx([row[label] * 100 for label in best], abs=0.051)
        filled, track = item.locator(".fill").first.bounding_box(), item.locator(".track").first.bounding_box()
        assert filled and track
        assert filled["width"] / track["width"] == pytest.approx(row[best[0]], abs=0.02)


def test_without_a_key_each_section_asks_for_one(console: Console) -> None:
    page = console.page
    console.classify(*TEXTS)
    expect(page.get_by_role("alert")).to_have_text("Type your API key first.")
    expect(page.get_by_label("API key", exact=True)).to_be_focused()
    for name in ("Requests", "Statistics", "Model"):
        expect(console.open_tab(name)).to_contain_text("Type your API key above")
    expect(console.open_tab("Use it from code")).to_contain_text("YOUR_API_KEY")


def test_nothing_to_classify_is_said(console: Console, status: dict[str, Any]) -> None:
    console.use(status["api_key"])
    console.classify("  ")
    expect(console.page.get_by_role("alert")).to_have_text("Type at least one headline.")
    console.classify(*["text"] * 65)
    expect(console.page.get_by_role("alert")).to_have_text("There are 65 headlines; send at most 64 at once.")


def test_a_bad_key_is_said_with_the_requests_id(console: Console, status: dict[str, Any]) -> None:
    page, good = console.page, status["api_key"]
    console.use(good[:-1] + ("a" if good[-1] != "a" else "b"))
    with page.expect_response("**/v1/classify") as answered:
        console.classify(*TEXTS)
    problem = answered.value.json()
    expect(page.locator("#error")).to_contain_text(problem["detail"])
    expect(page.locator("#error")).to_contain_text(f"Status 401, request {problem['request_id']}")
    expect(page.get_by_label("API key", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(results(page)).to_have_count(0)
    console.use(good)
    console.classify(TEXTS[0])
    expect(results(page)).to_have_count(1)
    expect(page.locator("#error")).to_be_hidden()


def test_a_key_for_classifying_alone_is_told_so_where_the_rest_would_be(console: Console, key: Key) -> None:
    page = console.page
    console.use(key("--scopes", "classify"))
    for name, lead in (
        ("Requests", "The request log cannot be shown."),
        ("Statistics", "The statistics cannot be shown."),
        ("Model", "The model cannot be shown."),
    ):
        alert = console.open_tab(name).get_by_role("alert")
        expect(alert).to_contain_text(f"{lead} This request needs the scope `read`")
    console.open_tab("Classify")
    console.classify(TEXTS[0])
    results(page).get_by_role("button", name="Health").click()
    expect(results(page).get_by_role("status")).to_contain_text("Not saved: This request needs the scope `feedback`")


@contextmanager
def hurried(cloud: Cloud, key: str) -> Iterator[None]:
    """Another caller uses the key all the time, which exceeds its rate even on a slow machine."""
    done = threading.Event()

    def ask() -> None:
        with cloud.api(key=key) as api:
            while not done.is_set():
                api.get("v1/stats")

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            yield
        finally:
            done.set()
    for one in asking:
        one.result()


def test_over_its_rate_the_page_says_how_long_to_wait(console: Console, key: Key, deployed: Cloud) -> None:
    page, slow = console.page, key("--rate", "1", "--burst", "1")
    console.use(slow)
    with hurried(deployed, slow):
        for _ in range(20):
            with page.expect_response("**/v1/classify") as answered:
                console.classify(TEXTS[0])
            if answered.value.status == 429:
                break
    assert answered.value.status == 429
    expect(page.locator("#error")).to_contain_text("This key has exceeded its request rate.")
    expect(page.locator("#error .wait")).to_have_text("You can try again now.")
    page.wait_for_timeout(1000)  # the others were using it until now
    console.classify(TEXTS[0])
    expect(results(page)).to_have_count(1)


def test_the_statistics_leave_a_slow_key_its_rate(console: Console) -> None:
    page, asked = console.page, []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        body = {"type": "urn:rubric:problem:rate-exceeded", "detail": "Too fast.", "request_id": "abc", "status": 429}
        route.fulfill(status=429, headers={"retry-after": "30"}, json=body)

    page.route("**/v1/stats?*", refuse)
    console.use("rk_any")
    stats = console.open_tab("Statistics")
    expect(stats.get_by_role("alert")).to_contain_text("The statistics cannot be shown. Too fast.")
    expect(stats).to_contain_text("Live: refreshed every 30 s.")
    assert len(asked) == 1


@pytest.mark.parametrize(("remaining", "reset", "seconds"), [("399", "1", 5), ("1", "1", 10), ("50", "3000", 600)])
def test_looking_takes_no_more_than_a_tenth_of_what_is_left(
    console: Console, remaining: str, reset: str, seconds: int
) -> None:
    page, at = console.page, "2026-11-20T21:40:00.000Z"
    counts = {"texts": 0, "failed": 0, "labels": {}, "mean_confidence": None, "confidences": [0] * 10, "hours": []}
    times = {"since": at, "until": at, "complete": True, "counted_since": at}
    stats = {**counts, **times, "feedback": {"texts": 0, "correct": 0, "accuracy": None}}
    headers = {"ratelimit-limit": "400", "ratelimit-remaining": remaining, "ratelimit-reset": reset}
    page.route("**/v1/stats?*", lambda route: route.fulfill(json=stats, headers=headers))
    console.use("rk_any")
    expect(console.open_tab("Statistics")).to_contain_text(f"Live: refreshed every {seconds} s.")


def test_a_model_of_many_labels(console: Console) -> None:
    page = console.page
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    labels = [f"Quite a long label {number}" for number in range(12)]
    prediction = {"predicted_label": labels[0], "labels": labels, "probabilities": [[0.45] + [0.05] * 11]}
    answer = {"predictions": [prediction], "model_version": "1", "request_id": "abc", "latency_ms": 1}
    figures = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 10}
    evaluation = {
        "accuracy": 0.5,
        "macro_f1": 0.5,
        "per_class": dict.fromkeys(labels, figures),
        "confusion_matrix": [[1] * 12] * 12,
    }
    dataset = {"counts": {"train": 1}}
    model = {"model_version": "1", "labels": labels, "base_model": "x", "created": "2026-11-20T21:40:00Z"}
    page.route("**/v1/classify", lambda route: route.fulfill(json=answer))
    page.route("**/v1/feedback", lambda route: route.fulfill(json={"label": labels[7], "correct": False}))
    described = {**model, "dataset": dataset, "evaluation": evaluation}
    page.route("**/v1/model", lambda route: route.fulfill(json=described))
    console.use("rk_any")
    console.classify(TEXTS[0])
    expect(results(page).locator("summary")).to_have_text("4 other labels")
    results(page).get_by_label("The correct label").select_option(labels[7])
    with page.expect_request("**/v1/feedback") as asked:
        results(page).get_by_role("button", name="Save").click()
    assert asked.value.post_data_json == {"request_id": "abc", "position": 0, "label": labels[7]}
    expect(results(page).locator("ins")).to_have_text(labels[7])
    assert not console.overflows()
    expect(console.open_tab("Model").locator(".confusion tbody tr")).to_have_count(12)
    assert not console.overflows()


def test_a_model_of_hundreds_of_labels(console: Console) -> None:
    page, count, at = console.page, 151, "2026-11-20T21:40:00.000Z"
    labels = [f"label {number:03d}" for number in range(count)]
    row = [0.4] + [0.6 / (count - 1)] * (count - 1)
    prediction = {"predicted_label": labels[0], "uncertain": True, "labels": labels, "probabilities": [row]}
    answer = {"predictions": [prediction], "model_version": "1", "request_id": "abc", "latency_ms": 1}
    matrix = [[10 if row == column else int(column == row + 1) for column in range(count)] for row in range(count)]
    model = {"model_version": "1", "labels": labels, "base_model": "x", "created": at, "dataset": {"counts": {}}}
    evaluation = {"accuracy": 0.5, "macro_f1": 0.5, "per_class": {}, "confusion_matrix": matrix}
    counts = {"texts": 151, "failed": 0, "uncertain": 30, "labels": dict.fromkeys(labels, 1), "mean_confidence": 0.4}
    times = {"since": at, "until": at, "complete": True, "counted_since": at}
    stats = {**counts, **times, "confidences": [0] * 9 + [151], "hours": [], "feedback": {"texts": 0, "accuracy": None}}
    page.route("**/v1/classify", lambda route: route.fulfill(json=answer))
    page.route("**/v1/stats?*", lambda route: route.fulfill(json=stats))
    page.route("**/v1/model", lambda route: route.fulfill(json={**model, "evaluation": evaluation}))
    console.use("rk_any")
    with page.expect_request("**/v1/classify") as asked:
        console.classify(TEXTS[0])
    assert asked.value.post_data_json == {"inputs": [TEXTS[0]], "top_k": 1000}
    expect(results(page).locator(".answer")).to_contain_text("40.0 %, uncertain")
    figures = console.open_tab("Statistics").locator("#stats-figures")
    expect(figures).to_contain_text("30 (19.9 %)")
    expect(figures.locator("#stats-other-labels summary")).to_have_text("131 other labels")
    figures.locator("#stats-other-labels summary").click()
    expect(figures.locator("#stats-other-labels tbody tr").last).to_be_visible()
    panel = console.open_tab("Model")
    expect(panel.locator(".figures caption")).to_have_text("Most frequent confusions (40 of 150)")
    expect(panel.locator(".confusion")).to_have_count(0)
    expect(page.locator("#requests-label option")).to_have_count(count + 1)


def test_no_more_than_two_requests_are_under_way(console: Console) -> None:
    page = console.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    prediction = {"predicted_label": "A", "labels": ["A", "B"], "probabilities": [[0.9, 0.1]], "model_version": "1"}
    answer = {"predictions": [prediction] * 4, "model_version": "1", "request_id": "abc", "latency_ms": 1}
    page.route("**/v1/classify", lambda route: route.fulfill(json=answer))
    page.route("**/v1/feedback", hold)
    expect(page.locator("#health")).to_contain_text("Healthy")
    console.use("rk_any")
    console.classify("1", "2", "3", "4")
    expect(results(page)).to_have_count(4)
    for item in results(page).all():
        item.get_by_role("button", name="Right").click()
    expect(page.get_by_text("Saving …")).to_have_count(4)
    for count in (2, 3, 4):
        for _ in range(100):
            if len(held) >= count:
                break
            page.wait_for_timeout(20)
        assert len(held) == count
        held[count - 2].fulfill(json={"label": "A", "correct": True})
        expect(page.get_by_text("Saved: the answer was right.")).to_have_count(count - 1)


def test_a_new_key_has_empty_sections(console: Console, new_key: str) -> None:
    console.use(new_key)
    requests = console.open_tab("Requests")
    expect(requests).to_contain_text("No requests in this period. Classify a headline to see it here.")
    expect(requests.locator("table")).to_have_count(0)
    stats = console.open_tab("Statistics")
    expect(stats).to_contain_text("No requests in this period. Classify a headline to see figures here.")
    expect(stats.locator("dd").first).to_have_text("0")


def test_feedback_in_one_click_and_the_log_and_its_filters(console: Console, new_key: str, deployed: Cloud) -> None:
    page, markup = console.page, "<img src=x onerror=alert(1)> bank & markets"
    console.use(new_key)
    with page.expect_response("**/v1/classify") as answered:
        console.classify(*TEXTS, markup)
    predicted = [one["predicted_label"] for one in answered.value.json()["predictions"]]
    labels = answered.value.json()["predictions"][0]["labels"]
    right = next(label for label in labels if label != predicted[0])

    first = results(page).nth(0)
    first.get_by_role("button", name=right).click()
    expect(first.get_by_role("status")).to_have_text(f"Saved: the correct label is {right}.")
    expect(first.locator(".answer .label")).to_have_text(f"{predicted[0]} corrected to {right}")
    expect(first.get_by_role("button", name=right)).to_have_attribute("aria-pressed", "true")
    second = results(page).nth(1)
    second.get_by_role("button", name="Right").click()
    expect(second.get_by_role("status")).to_have_text("Saved: the answer was right.")

    requests = console.open_tab("Requests")
    rows = requests.locator("tbody tr")
    expect(rows).to_have_count(4)
    assert set(rows.locator(".text").all_text_contents()) == {*TEXTS, markup}
    marked = rows.filter(has_text=TEXTS[0])
    expect(marked.locator("ins")).to_have_text(right)
    # It can be marked again, in the log too.
    marked.get_by_role("button", name="Right").click()
    expect(marked.get_by_role("status")).to_have_text("Saved: the answer was right.")
    expect(marked.locator("ins")).to_have_count(0)

    requests.get_by_label("Label", exact=True).select_option(predicted[1])
    expect(rows).to_have_count(predicted.count(predicted[1]))
    requests.get_by_label("Confidence", exact=True).select_option("0.5")
    few = [one for one in answered.value.json()["predictions"] if max(one["probabilities"][0]) <= 0.5]
    expected = [one for one in few if one["predicted_label"] == predicted[1]]
    expect(rows).to_have_count(len(expected))
    if not expected:
        expect(requests).to_contain_text("No request matches these filters.")

    with deployed.api(key=new_key) as api:
        assert api.post("v1/classify", json={"inputs": "bank or film", "threshold": 1}).json()["uncertain"] is True
    requests.get_by_label("Label", exact=True).select_option("")
    requests.get_by_label("Confidence", exact=True).select_option("")
    requests.get_by_label("Answers", exact=True).select_option("true")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(", uncertain")
    requests.get_by_label("Answers", exact=True).select_option("false")
    expect(rows).to_have_count(4)


def test_statistics_are_live(console: Console, new_key: str, deployed: Cloud) -> None:
    with deployed.api(key=new_key) as api:
        first = api.post("v1/classify", json={"inputs": [*TEXTS, "A fourth"]}).json()
        mark = {"request_id": first["request_id"], "label": first["predictions"][0]["predicted_label"]}
        assert api.post("v1/feedback", json=mark).status_code == 200
    console.use(new_key)
    stats = console.open_tab("Statistics")
    texts = stats.locator("dl div").filter(has_text="Texts").locator("dd")
    expect(texts).to_have_text("4")
    expect(stats.locator("dl")).to_contain_text("100.0 % of 1 marked")
    by_label = stats.get_by_role("table", name="Texts by label")
    by_confidence = stats.get_by_role("table", name="Texts by confidence")
    assert total(by_label) == total(by_confidence) == 4
    assert by_confidence.locator("tbody tr").count() == 10
    with deployed.api(key=new_key) as api:
        assert api.post("v1/classify", json={"inputs": TEXTS[0]}).status_code == 200
    expect(texts).to_have_text("5")
    assert total(by_label) == total(by_confidence) == 5
    stats.get_by_role("button", name="Pause").click()
    expect(stats).to_contain_text("Paused.")


def total(table: Locator) -> int:
    return sum(int(text.split(" ")[0]) for text in table.locator("td.value").all_text_contents())


def test_the_models_evaluation(console: Console, status: dict[str, Any]) -> None:
    console.use(status["api_key"])
    with console.page.expect_response("**/v1/model") as answered:
        section = console.open_tab("Model")
    model = answered.value.json()
    evaluation = model["evaluation"]
    expect(section).to_contain_text(model["model_version"])
    match = re.search(r"accuracy ([\d.]+) % on texts", section.inner_text())
    assert match and float(match[1]) == pytest.approx(evaluation["accuracy"] * 100, abs=0.051)
    matrix = section.get_by_role("table", name="Confusion matrix")
    shown = [
        [int(cell.split(" ")[0]) for cell in row.locator("td").all_text_contents()]
        for row in matrix.locator("tbody tr").all()
    ]
    assert shown == evaluation["confusion_matrix"]
    assert matrix.locator("tbody th").all_text_contents() == model["labels"]
    figures = section.get_by_role("table", name="Figures by label")
    for row in figures.locator("tbody tr").all():
        own = evaluation["per_class"][row.locator("th").inner_text()]
        matches = [float(cell) for cell in row.locator("td").all_text_contents()]
        assert matches == pytest.approx([own[name] for name in ("precision", "recall", "f1", "support")], abs=0.00051)


def test_the_examples_run_as_they_are_copied(console: Console, status: dict[str, Any], deployed: Cloud) -> None:
    page, awkward = console.page, """It's "50 % off": banks' $HOME `cuts` – naïve?"""
    console.use(status["api_key"])
    page.get_by_label("Headlines").fill(f"{TEXTS[0]}\n{awkward}")
    section = console.open_tab("Use it from code")
    copied = {}
    for name in ("curl", "Python", "JavaScript"):
        section.get_by_role("button", name=f"Copy the {name} example").click()
        expect(section.get_by_text("Copied.").last).to_be_visible()
        copied[name] = page.evaluate("navigator.clipboard.readText()")
        assert status["api_key"] in copied[name] and status["api_url"].rstrip("/") in copied[name]
    answer = json.loads(run(deployed, "bash", "-c", copied["curl"]))
    assert answer["predictions"][0]["predicted_label"] == "Business"
    python = run(deployed, sys.executable, "-c", copied["Python"])
    node = run(deployed, "node", "--input-type=module", "-e", copied["JavaScript"])
    for output in (python, node):
        assert output.startswith("Business") and awkward in output
    with deployed.api() as api:
        logged = api.get("v1/requests", params={"limit": 6}).json()["texts"]
    assert {one["text"] for one in logged} == {TEXTS[0], awkward}


def run(cloud: Cloud, *command: str) -> str:
    return cloud.run(*command, timeout=60).stdout


def test_every_section_at_both_widths_in_both_schemes(console: Console, new_key: str) -> None:
    """Nothing to scroll sideways, and nothing that axe objects to (WCAG 2.2 A and AA)."""
    page = console.page
    console.use(new_key)
    console.classify(*TEXTS, "W" * 300)
    expect(results(page)).to_have_count(4)
    page.evaluate(AXE.read_text("utf-8"))
    # A look has not seen drift yet: tests/long/demo/test_traffic_drift.py.
    page.route("**/v1/drift", lambda route: route.fulfill(json=DRIFT_REPORT))
    waited = {
        "Classify": "#results",
        "Requests": "#panel-requests tbody tr",
        "Statistics": "#panel-stats .columns",
        "Model": "#panel-model .confusion",
        "Drift": "#panel-drift .evidence",
        "Use it from code": "#panel-code pre",
    }
    for name in SECTIONS:
        console.open_tab(name)
        expect(page.locator(waited[name]).first).to_be_visible()
        for (width, height), scheme in SIGHTS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            assert not console.overflows(), f"{name} at {width}"
            assert all(width > 40 for width in drawn(page.locator(".track:visible")))
            assert violations(page) == [], f"{name} at {width}, {scheme}"


def drawn(tracks: Locator) -> list[float]:
    return [box["width"] if box else 0.0 for box in (track.bounding_box() for track in tracks.all())]


def violations(page: Page) -> list[str]:
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = page.evaluate(f"axe.run(document, {{ runOnly: {json.dumps(tags)} }})")
    return [
        f"{one['id']}: {one['nodes'][0]['html']} {one['nodes'][0]['failureSummary']}" for one in result["violations"]
    ]


def test_by_keyboard_alone(console: Console, status: dict[str, Any]) -> None:
    page, press = console.page, console.page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press("Enter")
    press("Tab")
    expect(page.get_by_label("API key", exact=True)).to_be_focused()
    page.keyboard.insert_text(status["api_key"])
    press("Enter")
    for _ in range(3):
        press("Tab")
    expect(page.get_by_role("tab", name="Classify")).to_be_focused()
    press("ArrowLeft")
    expect(page.get_by_role("tab", name="Use it from code")).to_be_focused()
    expect(page.locator("#panel-code")).to_be_visible()
    press("Home")
    press("Tab")
    expect(page.get_by_label("Headlines")).to_be_focused()
    page.keyboard.insert_text(TEXTS[0])
    press("Control+Enter")
    expect(results(page)).to_have_count(1)
    for _ in range(3):
        press("Tab")
    expect(results(page).get_by_role("button", name="Right")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    press("Enter")
    expect(results(page).get_by_role("status")).to_have_text("Saved: the answer was right.")


def test_offline_is_said(console: Console, status: dict[str, Any]) -> None:
    page = console.page
    console.use(status["api_key"])
    expect(page.locator("#health")).to_contain_text("Healthy")
    page.context.set_offline(True)
    console.classify(TEXTS[0])
    expect(page.get_by_role("alert")).to_have_text("You are offline.")
    expect(page.locator("#health")).to_have_text("You are offline")
    page.context.set_offline(False)
    expect(page.locator("#health")).to_contain_text("Healthy")


def with_scheme(page: Page, scheme: dict[str, Any]) -> None:
    """The contract of the API says another way to authenticate from here on."""

    def answer(route: Route) -> None:
        contract = route.fetch().json()
        contract["components"]["securitySchemes"] = {"other": scheme}
        route.fulfill(json=contract)

    page.route("**/openapi.json", answer)
    page.reload()


def test_where_tokens_are_asked_for(console: Console) -> None:
    page = console.page
    with_scheme(page, {"type": "openIdConnect", "openIdConnectUrl": "https://issuer.example"})
    token = page.get_by_label("Access token", exact=True)
    token.fill("abc.def")
    with page.expect_request("**/v1/classify") as asked:
        console.classify(TEXTS[0])
    assert asked.value.headers["authorization"] == "Bearer abc.def"
    assert "x-api-key" not in asked.value.headers
    expect(page.get_by_role("alert")).to_be_visible()
    expect(console.open_tab("Use it from code")).to_contain_text("authorization: Bearer abc.def")


def test_where_aws_signatures_are_asked_for(console: Console) -> None:
    page = console.page
    with_scheme(
        page, {"type": "apiKey", "in": "header", "name": "authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
    )
    expect(page.get_by_text("A web page cannot sign them")).to_be_visible()
    expect(page.get_by_label("API key", exact=True)).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(1)
    expect(page.locator("#panel-code")).to_contain_text("--aws-sigv4 'aws:amz:us-east-1:execute-api'")
    expect(page.locator("#panel-code")).to_contain_text("SigV4Auth")


def test_a_foundation_model_has_no_probabilities_and_no_evaluation(console: Console) -> None:
    page, labels = console.page, ["Business", "Health"]
    one = {"predicted_label": "Health", "labels": labels, "model_version": "nova"}
    answer = {
        "predictions": [one],
        "model_version": "nova",
        "backend": "bedrock",
        "request_id": "a",
        "latency_ms": 400.1,
    }
    page.route("**/v1/classify", lambda route: route.fulfill(json=answer))
    page.route(
        "**/v1/model",
        lambda route: route.fulfill(json={"model_version": "nova", "labels": labels, "backend": "bedrock"}),
    )
    console.use("rk_any")
    console.classify(TEXTS[1])
    expect(results(page)).to_contain_text("This model reports no probabilities.")
    expect(console.open_tab("Model")).to_contain_text("A foundation model answers. It was not evaluated here")


def test_the_page_speaks_of_another_tasks_texts(console: Console) -> None:
    words = settings.load("sentiment", root=ROOT).task
    assert words is not None
    contract = served_contract.text(auth="keys", issuer="", words=words.words.encoded())
    console.page.route("**/openapi.json", lambda route: route.fulfill(body=contract, content_type="application/json"))
    console.page.reload()
    texts = console.page.get_by_label("Reviews, one per line")
    expect(texts).to_have_attribute("lang", "de")
    console.page.get_by_role("button", name="Fill in examples").click()
    expect(texts).to_have_value(re.compile("^Die Kaffeemaschine"))
    expect(console.page.get_by_text("Sentiment of reviews", exact=True)).to_be_visible()
    for name in SECTIONS:
        section = console.open_tab(name)
        assert "headline" not in section.inner_text().lower(), name
