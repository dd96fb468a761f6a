"""Tests the contract's page (GET /docs) in a real browser: its forms send real requests to the deployed API."""

import re

from playwright.sync_api import Browser, Locator, expect

from tests.e2e.cloud import Cloud
from tests.e2e.test_20_api import HEADLINE, LABELS
from tools.browser.console_page import NARROW, WAIT_MS, opened

expect.set_options(timeout=WAIT_MS)


def operation(page_or_box: Locator, text: str) -> Locator:
    """The opened box of a route."""
    box = page_or_box.filter(has=page_or_box.page.locator("summary", has_text=re.compile(text)))
    box.locator("summary").first.click()
    return box


def test_a_form_sends_its_request_and_shows_the_answer(deployed: Cloud, browser: Browser) -> None:
    status = deployed.status()
    with opened(browser, status["api_url"].rstrip("/") + "/docs", size=NARROW) as console:
        page = console.page
        boxes = page.locator("details.card")
        paths = page.locator("summary.operation code")
        expect(paths.first).to_be_visible()
        assert {"/v1/classify", "/v1/feedback", "/v1/requests/{id}", "/v1/stats", "/health"} <= set(
            paths.all_text_contents()
        )
        classify = operation(boxes, r"POST\s+/v1/classify")
        classify.locator("textarea").fill(f'{{"inputs": "{HEADLINE}"}}')
        classify.get_by_role("button", name="Send").click()
        expect(classify.locator(".output")).to_contain_text("401")
        expect(classify.locator(".output")).to_contain_text("urn:rubric:problem:key-missing")

        page.get_by_label("API key", exact=True).fill(status["api_key"])
        classify.get_by_role("button", name="Send").click()
        expect(classify.locator(".output .good")).to_contain_text("200")
        message = classify.locator(".output").inner_text()
        assert f"x-model-version: {status['model_version']}" in message
        assert any(f'"predicted_label": "{label}"' in message for label in LABELS)
        assert status["api_key"] not in message  # the curl line names the variable
        assert not console.overflows()
        assert console.complaints == [] and len(console.hosts) == 1
