"""A real browser's pages can call the deployed API, and nothing else of the local AWS.

Every call here is harmless, and all but those of the deployed API must be refused.
"""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from local_aws_testing.server import Server, make_function, wait_for
from tools.browser import chromium
from tools.browser.console_page import launched

OTHER_SITE, REBOUND = "site.example", "rebound.example"
PAGE = "<!doctype html><title>a page</title><iframe id=frame name=frame></iframe><form id=form method=post></form>"
SERVES = f"""
def handler(event, context):
    cookies = {{"content-type": "text/html"}}
    return {{"statusCode": 200, "headers": cookies, "body": {PAGE!r}}}
"""


REFUSED = re.compile(
    r"local_aws\.gate\] (\d+) (\w+) '([^']*)', origin '([^']*)': The local AWS does not answer web pages"
)


@dataclass
class Site:
    """A page, and the local AWS's answers to its requests."""

    page: Page
    server: Server

    def statuses(self, script: str, *arguments: Any) -> list[int]:
        """Run a script on the page; the status of each answer of the local AWS meanwhile, as the browser saw it."""
        seen: list[int] = []

        def watch(response: Any) -> None:
            if f":{self.server.port}/" in response.url:
                seen.append(response.status)

        self.page.on("response", watch)
        self.page.evaluate(script, list(arguments))
        self.page.wait_for_timeout(300)
        self.page.remove_listener("response", watch)
        return seen

    def refused(self, script: str, *arguments: Any) -> list[str]:
        """The methods of the requests that the local AWS refused because a page sent them, by its own log."""
        log = self.server.folder / "server.log"
        start = log.stat().st_size
        self.page.evaluate(script, list(arguments))

        def found() -> list[re.Match[str]]:
            with log.open("rb") as file:
                file.seek(start)
                return list(REFUSED.finditer(file.read().decode()))

        wait_for(found, what="the gate's refusal", seconds=20)
        return [f"{match[1]} {match[2]}" for match in found()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if chromium.find() is None:
        pytest.skip("there is no Chromium: `python -m tools.browser.chromium` says why none could be installed")
    with launched(f"--host-resolver-rules=MAP {OTHER_SITE} 127.0.0.1, MAP {REBOUND} 127.0.0.1") as started:
        yield started


@pytest.fixture(scope="module")
def other_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A web server of another site's."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site.server_port
        site.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Logs no requests."""

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def site(browser: Browser, other_port: int, server: Server) -> Iterator[Site]:
    """A page of another site."""
    page = browser.new_page()
    page.goto(f"http://{OTHER_SITE}:{other_port}/")
    yield Site(page, server)
    page.close()


@pytest.fixture(scope="module")
def api(server: Server) -> str:
    """The URL of a deployed API that serves a page."""
    client, function = server.client("apigatewayv2"), make_function(server, "page", SERVES)
    made = client.create_api(Name="page", ProtocolType="HTTP")
    integration = client.create_integration(
        ApiId=made["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )
    target = f"integrations/{integration['IntegrationId']}"
    client.create_route(ApiId=made["ApiId"], RouteKey="$default", Target=target)
    client.create_stage(ApiId=made["ApiId"], StageName="$default", AutoDeploy=True)
    return f"{server.url}/_aws/execute-api/{made['ApiId']}/$default/"


def key_in_query(server: Server) -> str:
    return f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={server.access_key}/20260101/us-east-1/s3/aws4_request"


def made_by_pages(server: Server) -> list[str]:
    return [
        each["Name"] for each in server.client("s3").list_buckets()["Buckets"] if each["Name"].startswith("by-a-page")
    ]


NO_CORS = """async ([url, body]) => {
    const options = {mode: "no-cors", method: body ? "POST" : "GET"};
    if (body) options.body = new URLSearchParams(body);
    await fetch(url, options).catch(() => null);
}"""
CORS = """async ([url, method, headers]) => {
    window.read = await fetch(url, {method, headers}).then((answer) => answer.text()).catch(() => "unreadable");
}"""
IMAGE = "([url]) => new Promise((done) => { const i = new Image(); i.onload = i.onerror = done; i.src = url; })"
FORM = """([url, fields]) => {
    const form = document.getElementById("form");
    form.action = url; form.target = "frame";
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input"); input.name = name; input.value = value; form.append(input);
    }
    form.submit();
}"""
SANDBOXED = """([script]) => {
    const frame = document.getElementById("frame");
    frame.sandbox = "allow-scripts";
    frame.srcdoc = "<script>" + script + "<" + "/script>";
}"""
SOCKET = """([url]) => new Promise((done) => {
    const socket = new WebSocket(url);
    socket.onopen = () => { window.read = "open"; done(); };
    socket.onerror = () => { window.read = "refused"; done(); };
})"""
IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}


def test_a_page_of_another_site_gets_nothing(site: Site) -> None:
    """With and without the key: a page does not know it, and it would not help."""
    url, key = site.server.url, key_in_query(site.server)
    for query in ("", f"?{key}"):
        assert site.refused(NO_CORS, f"{url}/{query}", None) == ["403 GET"]
        assert site.refused(NO_CORS, f"{url}/{query}", IDENTITY) == ["403 POST"]
        assert site.refused(IMAGE, f"{url}/{query}") == ["403 GET"]
        assert site.refused(FORM, f"{url}/{query}", IDENTITY) == ["403 POST"]
        assert site.refused(CORS, f"{url}/{query}", "GET", {}) == ["403 GET"]
        assert site.page.evaluate("window.read") == "unreadable"
        # A request that is not simple has a preflight first, which has no key and is refused.
        assert site.refused(CORS, f"{url}/by-a-page{query}", "PUT", {"x-amz-acl": "private"}) == ["403 OPTIONS"]
        assert site.page.evaluate("window.read") == "unreadable"
    site.statuses(SOCKET, f"{url.replace('http', 'ws')}/_aws/execute-api/x/y?{key}")
    assert site.page.evaluate("window.read") == "refused"
    assert made_by_pages(site.server) == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_on_another_port_of_this_machine_is_another_site(site: Site, other_port: int, name: str) -> None:
    site.page.goto(f"http://{name}:{other_port}/")
    url = f"{site.server.url}/?{key_in_query(site.server)}"
    assert site.refused(NO_CORS, url, None) == ["403 GET"]
    assert site.refused(FORM, url, IDENTITY) == ["403 POST"]


def test_a_sandboxed_frame_whose_origin_is_null_gets_nothing(site: Site) -> None:
    script = f"fetch('{site.server.url}/?{key_in_query(site.server)}', {{mode: 'no-cors', method: 'POST', body: 'x'}})"
    assert site.refused(SANDBOXED, script) == ["403 POST"]


def test_a_link_of_another_site_leads_to_the_deployed_api_and_nowhere_else(site: Site, api: str) -> None:
    for url, status in ((api, 200), (f"{site.server.url}/?{key_in_query(site.server)}", 403)):
        with site.page.context.expect_page() as opened:
            site.page.evaluate("([url]) => { window.open(url, '_blank', 'noopener'); }", [url])
        page = opened.value
        page.wait_for_load_state()
        assert page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == status
        page.close()


def test_a_name_that_leads_here_is_not_ours(browser: Browser, server: Server, api: str) -> None:
    """DNS rebinding: for the browser all of it is one origin."""
    page = browser.new_page()
    for url in (server.url, api, f"{server.url}/_ministack/health"):
        answer = page.goto(url.replace("127.0.0.1", REBOUND))
        assert answer is not None
        assert (answer.status, "use that" in answer.text()) == (421, True)
    page.close()


def test_the_deployed_apis_own_page_is_no_way_in(browser: Browser, server: Server, api: str) -> None:
    """It has the control plane's origin; with the key it would still be a page."""
    page = browser.new_page()
    answer = page.goto(api)
    assert answer is not None
    assert answer.status == 200
    own = Site(page, server)
    assert own.statuses(CORS, api, "GET", {}) == [200]
    assert page.evaluate("window.read") == PAGE
    for query in ("", f"?{key_in_query(server)}"):
        assert own.refused(CORS, f"{server.url}/{query}", "GET", {}) == ["403 GET"]
        assert own.refused(NO_CORS, f"{server.url}/{query}", IDENTITY) == ["403 POST"]
        assert own.refused(CORS, f"{server.url}/by-a-page{query}", "PUT", {}) == ["403 PUT"]
        assert own.refused(FORM, f"{server.url}/{query}", IDENTITY) == ["403 POST"]
    assert made_by_pages(server) == []
    page.close()


