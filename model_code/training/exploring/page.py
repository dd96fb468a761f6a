"""The analysis as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from model_code.training.drawing import charts
from model_code.training.exploring.figures import TERMS_OF

RARE = 0.001  # smaller shares are shown as below this
STYLE = """
:root{--page:#f4f5f7;--link:#0b5cad}
@media screen and (prefers-color-scheme:dark){:root{--page:#121316;--link:#6cb2f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--chart-text);font:16px/1.5 system-ui,sans-serif}
main{max-width:74rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem}
h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.25rem 0 .75rem;max-width:48rem}
.quiet{color:var(--chart-quiet)}
.small{font-size:.875rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1.25rem 0 0}
.facts div,figure,.card{background:var(--chart-surface);border:1px solid var(--chart-grid);border-radius:8px}
.facts div{padding:.6rem .8rem}
.facts b{display:block;font-size:1.35rem;line-height:1.3;font-variant-numeric:tabular-nums}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:1rem;align-items:start}
.grid.narrow{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr))}
figure,.card{margin:0;padding:.9rem 1rem;min-width:0;overflow-x:auto}
figcaption{font-weight:600;margin-bottom:.6rem}
ul.findings{margin:0;padding:0;list-style:none}
ul.findings li{padding:.55rem 0 .55rem 1.4rem;position:relative;max-width:60rem}
ul.findings li+li{border-top:1px solid var(--chart-grid)}
ul.findings li::before{content:"";position:absolute;left:.1rem;top:1.1rem;width:.5rem;height:.5rem;border-radius:50%;
background:var(--chart-1)}
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--chart-grid);vertical-align:top}
th{font-weight:600}
td.n,th.n{text-align:right}
td.n{white-space:nowrap}
td{overflow-wrap:break-word}
@media (min-width:48rem){figure.wide{grid-column:span 2}}
"""


def render(analysis: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    """A whole page: findings first, then the figures and tables behind them."""
    sections = [
        _head(analysis),
        _section("What to know before training", _findings(analysis["findings"])),
        _section("Labels", _grid(_figure(figures, "balance"), _balance(analysis))),
        _section(
            "Lengths",
            _paragraph(f"Word pieces: {analysis['lengths']['tokenizer']['name']}, with the start and end marks."),
            _grid(*(_figure(figures, name) for name in ("pieces", "words", "pieces_by_label")), _lengths(analysis)),
        ),
        _section(
            "Duplicates and the split",
            _paragraph(_split(analysis)),
            _grid(_figure(figures, "duplicates"), _figure(figures, "leak"), _examples(analysis), _dropped(analysis)),
        ),
        _terms(analysis, figures),
        _where_and_when(analysis, figures),
    ]
    title = f"{analysis['file']}: exploratory analysis"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        'img-src data:">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{charts.STYLE}{STYLE}</style></head><body><main>{''.join(sections)}</main></body></html>\n"
    )


def _head(analysis: Mapping[str, Any]) -> str:
    near = analysis["data"].get("near_duplicates") or {}
    leak = analysis.get("leak") or {}
    facts = [
        ("rows used", f"{analysis['rows_used']:,}"),
        ("labels", f"{len(analysis['labels']):,}"),
        ("word pieces, median", f"{analysis['lengths']['pieces']['median']:,}"),
        ("rows with a near duplicate", f"{near.get('rows', 0):,}"),
    ]
    if scripts := list(analysis.get("scripts") or {}):
        facts.append(("most used scripts" if len(scripts) > 1 else "script", escape(", ".join(scripts[:3]))))
    if leak.get("baseline_accuracy_this") is not None:
        facts.append(("TF-IDF + LinearSVC, this split", charts.percent(leak["baseline_accuracy_this"])))
    tiles = "".join(f"<div><b>{value}</b><span class='quiet small'>{name}</span></div>" for name, value in facts)
    return (
        f"<h1>{escape(analysis['file'])}</h1>"
        f'<p class="quiet">Exploratory analysis of {analysis["rows_read"]:,} rows; {escape(analysis["layout"])}; '
        f'SHA-256 {escape(analysis["sha256"][:16])}…</p><div class="facts">{tiles}</div>'
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>{''.join(parts)}"


def _paragraph(text: str) -> str:
    return f'<p class="quiet">{escape(text)}</p>' if text else ""


def _grid(*parts: str, narrow: bool = False) -> str:
    return f'<div class="grid{" narrow" if narrow else ""}">{"".join(parts)}</div>'


def _findings(findings: Sequence[str]) -> str:
    points = "".join(f"<li>{escape(sentence)}</li>" for sentence in findings)
    return f'<div class="card"><ul class="findings">{points}</ul></div>'


def _figure(figures: Mapping[str, str], name: str, *, wide: bool = False) -> str:
    if name not in figures:
        return ""
    title = figures[name].partition("<title")[2].partition(">")[2].partition("</title>")[0]
    kind = ' class="wide"' if wide else ""
    return f"<figure{kind}><figcaption>{title}</figcaption>{figures[name]}</figure>"


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numeric: Sequence[str] = ()) -> str:
    if not rows:
        return ""
    marks = ["n" if column in numeric else "" for column in columns]
    head = "".join(f'<th class="{mark}">{escape(column)}</th>' for column, mark in zip(columns, marks, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{mark}">{escape(cell)}</td>' for cell, mark in zip(row, marks, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="card"><h3>{escape(title)}</h3><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _balance(analysis: Mapping[str, Any]) -> str:
    labels, rows = analysis["labels"], analysis["rows_used"]
    pieces = analysis["lengths"]["pieces"]["labels"]
    ranked = sorted(labels, key=lambda label: (-labels[label], label))
    columns = ("Label", "Rows", "Share", "Mean pieces")
    cells = [
        [label, f"{labels[label]:,}", charts.percent(labels[label] / rows), f"{pieces[label]['mean']:.1f}"]
        for label in ranked
    ]
    return _table("Labels in numbers", columns, cells, numeric=columns[1:]) + _mapped(analysis)


def _mapped(analysis: Mapping[str, Any]) -> str:
    changed = analysis["data"].get("label_mapping") or []
    cells = [
        [each["label"], "(left out)" if each["becomes"] is None else each["becomes"], f"{each['rows']:,}"]
        for each in changed
    ]
    return _table("Labels changed by data.labels", ("In the file", "Here", "Rows"), cells, numeric=("Rows",))


def _lengths(analysis: Mapping[str, Any]) -> str:
    lengths = analysis["lengths"]
    names = {"mean": "mean", "median": "median", "p95": "95\u00a0%", "p99": "99\u00a0%", "max": "max"}
    cells = [
        [title, *(f"{lengths[kind][key]:,}" for key in names)]
        for kind, title in (("words", "words"), ("pieces", "word pieces"))
    ]
    table = _table("Lengths", ("", *names.values()), cells, numeric=tuple(names.values()))
    cutting = [limit for limit, share in lengths["longer_than"].items() if share]
    shown = list(lengths["longer_than"].items())[: len(cutting) + 1]
    cut = [
        [limit, charts.percent(share) if share >= RARE or not share else "< " + charts.percent(RARE)]
        for limit, share in shown
    ]
    columns = ("max_length", "texts cut")
    return table + _table("Texts that max_length cuts", columns, cut, numeric=columns[1:])


def _split(analysis: Mapping[str, Any]) -> str:
    counts, data, leak = analysis["split"], analysis["data"], analysis.get("leak") or {}
    summary = (
        f"Training would get {counts['train']:,} rows, validation {counts['valid']:,} and test {counts['test']:,}; "
        f"texts are kept together by {data.get('grouped_by', 'equal texts')}."
    )
    if data.get("stories") is not None:
        summary += f" There are {data['stories']:,} stories."
    if leak.get("method"):
        summary += f" Leak: {leak['method'].rstrip('.')}."
    return summary


def _examples(analysis: Mapping[str, Any]) -> str:
    data = analysis["data"]
    pairs = (data.get("near_duplicates") or {}).get("examples") or []
    near = _table("Examples of near duplicates", ("One text", "Another"), [list(map(str, pair[:2])) for pair in pairs])
    conflicts = (data.get("conflicts") or {}).get("examples") or []
    return near + _table("Texts with several labels", ("Text", "Labels"), [_conflict(each) for each in conflicts])


def _conflict(example: Any) -> list[str]:
    if isinstance(example, Mapping):
        labels = example.get("labels", "")
        listed = (
            ", ".join(f"{name} {count}" for name, count in labels.items())
            if isinstance(labels, Mapping)
            else ", ".join(map(str, labels))
        )
        return [str(example.get("text", "")), listed]
    text, *rest = example if isinstance(example, Sequence) and not isinstance(example, str) else [example]
    return [str(text), ", ".join(map(str, rest))]


def _dropped(analysis: Mapping[str, Any]) -> str:
    data = analysis["data"]
    lines = data.get("dropped_first_lines", {})
    rows = [
        [reason, f"{count:,}", ", ".join(map(str, lines.get(reason, [])))] for reason, count in data["dropped"].items()
    ]
    return _table("Dropped rows", ("Reason", "Rows", "First lines"), rows, numeric=("Rows",))


def _terms(analysis: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    drawn = [_figure(figures, name) for name in figures if name.startswith("terms: ")]
    if not drawn:
        return ""
    terms = analysis["terms"]
    method = f"{terms['method']}, in at least {terms['min_texts']} texts; each word is shown once, alone or in a pair."
    if len(analysis["labels"]) > TERMS_OF:
        method += f" The {TERMS_OF} largest labels."
    return _section(
        "Most distinctive terms of each label", _paragraph(method[0].upper() + method[1:]), _grid(*drawn, narrow=True)
    )


def _where_and_when(analysis: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    publishers, time = analysis.get("publishers"), analysis.get("time")
    sentences, names = [], []
    if publishers:
        names.append("publishers")
        sentences.append(
            f"{publishers['count']:,} publishers; the largest {len(publishers['top'])} have "
            f"{charts.percent(publishers['top_share'])} of the rows."
        )
    if time:
        names.append("time")
        sentences.append(f"From {time['from'].replace('T', ' ')} to {time['to'].replace('T', ' ')}.")
        if time["rows_without"]:
            sentences.append(f"{time['rows_without']:,} rows have no time.")
    if not names:
        return ""
    drawn = _grid(*(_figure(figures, name, wide=name == "time") for name in names))
    return _section(" and ".join(names).capitalize(), _paragraph(" ".join(sentences)), drawn)
