"""A server on this machine that stands for PyPI, the Hugging Face hub and UCI, in their formats."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "12040accade4e8a0f71eabdb258fecc2e7e948be"
MODEL = f"tiny/bert@{COMMIT}"
WEIGHTS = b"weights" * 50_000


def wheel(name: str, version: str) -> bytes:
    """A wheel that pip installs."""
    info = f"{name}-{version}.dist-info"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return packed.getvalue()


def zipped(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


class Internet:
    """What the server has. cut: paths whose next answer ends after that many bytes; asked: (path, Range) of each."""

    def __init__(self) -> None:
        self.wheels = {"first": wheel("first", "1.0"), "second": wheel("second", "2.0")}
        self.model = {
            "config.json": b'{"model_type": "distilbert"}',
            "tokenizer.json": b"{}",
            "vocab.txt": b"[PAD]\n",
            "model.safetensors": WEIGHTS,
            "pytorch_model.bin": b"a pickle",
            "README.md": b"#",
        }
        self.archive = zipped(newsCorpora__csv="1\tStocks rise\n", readme__txt="")
        self.cut: dict[str, int] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.promised: dict[str, bytes] = {}  # what the hub's list says instead of what it sends
        self.url = ""

    def lock(self) -> str:
        """A lock of its wheels."""
        lines = [
            f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(self.wheels[name]).hexdigest()}\n"
            for name, version in (("first", "1.0"), ("second", "2.0"))
        ]
        return "# A comment.\n--require-hashes\n--only-binary :all:\n" + "".join(lines)

    def content(self, path: str) -> tuple[bytes, str]:
        """The answer's body and type; KeyError for no such path."""
        if match := re.fullmatch(r"/simple/(first|second)/", path):
            [version] = ["1.0" if match[1] == "first" else "2.0"]
            file = f"{match[1]}-{version}-py3-none-any.whl"
            page = f'<!DOCTYPE html><a href="/files/{file}">{file}</a>'
            return page.encode(), "text/html"
        if match := re.fullmatch(r"/files/(first|second)-.*\.whl", path):
            return self.wheels[match[1]], "application/octet-stream"
        if path == f"/api/models/tiny/bert/tree/{COMMIT}":
            return self._tree(first=True), "application/json"
        if path == "/next-page":
            return self._tree(first=False), "application/json"
        if path.startswith(f"/tiny/bert/resolve/{COMMIT}/"):
            return self.model[path.rsplit("/", 1)[1]], "application/octet-stream"
        if path == "/news.zip":
            return self.archive, "application/zip"
        raise KeyError(path)

    def _tree(self, *, first: bool) -> bytes:
        names = sorted(self.model)
        shown = names[:3] if first else names[3:]
        entries: list[dict[str, Any]] = [{"type": "directory", "oid": "0", "size": 0, "path": "onnx"}] if first else []
        for name in shown:
            body = self.promised.get(name, self.model[name])
            entry = {"type": "file", "size": len(body), "path": name}
            entry["oid"] = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
            if name.endswith((".safetensors", ".bin")):  # in Git LFS: Git has only a pointer
                digest = hashlib.sha256(body).hexdigest()
                entry |= {"oid": "0" * 40, "lfs": {"oid": digest, "size": len(body), "pointerSize": 134}}
            entries.append(entry)
        return json.dumps(entries).encode()


@contextmanager
def served() -> Iterator[Internet]:
    internet = Internet()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            internet.asked.append((self.path, self.headers.get("Range")))
            try:
                body, kind = internet.content(self.path)
            except KeyError:
                self.send_error(404)
                return
            begin = 0
            if wanted := self.headers.get("Range"):
                begin = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206 if begin else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body) - begin))
            if self.path.endswith(f"/tree/{COMMIT}"):
                self.send_header("Link", f'<{internet.url}/next-page>; rel="next"')
            self.end_headers()
            end = internet.cut.pop(self.path, None)
            self.wfile.write(body[begin:end])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    internet.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield internet
    finally:
        server.shutdown()
        server.server_close()
