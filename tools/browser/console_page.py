"""The console page in a real browser, for the tests and for the documents' pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, sync_playwright

from tools.browser import chromium

WIDE, NARROW = (1440, 900), (360, 740)
WAIT_MS = 20_000  # the local AWS starts a process for a request that finds none idle


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A headless Chromium, without the sandbox and shared memory that containers and root lack."""
    path = chromium.find()  # before Playwright starts, as it may ask Playwright itself
    if path is None:
        raise chromium.BrowserError("no Chromium is installed: run `make browser`")
    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-dev-shm-usage", *arguments]
        started = playwright.chromium.launch(executable_path=path, args=args)
        try:
            yield started
        finally:
            started.close()


@dataclass
class Console:
    """The open page, with its console errors and the hosts that it called."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    most_at_once: int = 0
    _under_way: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme == "data":
            return
        self.hosts.add(url.netloc)
        if request.resource_type == "fetch":
            self._under_way.add(request)
        self.most_at_once = max(self.most_at_once, len(self._under_way))

    def _ended(self, request: Request) -> None:
        self._under_way.discard(request)

    def _heard(self, message: Any) -> None:
        # Chromium itself notes each answer that is an error, which some tests are about.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def use(self, key: str) -> None:
        self.page.get_by_label("API key", exact=True).fill(key)
        self.page.get_by_role("button", name="Use", exact=True).click()

    def open_tab(self, name: str) -> Locator:
        """The named section, opened."""
        self.page.get_by_role("tab", name=name).click()
        return self.page.get_by_role("tabpanel", name=name)

    def classify(self, *texts: str) -> None:
        self.page.get_by_label("Headlines").fill("\n".join(texts))
        button = self.page.get_by_role("button", name="Classify", exact=True)
        # While an answer is awaited the page takes no other.
        button.and_(self.page.locator(":not([aria-disabled])")).click()

    def overflows(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@contextmanager
def opened(
    browser: Browser, url: str, *, size: tuple[int, int] = WIDE, scheme: str = "light", scale: float = 1
) -> Iterator[Console]:
    """The page at `url` in a separate session."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=scale,
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        console = Console(context.new_page())
        console.page.goto(url)
        yield console
    finally:
        context.close()
