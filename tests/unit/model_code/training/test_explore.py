"""The exploratory analysis of a generated dataset with stories, publishers and times, and its parts alone."""

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from model_code.dataset_generator.generate_headlines import headlines
from model_code.training import explore
from model_code.training.data import conflicts, label_mapping, scripts
from model_code.training.data.rows import Row
from model_code.training.errors import TrainingError
from model_code.training.exploring import findings, lengths, page, publishers, stacked, terms, timeline
from model_code.training.fitting import tokenizer

START = datetime(2026, 3, 2, tzinfo=UTC).timestamp()
DAY = 86_400
HOSTILE = "<script>alert('Post & Co')</script>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """360 headlines: 120 stories of three texts, 20 days, one publisher whose name is markup, two bad rows."""
    path = tmp_path_factory.mktemp("eda") / "news.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["ID", "TITLE", "URL", "PUBLISHER", "CATEGORY", "STORY", "HOSTNAME", "TIMESTAMP"])
        for number, (text, label) in enumerate(headlines(360, seed=3)):
            publisher = HOSTILE if number % 4 else "Herald"
            moment = int(1000 * (START + number % 20 * DAY))
            writer.writerow([number, text, "u", publisher, label, f"s{number // 3}", "h", moment])
        writer.writerow([360, "", "u", "Herald", "Health", "s1", "h", int(1000 * START)])
        writer.writerow([361, "No label", "u", "Herald", "", "s1", "h", int(1000 * START)])
    return path


@pytest.fixture(scope="module")
def written(file: Path) -> dict[str, Path]:
    """The command's two files."""
    targets = {"html": file.with_name("page.html"), "json": file.with_name("analysis.json")}
    status = explore.main([str(file), "--html", str(targets["html"]), "--json", str(targets["json"]), "--terms", "5"])
    assert status == 0
    return targets


@pytest.fixture(scope="module")
def analysis(written: dict[str, Path]) -> dict:
    return json.loads(written["json"].read_text(encoding="utf-8"))


def test_the_analysis_counts_what_training_would_read(analysis):
    assert analysis["rows_read"] == 362 and analysis["rows_used"] == 360
    assert analysis["data"]["dropped"] == {"empty text": 1, "missing label": 1}
    assert sum(analysis["labels"].values()) == 360 == sum(analysis["split"].values())
    assert analysis["data"]["stories"] == 120 and "dropped_rows" not in analysis["data"]
    assert analysis["publishers"]["count"] == 2 and analysis["publishers"]["top"][0]["rows"] == 270
    assert analysis["time"]["unit"] == "day" and [each["rows"] for each in analysis["time"]["bins"]] == [18] * 20
    assert sum(analysis["lengths"]["words"]["histogram"]["counts"]) == 360
    assert analysis["leak"]["this_split_share"] == 0 < analysis["leak"]["random_split_share"]
    assert all(len(found) <= 5 for found in analysis["terms"]["labels"].values())
    assert analysis["scripts"] == {"Latin": 1.0}
    assert any("dropped: empty text 1; missing label 1" in sentence for sentence in analysis["findings"])


def test_labels_and_reasons_are_findings(analysis):
    data = {
        **analysis["data"],
        "dropped": {conflicts.OUTVOTED: 1, conflicts.TIED: 4, label_mapping.DROPPED: 2},
        "label_mapping": [
            {"label": "R & D", "becomes": "R&D", "rows": 1200},
            {"label": HOSTILE, "becomes": None, "rows": 2},
        ],
        "label_findings": ["15 rows have the label 'nan'."],
    }
    changed = {**analysis, "data": data}
    found = findings.sentences(changed)
    assert found[:3] == [
        "7 of 362 rows were dropped: conflicting label, outvoted 1; conflicting label, tied 4; "
        "label in data.labels.drop 2.",
        f"data.labels was applied: label 'R & D': 1,200 rows became 'R&D'; label {HOSTILE!r}: 2 rows left out.",
        "15 rows have the label 'nan'.",
    ]
    drawn = page.render({**changed, "findings": found}, {})
    assert "Labels changed by data.labels" in drawn and '<td class="">R&amp;D</td>' in drawn and "<script" not in drawn


def test_a_mapping_of_labels_is_applied(file, tmp_path):
    mapping, target = tmp_path / "labels.json", tmp_path / "analysis.json"
    mapping.write_text('{"drop": ["Health"]}', encoding="utf-8")
    assert explore.main([str(file), f"--labels={mapping}", "--json", str(target), "--terms", "1"]) == 0
    written = json.loads(target.read_text(encoding="utf-8"))
    assert "Health" not in written["labels"] and written["data"]["dropped"][label_mapping.DROPPED] > 10


