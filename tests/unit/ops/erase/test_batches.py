"""An erasure keeps the lines of batch files, because answers refer to them by position."""

from __future__ import annotations

import itertools

import pytest

from ops.erase import batches
from tests.unit.ops.erasures import left


@pytest.mark.parametrize(
    ("content", "kept", "result"),
    [
        ('{"inputs": "a", "id": 1}\n{"inputs": "Mary Smith, ill", "id": 2}\n',
         '{"inputs": "a", "id": 1}\n{"inputs": "[erased]", "id": 2}\n', 1),
        ('{"inputs": ["a", "Mary Smith, ill"]}', '{"inputs": ["a", "[erased]"]}', 1),
        ('a\n"Mary Smith, ill"\r\nb,c\n', 'a\n[erased]\r\nb,c\n', 1),
        ('{"file": "x", "line": 2, "input": "{\\"inputs\\": \\"Mary Smith, ill\\"}", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ('{"file": "x", "line": 2, "input": "\\"Mary Smith, ill\\"", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ("\n\n", "\n\n", 0),
        # Of an A/B test's replay: the keys beside the texts have none.
        ('["r1", 0, "Mary Smith"]\n["r2", 1, "Health"]\n', '["r1", 0, "Mary Smith"]\n["r2", 1, "Health"]\n', 0),
        # Commas that are part of the text.
        ('Mary Smith, ill\nMary Smith, ill, and more\n', '[erased]\nMary Smith, ill, and more\n', 1),
        ('\ufeffMary Smith, ill\r\na\rMary Smith, ill\rb', '\ufeff[erased]\r\na\r[erased]\rb', 2),
        # A text over several lines, and an unclosed quote.
        ('"Mary\nSmith, ill"\nb\n', '[erased]\n[erased]\nb\n', 1),
        ('"open\nMary Smith, ill\n', '"open\n[erased]\n', 1),
        # A name and another field with the same words stay, and so does unusual notation.
        ('{"Mary Smith, ill": 1, "inputs": "a", "by": "Mary Smith, ill"}\n',
         '{"Mary Smith, ill": 1, "inputs": "a", "by": "Mary Smith, ill"}\n', 0),
        ('{ "inputs":["\\ud800","Mary Smith, \\u0069ll"],"n":1e400 }\n',
         '{ "inputs":["\\ud800","[erased]"],"n":1e400 }\n', 1),
        ('{"inputs": "Mary Smith, ill", "inputs": "a"}\n', '{"inputs": "[erased]", "inputs": "a"}\n', 1),
        # Lines that the model refuses to read.
        ('{"text": "Mary Smith, ill"}\n', '{"text": "[erased]"}\n', 1),
        ('["Mary Smith, ill"]\n', '["[erased]"]\n', 1),
        ('{"inputs": "Mary Smith, ill", "n": ' + "9" * 5_000 + "}\n",
         '{"inputs": "[erased]", "n": ' + "9" * 5_000 + "}\n", 1),
        ('{"inputs": "Mary Smith, ill", ' + "[" * 5_000, '{"inputs": "[erased]", ' + "[" * 5_000, 1),
        ('{"inputs": "Mary Smith, ill\nb\n', '{"inputs": "[erased]"\nb\n', 1),
        # Texts of CSV that begin like JSON.
        ('{"quoted" words}, Mary Smith, ill\n', '{"quoted" words}, Mary Smith, ill\n', 0),
        ('{"file": "x", "line": 2, "input": "Mary Smith, ill", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        ('{"file": "x", "line": 2, "input": "{\\"text\\": \\"Mary Smith, ill\\"}", "error": {}}\n',
         '{"file": "x", "line": 2, "input": "[erased]", "error": {}}\n', 1),
        # Answers have labels, which may be the text's words.
        ('{"predicted_label": "Mary Smith, ill"}\n{"predictions": [{"labels": ["Mary Smith, ill"]}]}\n',
         '{"predicted_label": "Mary Smith, ill"}\n{"predictions": [{"labels": ["Mary Smith, ill"]}]}\n', 0),
        ("x" * 200_000 + '"\n"' + "y" * 200_000 + '"\nMary Smith, ill\n',
         "x" * 200_000 + '"\n"' + "y" * 200_000 + '"\n[erased]\n', 1),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_batch_file_keeps_its_lines(content, kept, result):
    assert left(batches.batch, content) == (kept.encode(), result)
