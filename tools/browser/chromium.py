#!/usr/bin/env python3
"""The Chromium of the console's tests and pictures: `python -m tools.browser.chromium` finds one, or installs one."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tools.common.attempt import attempt

VARIABLE = "RUBRIC_CHROMIUM"
ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT_DOWNLOADS = "https://cdn.playwright.dev"
INSTALL_SECONDS = 600
ANSWER_SECONDS = 30
CDN_SECONDS = 5


class BrowserError(Exception):
    """No Chromium exists and none could be installed; the message explains what to do."""


def find() -> str | None:
    """The path of a Chromium: from the variable, on the PATH, or Playwright's; None without one."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if not shutil.which(chosen):
            raise BrowserError(f"{VARIABLE} names {chosen}, which is not a program: correct it or unset it")
        return shutil.which(chosen)
    for name in ON_PATH:
        if path := shutil.which(name):
            return path
    return _of_playwright()


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if path and Path(path).exists() else None


def find_or_install() -> str:
    """Like find, but installs one if there is none. Raises BrowserError."""
    path = find()
    if path:
        return path
    reasons = []
    for name, commands in _ways().items():
        reasons.append(f"{name}: {_run(commands) or 'no program was installed'}")
        path = find()
        if path:
            return path
    why = "; ".join(reasons) or "Playwright's downloads cannot be reached, and only root may install packages"
    raise BrowserError(
        f"no Chromium was found and none could be installed ({why}): install one (Debian: apt-get install chromium) "
        f"or name its path in {VARIABLE}"
    )


def _ways() -> dict[str, list[list[str]]]:
    """Ways to install one here, by name, best first. Only root can install the libraries that it needs."""
    apt = shutil.which("apt-get") if os.geteuid() == 0 else None
    ways = {}
    if _cdn_answers():
        with_libraries = ["--with-deps"] if apt else []
        ways["playwright install"] = [[sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"]]
    if apt:
        ways["apt-get"] = [
            [apt, "update", "-qq"],
            [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"],
        ]
    return ways


def _cdn_answers() -> bool:
    """Whether Playwright's downloads can be reached: its own installer would try for minutes."""
    try:
        with urllib.request.urlopen(PLAYWRIGHT_DOWNLOADS, timeout=CDN_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _run(commands: list[list[str]]) -> str:
    """Run them one after another. Returns why the last one failed, in one line, or ""."""
    return next((why for each in commands if (why := attempt(each, who="browser", seconds=INSTALL_SECONDS))), "")


def starts(path: str) -> bool:
    """Whether the program answers with its version: one without its libraries does not."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=ANSWER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main(argv: list[str] | None = None) -> int:
    """The command; returns 0 if there is a Chromium that starts."""
    parser = argparse.ArgumentParser(prog="browser", description="Find a Chromium, or install one.")
    parser.add_argument("--quiet", action="store_true", help="print nothing if there is one")
    options = parser.parse_args(argv)
    try:
        path = find_or_install()
        if not starts(path):
            raise BrowserError(
                f"{path} does not start: run `{path} --version` to see why, or name another in {VARIABLE}"
            )
    except BrowserError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