def test_a_page_in_s3_that_its_user_opens_runs_nothing_and_shares_nothing(
    browser: Browser, server: Server, api: str
) -> None:
    """Its presigned URL contains the key, which the page could read."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket="pages")
    script = "<h1>hello</h1><script>document.title = 'ran'; localStorage.x = 1</script>"
    s3.put_object(Bucket="pages", Key="page.html", Body=script.encode(), ContentType="text/html")
    page = browser.new_page()
    answer = page.goto(s3.generate_presigned_url("get_object", Params={"Bucket": "pages", "Key": "page.html"}))
    assert answer is not None
    assert (answer.status, page.inner_text("h1"), page.title()) == (200, "hello", "")
    page.goto(api)
    assert page.evaluate("localStorage.length") == 0
    page.close()


def test_the_page_would_see_it_if_it_were_let_in(browser: Browser, server: Server, api: str) -> None:
    """The same scripts against a server that does answer pages: elsewhere it is the gate that stops answers."""
    page = browser.new_page()
    page.goto(api)
    own = Site(page, server)
    assert own.statuses(NO_CORS, api, IDENTITY) == [200]
    assert own.statuses(IMAGE, api) == [200]
    assert own.statuses(FORM, api, IDENTITY) == [200]
    assert json.dumps(page.evaluate("document.title")) == '"a page"'
    page.close()
