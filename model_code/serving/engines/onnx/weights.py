"""Checks that an ONNX file's weights are finite, from the file itself: the servers do not have the onnx package.

It reads only the parts of protobuf's wire format and of onnx.proto that this needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

# Numbers of onnx.proto: fields by message, then TensorProto.DataType.
GRAPH = 7  # ModelProto
NODE, INITIALIZER, SPARSE_INITIALIZER = 1, 5, 15  # GraphProto
ATTRIBUTE = 5  # NodeProto
TENSORS, GRAPHS, SPARSE_TENSORS = (5, 10), (6, 11), (22, 23)  # AttributeProto: one, several
SPARSE_VALUES = 1  # SparseTensorProto
DATA_TYPE, FLOAT_DATA, INT32_DATA, NAME, RAW_DATA, DOUBLE_DATA = 2, 4, 5, 8, 9, 10  # TensorProto
FLOAT32, FLOAT16, FLOAT64, BFLOAT16 = 1, 10, 11, 16
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # of the wire format

VALUES_AT_ONCE = 1 << 16

Value = int | memoryview
Numbers = np.ndarray[tuple[int], np.dtype[np.floating]]


def check(path: Path) -> None:
    """ValueError names a tensor with a weight that is not finite, or says that the file is broken.

    A tensor of a single infinity passes: that is the value of a mask or a bound, not a weight.
    """
    if not path.stat().st_size:
        raise ValueError(f"{path.name} is empty")
    model = np.memmap(path, dtype=np.uint8, mode="r").data
    for graph in _parts(model, (GRAPH,)):
        for tensor in _tensors(graph):
            if not _finite(list(_numbers(tensor))):
                name = b"".join(_parts(tensor, (NAME,))).decode("utf-8", "replace") or "a constant"
                raise ValueError(f"{path.name}: {name} has values that are not finite")


def _tensors(graph: memoryview) -> Iterator[memoryview]:
    """All tensors of a graph and of the graphs inside its nodes."""
    yield from _parts(graph, (INITIALIZER,))
    for sparse in _parts(graph, (SPARSE_INITIALIZER,)):
        yield from _parts(sparse, (SPARSE_VALUES,))
    for node in _parts(graph, (NODE,)):
        for attribute in _parts(node, (ATTRIBUTE,)):
            yield from _parts(attribute, TENSORS)
            for sparse in _parts(attribute, SPARSE_TENSORS):
                yield from _parts(sparse, (SPARSE_VALUES,))
            for inner in _parts(attribute, GRAPHS):
                yield from _tensors(inner)


def _finite(parts: list[Numbers]) -> bool:
    if sum(part.size for part in parts) == 1:
        return not any(np.isnan(part).any() for part in parts)
    # In parts that stay in the core's cache.
    return all(
        np.isfinite(part[at : at + VALUES_AT_ONCE]).all()
        for part in parts
        for at in range(0, part.size, VALUES_AT_ONCE)
    )


def _numbers(tensor: memoryview) -> Iterator[Numbers]:
    """A tensor's numbers; nothing for integers, which are finite, or for numbers in another file."""
    kind, parts = 0, []
    for field, value in _fields(tensor):
        if field == DATA_TYPE and isinstance(value, int):
            kind = value
        elif field in (FLOAT_DATA, INT32_DATA, RAW_DATA, DOUBLE_DATA):
            parts.append((field, value))
    if kind in (FLOAT32, FLOAT16, FLOAT64, BFLOAT16):
        yield from (_decoded(kind, field, value) for field, value in parts)


def _decoded(kind: int, field: int, value: Value) -> Numbers:
    if field == INT32_DATA:  # 16-bit floats, each stored as an integer of its bits
        bits = [value] if isinstance(value, int) else list(_varints(value))
        halves = np.array(bits, dtype=np.uint64).astype("<u2")
    else:
        assert not isinstance(value, int)
        if field == FLOAT_DATA or (field == RAW_DATA and kind == FLOAT32):
            return np.frombuffer(value, dtype="<f4")
        if field == DOUBLE_DATA or (field == RAW_DATA and kind == FLOAT64):
            return np.frombuffer(value, dtype="<f8")
        halves = np.frombuffer(value, dtype="<u2")
    # bfloat16 is the upper half of a float32.
    return halves.view("<f2") if kind == FLOAT16 else (halves.astype("<u4") << 16).view("<f4")


def _parts(message: memoryview, numbers: tuple[int, ...]) -> Iterator[memoryview]:
    """The fields with one of these numbers that hold bytes."""
    for number, value in _fields(message):
        if number in numbers and not isinstance(value, int):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, Value]]:
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        wire = key & 7
        if wire == VARINT:
            number, at = _varint(message, at)
            yield key >> 3, number
            continue
        if wire == LENGTH:
            size, at = _varint(message, at)
        elif wire in (EIGHT_BYTES, FOUR_BYTES):
            size = 8 if wire == EIGHT_BYTES else 4
        else:
            raise ValueError("not an ONNX model: a field has an unknown wire type")
        if at + size > end:
            raise ValueError("not an ONNX model: a field is cut short")
        yield key >> 3, message[at : at + size]
        at += size


def _varints(packed: memoryview) -> Iterator[int]:
    at = 0
    while at < len(packed):
        number, at = _varint(packed, at)
        yield number


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """The integer at ``at``, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("not an ONNX model: a number is cut short")
