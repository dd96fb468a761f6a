"""From the bytes of a text file to its lines."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from dataset_files.errors import FileError

# WHATWG's encoding standard reads both as Windows-1252.
_READ_AS = {"latin-1": "cp1252", "iso8859-1": "cp1252", "ascii": "utf-8"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDECODED = re.compile("[\udc80-\udcff]")
_C1 = re.compile("[\x80-\x9f]")
_C1_IN_UTF8 = re.compile(b"\xc2[\x80-\x9f]")
_BEGINNING = 4096  # bytes
_MANY = 8  # times the zero bytes: more than one byte in so many
_LOOKED_FOR = 100_000  # times, before the slower expression looks for the rest
_NOT_OF_FILES = ("idna", "punycode", "unicode_escape", "raw_unicode_escape")


@dataclass
class Decoded:
    """A file's text, as bytes in UTF-8 that are decoded where they are wanted.

    ``damaged``: a few lines have been met that hold bytes that are not of the encoding; ``undecoded`` finds them.
    """

    data: bytes
    file: str = ""
    damaged: bool = False

    @classmethod
    def of(cls, text: str, *, damaged: bool = False) -> Decoded:
        """The file that a text is."""
        return cls(text.encode("utf-8", "surrogateescape"), damaged=damaged)

    def text_of(self, part: bytes) -> str:
        """The text of whole lines of ``data``; FileError where it turns out that the file is not UTF-8."""
        try:
            return part.decode()
        except UnicodeDecodeError:
            if not self.damaged:
                _judge(self.with_line_feeds().data, self.file)
                self.damaged = True
            return part.decode("utf-8", "surrogateescape")

    @property
    def text(self) -> str:
        """The whole text."""
        return self.text_of(self.data)

    def with_line_feeds(self) -> Decoded:
        """The same with a line feed at each line's end.

        A carriage return alone ends a line only in a file that has more of them than of line feeds.
        """
        if b"\r" not in self.data:
            return self
        data = self.data.replace(b"\r\n", b"\n")
        alone = data.count(b"\r") > data.count(b"\n")
        return replace(self, data=data.replace(b"\r", b"\n") if alone else data)


def undecoded(text: str) -> bool:
    """Whether a line of a damaged file holds bytes that are not of the file's encoding."""
    return _UNDECODED.search(text) is not None


def known(encoding: str) -> bool:
    """Whether this is the name of an encoding of text."""
    try:
        name = codecs.lookup(encoding).name
        "a".encode(encoding)
    except (LookupError, ValueError):
        return False
    return name not in _NOT_OF_FILES


