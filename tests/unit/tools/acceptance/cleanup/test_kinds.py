"""Tests the kinds of resources that are counted."""

from local.destroy import leftovers as of_local_aws
from tools.acceptance.cleanup import kinds


def test_every_kind_that_the_local_aws_counts_is_counted_on_an_account_too() -> None:
    others = {"S3 object", "Lambda layer version"}  # in a bucket or a layer, which are counted
    assert set(of_local_aws.KINDS) - others <= {kind.name for kind in kinds.KINDS}
