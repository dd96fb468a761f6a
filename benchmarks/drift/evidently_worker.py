"""Verdicts of Evidently's own package, for `peers.agreement`; runs in an environment with evidently and pandas 2."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Reads pairs of windows from standard input; writes [text drifted, label drifted] for each."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    definition = DataDefinition(text_columns=["text"], categorical_columns=["label"])
    verdicts = []
    for reference, current in json.load(sys.stdin):
        old, new = (
            Dataset.from_pandas(pd.DataFrame(window), data_definition=definition) for window in (reference, current)
        )
        snapshot = Report([ValueDrift(column="text"), ValueDrift(column="label")]).run(new, old)
        text, label = (float(metric["value"]) for metric in snapshot.dict()["metrics"])
        verdicts.append([text > 0.55, label >= 0.1])
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main()
