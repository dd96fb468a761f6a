#!/usr/bin/env bash
# frouros 0.9.0: its Kuiper test for drift computes Kolmogorov and Smirnov's statistic, so it hardly ever alarms.
#
# Kuiper's statistic is the sum of the greatest distances of two distribution functions above and below each other;
# the test takes the greater of the two (scipy's ks_2samp) and gives it to the formula for the sum. p-values of samples
# without drift then average 0.8 instead of 0.5, and one pair in about 150 is called drifted at 5 %. astropy 8.0.2's
# kuiper_two, from which the formula comes, is right on the same samples.
# Seen 2026-11-30 on Linux with Python 3.11. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
  frouros==0.9.0 numpy==2.1.3 scipy==1.14.1 astropy==8.0.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
from astropy.stats import kuiper_two
from frouros.detectors.data_drift import KuiperTest
from scipy.stats import ks_2samp

chance = np.random.default_rng(1)
same_statistic, theirs, reference = 0, [], []
for _ in range(200):
    before, after = chance.normal(size=(2, 1000))
    detector = KuiperTest()
    detector.fit(X=before)
    result = detector.compare(X=after)[0]
    same_statistic += result.statistic == ks_2samp(before, after).statistic
    theirs.append(result.p_value)
    reference.append(kuiper_two(before, after)[1])
for name, values in {"frouros": theirs, "astropy": reference}.items():
    print(f"{name}: p averages {np.mean(values):.2f} without drift, {np.mean(np.less(values, 0.05)):.1%} below 5 %")
print(f"the statistic is Kolmogorov and Smirnov's in {same_statistic} of 200 pairs")
unchanged = same_statistic == 200 and np.mean(theirs) > 0.75 and 0.4 < np.mean(reference) < 0.6
print("as described" if unchanged else "changed")
sys.exit(0 if unchanged else 1)
PYTHON
