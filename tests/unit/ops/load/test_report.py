"""Tests Locust's report with the steps added."""

from ops.load import report
from tests.unit.ops.load.test_steps import step


def test_the_report_marks_the_knee_and_escapes_what_it_is_told():
    steps = [step(2, per_second=9), step(1, per_second=5)]
    page = report.with_steps(
        '<script>"<body>"</script><div id="root"></div>', title="a<b", sentences=["x & y"], steps=steps, knee=steps[0]
    )
    assert page.startswith('<script>"<body>"</script><style>') and page.endswith('</section><div id="root"></div>')
    assert "a&lt;b" in page and "x &amp; y" in page
    assert page.index("<td>1</td>") < page.index('<tr class="knee"><td>2</td>')
    assert report.with_steps("", title="t", sentences=[], steps=[], knee=None).startswith("<!doctype html>")
