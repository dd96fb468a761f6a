"""The requests to both containers, and the answers that each must give."""

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
MIB = 1024 * 1024
FAILING = "zzfails"  # the model of these tests cannot compute a text with this word

HEADLINES = [
    "Fed raises rates as inflation eases",
    "New vaccine cuts infections by half",
    "Star of the summer's biggest film goes home with an Oscar",
    "Telescope finds water on a distant planet",
]
ODD_TEXTS = {
    "accents": "Crème brûlée à la façon de l’Élysée: œuvre inachevée",
    "combining marks": "Cre\u0301me bru\u0302le\u0301e, Ʒ̷̢̛a̵lgo",
    "cjk": "東京の株価が上昇、円は下落 중앙은행 금리 인상",
    "right to left": "ارتفاع أسعار النفط \u202eהבנק העלה\u202c את הריבית",
    "emoji": "👩‍👩‍👧‍👦 🇪🇺 👍🏽 stocks 📈🚀",
    "beyond the basic plane": "𝔖𝔱𝔬𝔠𝔨𝔰 𐍈 𠜎 \U0010fffd",
    "not assigned, private, not characters": "a\u0378b\ue000c\uffffd\U0001fffee",
    "controls": "a\x00b\x01c\x7fd\u0085e\u200bf\ufeffg",
    "separators": "one\u2028two\u2029three\u00a0four\u3000five\tsix",
    "only marks": "\u0301\u0302\u0303",
    "only symbols": "?!… — «»",
    "an unknown word": "ﷺ꙰༒",
}


@dataclass(frozen=True)
class Case:
    """A request. status: of the answer; code: of its error; lines: how many an answer by line has."""

    name: str
    body: bytes
    content_type: str | None = JSON
    status: int = 200
    code: str = ""
    lines: int = 0

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def inputs(value: Any, *, escaped: bool = False) -> bytes:
    """The JSON body that asks for `value`."""
    return json.dumps({"inputs": value}, ensure_ascii=escaped).encode()


def json_lines(*values: Any) -> bytes:
    return b"".join(inputs(value) + b"\n" for value in values)


def csv_records(*texts: str) -> bytes:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([text] for text in texts)
    return written.getvalue().encode()


BAD_LINES = b"\n".join([inputs("fine"), b"{broken", b"", b'{"input": "x"}', inputs(3), inputs(["two", "texts"])])
QUOTES = 'She said "no", twice'

ANSWERED = [
    Case("single", inputs(HEADLINES[0])),
    Case("list of one", inputs(HEADLINES[:1])),
    Case("list of 64", inputs([f"{HEADLINES[n % 4]} {n}" * (1 + n % 5) for n in range(64)])),
    Case("2000 characters", inputs(("A headline that does not end " * 80)[:2000])),
    Case("2000 characters without a space", inputs("a" * 2000)),
    Case("2000 emoji", inputs("🚀" * 2000)),
    *(Case(f"unicode {name}", inputs(text)) for name, text in ODD_TEXTS.items()),
    Case("unicode all in a list", inputs(list(ODD_TEXTS.values()))),
    Case("unicode escaped", inputs(list(ODD_TEXTS.values()), escaped=True)),
    Case("byte order mark", b"\xef\xbb\xbf" + inputs(HEADLINES[1])),
    Case("more members", b'{"inputs": "a headline", "parameters": {"top_k": 1}}'),
    Case("no content type", inputs(HEADLINES[0]), None),
    Case("content type with a charset", inputs(ODD_TEXTS["accents"]), "application/json; charset=utf-8"),
    Case("content type in capitals", inputs(HEADLINES[0]), "Application/JSON"),
    Case("json lines", json_lines(*HEADLINES, HEADLINES), JSON_LINES, lines=5),
    Case("json lines without a final newline", json_lines(*HEADLINES).rstrip(), JSON_LINES, lines=4),
    Case("json lines of every kind of unicode", json_lines(*ODD_TEXTS.values()), JSON_LINES, lines=len(ODD_TEXTS)),
    Case("json lines with bad ones", BAD_LINES, JSON_LINES, lines=6),
    Case("json lines all bad", b"{\n[]\n", JSON_LINES, lines=2),
    Case("csv", "\n".join(HEADLINES).encode(), CSV, lines=4),
    Case("csv with quotes and newlines", csv_records("a, b", QUOTES, "two\nlines", "two\r\nmore"), CSV, lines=4),
    Case("csv with commas outside quotes", b"Rates up, stocks down\r\nand on\r\n", CSV, lines=2),
    Case("csv with an empty line", b"first\n\nthird\n", CSV, lines=3),
    Case("csv with a quote never closed", b'first\n"second\nthird\n', CSV, lines=3),
    Case("csv of every kind of unicode", csv_records(*ODD_TEXTS.values()), CSV, lines=len(ODD_TEXTS)),
]

REFUSED = [
    Case("empty text", inputs(""), status=400, code="invalid_inputs"),
    Case("blank text", inputs(" \u3000\n"), status=400, code="invalid_inputs"),
    Case("blank text in a list", inputs(["fine", ""]), status=400, code="invalid_inputs"),
    Case("empty list", inputs([]), status=400, code="empty_inputs"),
    Case("empty body", b"", status=400, code="invalid_json"),
    Case("empty csv", b"", CSV, status=400, code="empty_request"),
    Case("number for a text", inputs(3), status=400, code="invalid_inputs"),
    Case("null for a text", inputs(None), status=400, code="invalid_inputs"),
    Case("number in a list", inputs(["fine", 3]), status=400, code="invalid_inputs"),
    Case("object for a text", inputs({"text": "x"}), status=400, code="invalid_inputs"),
    Case("list for a body", b'["a headline"]', status=400, code="missing_inputs"),
    Case("another member", b'{"text": "a headline"}', status=400, code="missing_inputs"),
    Case("half a surrogate pair", b'{"inputs": "\\ud83d"}', status=400, code="invalid_inputs"),
    Case("broken json", b'{"inputs": "a headline"', status=400, code="invalid_json"),
    Case("deep json", b"[" * 100_000, status=400, code="invalid_json"),
    Case("a number without end", b'{"inputs": ' + b"9" * 10_000 + b"}", status=400, code="invalid_json"),
    Case("not utf-8", b'{"inputs": "caf\xe9"}', status=400, code="invalid_encoding"),
    Case("csv that is not utf-8", b"caf\xe9\n", CSV, status=400, code="invalid_encoding"),
    Case("plain text", b"a headline", "text/plain", status=415, code="unsupported_media_type"),
    Case("an image", b"\x89PNG\r\n\x1a\n", "image/png", status=415, code="unsupported_media_type"),
    Case("more than 6 MiB", inputs("a" * 6 * MIB), status=413, code="too_large"),
    Case("failing model", inputs(FAILING), status=500, code="internal_error"),
]

# The Java server refuses it before Python sees it, and says nothing.
HUGE = Case("8 MiB", inputs("a" * 8 * MIB), status=413)

# Which status the API gives its caller for an endpoint's error; any other code is a mistake of the API's own.
API_STATUS = {"invalid_inputs": 422, "empty_inputs": 422, "too_large": 413}
