"""Charts as SVG strings for a self-contained page, each with a title, a description and hints on its marks.

All take keyword-only ``title``, ``data``, ``x_label`` and ``y_label``, and read at 360 pixels' width. A page includes
STYLE once, for dark colours; without it a chart has the light ones. ``percent`` and ``short`` are values for ``form``.
"""

from model_code.training.drawing.bars import bar_chart, grouped_bars, histogram
from model_code.training.drawing.cells import heat_map
from model_code.training.drawing.intervals import interval_chart
from model_code.training.drawing.lines import line_chart, reliability_diagram
from model_code.training.drawing.svg import STYLE, percent, short

__all__ = [
    "STYLE",
    "bar_chart",
    "grouped_bars",
    "heat_map",
    "histogram",
    "interval_chart",
    "line_chart",
    "percent",
    "reliability_diagram",
    "short",
]
