"""A model server for the tests of A/B tests: its model's name says which numbers at a text's end it gets wrong."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER = os.environ.get("SAGEMAKER_BASE_DIR")  # only of the server: a test reads LABELS
EVERY = int((Path(FOLDER) / "model" / "name.txt").read_text()) if FOLDER else 1
LABELS = ("Business", "Health", "Science")


def label(text: str) -> str:
    number = int(text.rsplit(" ", 1)[-1])
    return LABELS[(number + (number % EVERY == 0)) % len(LABELS)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answers = [self._answer(json.loads(line)["inputs"]) for line in body.splitlines() if line]
        self._send("\n".join(map(json.dumps, answers)).encode())

    def _answer(self, inputs: object) -> dict[str, object]:
        if isinstance(inputs, str):
            return {"predicted_label": label(inputs)}
        assert isinstance(inputs, list)
        return {"predictions": [{"predicted_label": label(text)} for text in inputs]}

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
