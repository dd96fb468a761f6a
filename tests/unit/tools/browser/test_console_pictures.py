"""Tests the packing of pictures."""

import struct
import zlib

from tools.browser import console_pictures


def test_a_picture_gets_smaller_and_stays_the_same():
    rows = b"".join(b"\0" + bytes(3 * 40) for _ in range(30))
    loose = zlib.compress(rows, 0)
    png = console_pictures._SIGNATURE + b"".join(
        console_pictures._chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", 40, 30, 8, 2, 0, 0, 0)),
            (b"tEXt", b"Software\0something"),
            (b"IDAT", loose[:100]),
            (b"IDAT", loose[100:]),
            (b"IEND", b""),
        )
    )
    small = console_pictures.smaller(png)
    assert len(small) < len(png) / 10
    assert b"tEXt" not in small
    start = small.index(b"IDAT") + 4
    assert zlib.decompressobj().decompress(small[start:]) == rows
