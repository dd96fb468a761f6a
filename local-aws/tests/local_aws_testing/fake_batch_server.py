"""A model server for the transform tests: answers each line in capitals and obeys commands in some lines."""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = (Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model" / "name.txt").read_text().strip()
SEEN: set[str] = set()
LOCK = threading.Lock()
GIVEN = {
    name: text for name, text in os.environ.items() if name.startswith(("SAGEMAKER_BATCH", "SAGEMAKER_MAX", "MY_"))
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        lines = body.removesuffix("\n").split("\n")
        if "bad" in lines:
            self._send(400, b'{"error": "line 1 is bad"}')
        elif "broken" in lines:
            self._send(500, b"the model broke")
        elif any(self._first(line) for line in lines if line.startswith("once")):
            self._send(503, b"overloaded")
        else:
            if "wait" in lines:
                time.sleep(600)
            self._send(200, "\n".join(map(self._answer, lines)).encode())

    def _first(self, line: str) -> bool:
        """Whether the line is seen for the first time."""
        with LOCK:
            new = line not in SEEN
            SEEN.add(line)
        return new

    def _answer(self, line: str) -> str:
        if line != "about":
            return line.upper()
        known = {
            "type": self.headers["Content-Type"],
            "accept": self.headers["Accept"],
            "pid": os.getpid(),
            "env": GIVEN,
        }
        return json.dumps(known)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        with LOCK:  # one line at a time, from any thread
            print(format % args, flush=True)


if __name__ == "__main__":
    if NAME == "broken":
        sys.exit("this model cannot be loaded")
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