def decode(data: bytes, *, file: str, encoding: str = "") -> Decoded:
    """The text of a file. Without an ``encoding``: UTF-8, or what the byte order mark says.

    Single lines that are not UTF-8 are left to the caller, which counts them. FileError, with the first such line,
    where most lines beyond ASCII are not UTF-8: which encoding it is instead, is never guessed. That may only be
    found when the text of the line is wanted.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if marked == "utf-8-sig" or not marked:
        if encoding and not marked:
            return _as_told(data, encoding, file)
        return _utf8(data, file, marked)
    try:
        return _of(data.decode(marked))
    except UnicodeDecodeError as error:
        whole = data[: error.start]
        # A download that broke off in the middle of a character leaves all that precedes it.
        if error.start >= len(data) - 4:
            return _of(whole.decode(marked))
        raise FileError(
            file=file,
            line=1,
            problem=f"the file starts as {marked.upper()} but is damaged at byte {error.start:,}",
            remedy="save it again as UTF-8",
        ) from None


def raw_lines(text: str) -> list[str]:
    """The lines that ``Decoded.with_line_feeds`` makes, each with the end that it has."""
    alone = text.count("\r") - text.count("\r\n")
    if alone > text.count("\n"):
        return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _utf8(data: bytes, file: str, marked: str) -> Decoded:
    if not marked:
        _check_zeros(data[:_BEGINNING], file)
    while data.startswith(codecs.BOM_UTF8):  # some programs add one each time that they save the file
        data = data.removeprefix(codecs.BOM_UTF8)
    decoded = Decoded(data, file)
    if _has_c1(data):
        return Decoded.of(_without_c1(decoded.text), damaged=decoded.damaged)
    return decoded


def _check_zeros(beginning: bytes, file: str) -> None:
    """FileError for a file with so many zero bytes that it is not UTF-8."""
    zeros = beginning.count(b"\0")
    if not zeros or (zeros * _MANY <= len(beginning) and _is_utf8(beginning[: beginning.rfind(b"\n") + 1])):
        return
    if any(_seems(beginning, name) for name in ("utf-16-le", "utf-16-be")):
        raise FileError(
            file=file,
            line=1,
            problem="the file has zero bytes, so it is not UTF-8; perhaps it is UTF-16 without a byte order mark",
            remedy="set data.dataset.encoding (such as utf-16-le), or save the file as UTF-8",
        )
    raise FileError(
        file=file,
        line=1,
        problem="it is not a text file: it has zero bytes",
        remedy="save the data as CSV (UTF-8)",
    )


def _seems(beginning: bytes, encoding: str) -> bool:
    """Whether these bytes are text in an encoding of two bytes a character, perhaps cut off in the last one."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(beginning)
    except UnicodeDecodeError:
        return False
    return sum(letter.isprintable() or letter.isspace() for letter in text) * 20 >= len(text) * 19


def _has_c1(data: bytes) -> bool:
    at = data.find(b"\xc2")
    for _ in range(_LOOKED_FOR):
        if at < 0:
            return False
        if _C1_IN_UTF8.match(data, at):
            return True
        at = data.find(b"\xc2", at + 1)
    return at >= 0 and _C1_IN_UTF8.search(data, at) is not None


def _judge(data: bytes, file: str) -> None:
    """FileError unless nearly all lines beyond ASCII are UTF-8."""
    bad = good = 0
    for line in data.split(b"\n"):
        if not line.isascii():
            if _is_utf8(line):
                good += 1
            else:
                bad += 1
    if bad * 10 <= good:
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise FileError(
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
            problem=f"byte 0x{data[error.start]:02x} is not UTF-8; the file has another encoding",
            remedy="set data.dataset.encoding (windows-1252 for most Western European files), "
            "or save the file as UTF-8",
        ) from None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_told(data: bytes, encoding: str, file: str) -> Decoded:
    if not known(encoding):
        raise FileError(
            file=file,
            line=0,
            problem="the encoding set for it is not known",
            remedy="set data.dataset.encoding to the name of an encoding, such as utf-8, windows-1252 or utf-16-le",
        )
    name = codecs.lookup(encoding).name
    name = _READ_AS.get(name, name)
    if name == "utf-8":
        return _utf8(data, file, "")
    if name == "cp1252":  # five of its bytes stand for nothing, which the HTML standard reads as control characters
        text = data.decode("latin-1")
        return _of(text)
    try:
        return _of(data.decode(name))
    except UnicodeDecodeError as error:
        raise FileError(
            file=file,
            line=data.count(b"\n", 0, error.start) + 1,
            problem=f"byte 0x{data[error.start]:02x} is not of the encoding that is set for the file",
            remedy="set data.dataset.encoding to another one, or save the file as UTF-8",
        ) from None


def _of(text: str) -> Decoded:
    # UTF-7 can hold halves of surrogate pairs.
    return Decoded(_without_c1(text).encode("utf-8", "replace"))


def _without_c1(text: str) -> str:
    """Windows-1252's characters in place of the control characters as which Latin-1 reads them, as HTML has it."""
    if text.isascii() or not _C1.search(text):
        return text
    return _C1.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "ignore") or found[0], text)
