"""A model server for the tests: answers with its model's name and obeys commands in the request's body."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = (Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model" / "name.txt").read_text().strip()
TOGETHER = threading.Barrier(8)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def do_GET(self) -> None:
        self._send(200, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if body == "bad":
            self._send(400, b'{"error": "bad input"}')
        elif body == "die":
            os._exit(3)
        else:
            if body == "together":
                TOGETHER.wait(timeout=30)  # raises, and closes the connection, where the others do not come
            print(f"served {body}", flush=True)
            self._send(200, json.dumps({"model": NAME, "echo": body, "pid": os.getpid()}).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


if __name__ == "__main__":
    if NAME == "broken":
        sys.exit("this model cannot be loaded")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
