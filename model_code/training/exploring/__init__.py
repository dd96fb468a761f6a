"""The parts of the exploratory analysis: each takes rows and gives a JSON-ready dict."""