def test_every_figure_is_a_picture_and_on_the_page(written, analysis):
    figures = explore.figures(analysis)
    assert {"balance", "words", "pieces", "pieces_by_label", "duplicates", "leak", "publishers", "time"} <= set(figures)
    page = written["html"].read_text(encoding="utf-8")
    for name, drawn in figures.items():
        assert ElementTree.fromstring(drawn).tag.endswith("svg"), name
        assert drawn in page, name


def test_the_page_loads_nothing_and_escapes_the_data(written):
    page = written["html"].read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page.partition("<title>")[0]
    assert "<script" not in page and "&lt;script&gt;" in page
    without_icon = page.replace('<link rel="icon" href="data:,">', "", 1)
    assert not re.search(r"""(src|href)\s*=|@import|url\(""", without_icon)


def test_a_notebook_gets_the_same_without_files(file, analysis):
    seen: list[tuple[str, int, int]] = []
    again = explore.analyse(file, term_count=5, report=lambda *step: seen.append(step))
    assert {name: again[name] for name in again if name != "seconds"} == {
        name: analysis[name] for name in analysis if name != "seconds"
    }
    assert [stage for stage, done, total in seen if done == total] == ["read", "lengths", "terms", "split", "leak"]


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (None, [], "news.csv: name a file or a folder with files: the file does not exist"),
        ("a,b\n1,2\n", [], "no column recognised as the text among: a, b"),
        ("a,b\n1,2\n", ["--text-column", "a"], "set --label-column to the name of the label column"),
        ("title,label\nx,y\n", [], ": every row has the same label 'y'"),
        ("title,label\nx,y\n", ["--html", "/nowhere/x.html"], "/nowhere/x.html cannot be written: the folder"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_1(tmp_path, capsys, content, arguments, sentence):
    path = tmp_path / "news.csv"
    if content is not None:
        path.write_text(content)
    assert explore.main([str(path), *arguments]) == 1
    text = capsys.readouterr().err
    assert sentence in text and text.count("\n") == 1 and "data.dataset" not in text


def rows(*texts: str, label: str = "A", **more: object) -> list[Row]:
    return [Row(text, label, line, **more) for line, text in enumerate(texts, 2)]  # type: ignore[arg-type]


def test_word_pieces_are_counted_with_a_given_tokenizer(tmp_path):
    texts = ["one two three"] * 3 + ["one two three four five six seven eight nine ten"]
    tokenizer.train(texts, vocab_size=300).save_pretrained(tmp_path)
    measured = lengths.measure(rows(*texts), base_model=tmp_path, report=lambda done, total: None)
    assert measured["tokenizer"]["name"] == tmp_path.name
    assert measured["words"]["median"] == 3 and measured["words"]["max"] == 10
    assert measured["pieces"]["min"] >= 5  # three words and the two ends
    assert measured["longer_than"]["512"] == 0
    with pytest.raises(TrainingError, match="does not hold a readable tokenizer"):
        lengths.measure(rows("x"), base_model=tmp_path / "nothing", report=lambda done, total: None)


def test_one_endless_text_does_not_flatten_the_histogram():
    texts = ["one two three four"] * 2000 + ["word " * 900]
    words = lengths.measure(rows(*texts), base_model=None, report=lambda done, total: None)["words"]
    assert words["max"] == 900 and words["histogram"]["edges"][-1] < 50
    assert sum(words["histogram"]["counts"]) == 2001


def test_log_odds_favour_what_one_label_uses_more():
    scores, odds = terms.log_odds(np.array([[90, 10, 50], [10, 90, 50]]))
    assert scores[0, 0] > 5 and scores[1, 0] == pytest.approx(-scores[0, 0])
    assert scores[0, 2] == pytest.approx(0, abs=1e-9) and odds[0, 0] > odds[0, 2]


def test_distinctive_terms_are_planted_ones_and_show_a_word_once():
    texts = [Row(f"the zebra crossing opens in town {number}", "A", number) for number in range(40)]
    texts += [Row(f"the harvest festival opens in town {number}", "B", number) for number in range(40)]
    found = terms.distinctive(texts, ["A", "B"], count=10)["labels"]
    for label, planted in (("A", {"zebra", "crossing"}), ("B", {"harvest", "festival"})):
        words = [word for each in found[label] for word in each["term"].split()]
        assert planted <= set(words) and len(words) == len(set(words)) and not {"opens", "town"} & set(words)
        assert found[label][0]["texts"] == 40 and found[label][0]["share"] == 1.0


@pytest.mark.parametrize(
    ("texts", "planted"),
    [
        (("奥运会今天开幕{}", "股票今天大跌{}"), ("奥运会", "股票")),
        (("क्रिकेट मैच आज {}", "शेयर बाज़ार आज {}"), ("क्रिकेट", "बाज़ार")),
        (("ฟุตบอลวันนี้{}", "ราคาทองวันนี้{}"), ("ฟุต", "ทอง")),
    ],
)
def test_distinctive_terms_are_words_in_other_scripts(texts, planted):
    data = [Row(texts[0].format(number), "A", number) for number in range(40)]
    data += [Row(texts[1].format(number), "B", number) for number in range(40)]
    found = terms.distinctive(data, ["A", "B"], count=12)["labels"]
    for label, word in zip("AB", planted, strict=True):
        assert any(word in each["term"] for each in found[label]), found[label]


def _about_scripts(texts: list[str], base_model: Path | None = None) -> str:
    counted = lengths.measure(rows(*texts), base_model=base_model, report=lambda done, total: None)
    said = findings._scripts(scripts.shares(texts), counted["tokenizer"])
    return " ".join(said).replace("\u00a0", " ")


def test_the_scripts_are_named_with_what_they_mean_for_the_model(tmp_path):
    hindi = ["आज बारिश होगी", "शेयर बाज़ार गिरा", "abcd मैच"] * 5
    english = tokenizer.train(["shares rise on trade news today"] * 4, vocab_size=300)
    english.save_pretrained(tmp_path / "english")
    said = _about_scripts(hindi)
    assert "letters are Devanagari 81 %, Latin 19 %." in said
    assert "The compact model learns its word pieces from these texts and can read Devanagari; a pretrained" in said
    said = _about_scripts(hindi, tmp_path / "english")
    assert "english does not know 7" in said
    assert "it was hardly trained on Devanagari. Take a multilingual encoder, or base_model: compact." in said
    tokenizer.train(hindi, vocab_size=64).save_pretrained(tmp_path / "letters")  # has hardly more than letters
    said = _about_scripts(hindi, tmp_path / "letters")
    assert re.search(r"letters spells Devanagari out, with \d\.\d word pieces for each letter: it was hardly", said)
    assert _about_scripts(["shares rise", "été"]) == ""


def test_texts_without_words_have_no_distinctive_terms():
    assert terms.distinctive(rows("1", "!", "?"), ["A"], count=3)["labels"] == {"A": []}


@pytest.mark.parametrize(
    ("days", "unit", "bins"), [(1, "hour", 25), (10, "day", 11), (100, "week", 15), (1000, "month", 33)]
)
def test_time_is_shown_in_steps_that_fit_the_span_with_empty_ones(days, unit, bins):
    first, last = rows("x", time=START), rows("y", time=START + days * DAY)
    counted = timeline.count([*first, *last, *rows("z")], ["A"])
    assert counted is not None and counted["unit"] == unit and len(counted["bins"]) == bins
    assert counted["rows_without"] == 1 and sum(each["rows"] for each in counted["bins"]) == 2
    assert timeline.count(first, ["A"]) is None


def test_publishers_are_none_where_no_row_has_one():
    assert publishers.count(rows("x"), ["A"]) is None
    mixed = rows(*"ab" * 10, publisher="P") + rows(*"cd" * 15, label="B", publisher="Q")
    counted = publishers.count(mixed, ["A", "B"])
    assert counted is not None
    assert [each["publisher"] for each in counted["top"]] == ["Q", "P"]
    assert counted["majority_share"] == 1.0 and counted["label_share"] == 0.6


def test_findings_name_what_stands_out(analysis):
    bins = [{"start": str(n), "rows": 10, "labels": {"A": 9 - n, "B": 1 + n}} for n in range(6)]
    changed = {
        **analysis,
        "labels": {"Large": 340, "Small": 20},
        "time": {"bins": bins},
        "leak": {"random_split_share": 0.2, "inflation": 0.03, "inflation_interval": [-0.01, 0.07]},
    }
    text = " ".join(findings.sentences(changed)).replace("\u00a0", " ")
    assert "Large has 17.0 times the rows of Small" in text and "texts of Small: its figures will have wide" in text
    assert "A goes from 80 % in the earlier half of the rows to 50 %" in text
    assert "without a measurable gain" in text


def test_findings_say_how_few_labels_there_are_and_how_many_would_help(tmp_path):
    path = tmp_path / "few.csv"
    rows = [(text, label) for text, label in headlines(60, seed=5)]
    path.write_text("title,category\n" + "".join(f'"{text}",{label}\n' for text, label in rows), encoding="utf-8")
    analysis = explore.analyse(path)
    text = " ".join(analysis["findings"])
    assert "Few labels: " in text and "twice as many labelled rows" in text and "test texts measure the model" in text


def test_many_labels_are_added_up_in_stacked_bars():
    labels = [f"l{number}" for number in range(9)]
    data = [("row", dict.fromkeys(labels, 2))]
    merged, kept = stacked.limited(data, labels)
    assert kept[-1] == stacked.OTHERS and len(kept) == 6 and merged[0][1][stacked.OTHERS] == 8
    for draw in (
        stacked.bars(title="t", data=data, labels=labels),
        stacked.columns(title="t", data=data, labels=labels, y_label="y"),
    ):
        assert "others" in draw and ElementTree.fromstring(draw).tag.endswith("svg")
