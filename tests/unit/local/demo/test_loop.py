"""What the loop reads in the answers of `rubric`."""

from local.demo.loop import steps
from tests.unit.ops.ab_tests.records import running


def test_the_models_differ_on_what_waits_for_a_label_as_well():
    assert steps.differing(running("no.....")) == 7
