"""Tests the packing of the explored dataset's picture."""

import struct
import zlib

from tools.browser import eda_picture


def test_rare_colours_become_the_nearest_frequent_one():
    frequent = [bytes((level, 0, 0)) for level in range(256)]
    pixels = [colour for colour in frequent for _ in range(2)] + [b"\x07\x01\x00"] * 1
    rgba = b"".join(colour + b"\xff" for colour in pixels)
    picture = eda_picture.with_palette(len(pixels), 1, rgba)
    at = picture.index(b"IHDR") + 4
    assert struct.unpack(">IIBB", picture[at : at + 10]) == (len(pixels), 1, 8, 3)
    palette = picture[picture.index(b"PLTE") + 4 :][: 3 * 256]
    indexes = zlib.decompressobj().decompress(picture[picture.index(b"IDAT") + 4 :])[1:]
    shown = [palette[3 * index : 3 * index + 3] for index in indexes]
    assert shown == [*pixels[:-1], bytes((7, 0, 0))]
