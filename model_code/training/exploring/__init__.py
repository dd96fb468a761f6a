"""The parts of the exploratory analysis: each returns a JSON-ready dict."""
