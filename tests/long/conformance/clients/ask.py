"""Sends each file to a URL with one of Python's HTTP clients, and prints a line for each: status, tab, answer.

``ask.py urllib3|requests|httpx URL FILE...``
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

HEADERS = {"content-type": "application/json"}


def asking(client: str) -> Callable[[str, bytes], tuple[int, str]]:
    """A function that sends a body to a URL, over one client with its defaults."""
    if client == "urllib3":
        import urllib3

        pool = urllib3.PoolManager()

        def ask(url: str, body: bytes) -> tuple[int, str]:
            answer = pool.request("POST", url, body=body, headers=HEADERS)
            return answer.status, answer.data.decode()

    elif client == "requests":
        import requests

        session = requests.Session()

        def ask(url: str, body: bytes) -> tuple[int, str]:
            answer = session.post(url, data=body, headers=HEADERS, timeout=60)
            return answer.status_code, answer.text

    else:
        import httpx

        one = httpx.Client(timeout=60)

        def ask(url: str, body: bytes) -> tuple[int, str]:
            answer = one.post(url, content=body, headers=HEADERS)
            return answer.status_code, answer.text

    return ask


if __name__ == "__main__":
    ask = asking(sys.argv[1])
    for file in sys.argv[3:]:
        status, answer = ask(sys.argv[2], Path(file).read_bytes())
        print(f"{status}\t{answer.strip()}")
