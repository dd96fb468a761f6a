"""Tests the texts that a load test sends."""

import pytest

from ops.errors import OpsError
from ops.load import texts


def test_generated_texts_repeat_and_have_many_lengths(tmp_path):
    sent = texts.generated(tmp_path, rows=300)
    assert sent == texts.generated(tmp_path, rows=300) and len(sent) == 300
    words = sorted(len(text.split()) for text in sent)
    assert words[0] < 8 and words[-1] > 60 and max(map(len, sent)) < texts.LONGEST


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\n \n", "has no texts"), (b"ok\n" + b"x" * 2001, "text 2 has 2001 characters"), (b"\xff", "is not UTF-8")],
)
def test_a_file_of_texts_that_cannot_be_sent_is_refused(tmp_path, content, words):
    file = tmp_path / "texts.txt"
    file.write_bytes(content)
    with pytest.raises(OpsError, match=words):
        texts.from_file(file)
    file.write_text("one\n\n two \n")
    assert texts.from_file(file) == ["one", "two"]
