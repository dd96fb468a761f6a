"""Downloads that go on where they stopped, and count only if their content is what was promised."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ops.errors import UNREACHABLE, OpsError
from ops.mirror.transfers import Transfers

_BLOCK = 1 << 18
_SECONDS = 60.0  # without a byte
_ATTEMPTS = 4
_PARTIAL = ".part"
_NOT_TRIED_AGAIN = range(400, 500)


def fetch(
    url: str,
    target: Path,
    *,
    check: Callable[[Path], str],
    transfers: Transfers,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Write what is at `url` to a file. check: a clause with what is wrong with the content, or "".

    headers: for the address itself, not for one that it redirects to. Raises OpsError.
    """
    partial = target.with_name(target.name + _PARTIAL)
    target.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(_ATTEMPTS):
        try:
            _read(url, partial, headers=headers or {}, name=target.name, transfers=transfers)
            break
        except urllib.error.HTTPError as error:
            if error.code in _NOT_TRIED_AGAIN or attempt == _ATTEMPTS - 1:
                raise _failed(url, f"{error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            if attempt == _ATTEMPTS - 1:
                raise _failed(url, str(getattr(error, "reason", error))) from error
        time.sleep(2**attempt / 4)
    wrong = check(partial)
    if wrong:
        partial.unlink()
        raise OpsError(f"What {url} sends is not what is wanted: {wrong}. It was deleted: find out why first")
    partial.replace(target)


def read(url: str, *, headers: Mapping[str, str] | None = None) -> tuple[bytes, Mapping[str, str]]:
    """A small answer and its headers. Raises OpsError."""
    try:
        with urllib.request.urlopen(_request(url, headers or {}), timeout=_SECONDS) as answer:
            return answer.read(), dict(answer.headers.items())
    except urllib.error.HTTPError as error:
        raise _failed(url, f"{error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _failed(url, str(getattr(error, "reason", error))) from error


def _read(url: str, partial: Path, *, headers: Mapping[str, str], name: str, transfers: Transfers) -> None:
    """Add what is still lacking to the partial file. Raises OSError, HTTPException."""
    had = partial.stat().st_size if partial.is_file() else 0
    request = _request(url, headers)
    if had:
        request.add_header("Range", f"bytes={had}-")
    try:
        answer = urllib.request.urlopen(request, timeout=_SECONDS)
    except urllib.error.HTTPError as error:
        if had and error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # all of it is there; the check decides
        raise
    with answer:
        resumed = answer.status == http.client.PARTIAL_CONTENT
        length = answer.headers.get("Content-Length")
        expected = int(length) if length else None
        with (
            transfers.file("downloading", name, size=expected) as advance,
            partial.open("ab" if resumed else "wb") as file,
        ):
            count = 0
            while block := answer.read(_BLOCK):
                file.write(block)
                count += len(block)
                advance(len(block))
        if expected is not None and count < expected:
            raise OSError(f"the connection ended after {count:,} of {expected:,} bytes")


def _request(url: str, headers: Mapping[str, str]) -> urllib.request.Request:
    request = urllib.request.Request(url, headers={"User-Agent": "rubric-mirror"})
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    return request


def _failed(url: str, reason: str) -> OpsError:
    advice = "run the command again, it goes on where it stopped; without internet here, `--from` takes a folder"
    return OpsError(f"{urlsplit(url).hostname} does not send {url}: {reason}: {advice}", status=UNREACHABLE)
