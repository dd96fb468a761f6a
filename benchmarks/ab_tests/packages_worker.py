"""Figures of GrowthBook's and ville's own packages, for `peers.agreement`; runs in an environment that has both."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Reads cases from standard input; writes the sequential intervals' half widths and the evidence of each."""
    from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
    from gbstats.models.statistics import ProportionStatistic
    from ville import BernoulliTest

    cases = json.load(sys.stdin)
    widths = []
    for size, first, second in zip(cases["sizes"], *cases["means"], strict=True):
        arms = [ProportionStatistic(n=size, sum=round(mean * size)) for mean in (first, second)]
        test = SequentialTwoSidedTTest(*arms, SequentialConfig(difference_type="absolute"))
        low, high = test.confidence_interval
        widths.append((high - low) / 2)
    evidence = [float(BernoulliTest(0.5, alpha=0.05).fit(won).log_e_values_[-1]) for won in cases["won"]]
    print(json.dumps({"half_widths": widths, "log_evidence": evidence}))


if __name__ == "__main__":
    main()
