"""Tests which resources count as left over from an environment."""

from typing import Any

from botocore.exceptions import ClientError

from tests.unit.tools.acceptance.conftest import NAME
from tools.acceptance.cleanup import kinds, leftovers
from tools.acceptance.cleanup.kinds import Kind


def listing(*items: tuple[str, Any]) -> kinds.Lister:
    return lambda client, prefix: iter(items)


def test_what_has_the_name_or_was_a_stacks_is_left_and_nothing_else() -> None:
    def refused(client: Any, prefix: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListKeys")

    result = leftovers.count(
        lambda service: None,
        NAME,
        prefix=f"rubric-{NAME}",
        known={"api-1"},
        kinds=[
            Kind("bucket", "s3", listing((f"rubric-{NAME}-data", {"Name": f"rubric-{NAME}-data"}), ("other", {}))),
            Kind("API", "api", listing(("api-1", {}), ("api-2", {"Name": "rubric-dev"}))),
            Kind("job", "sagemaker", listing((f"rubric-{NAME}-batch", f"rubric-{NAME}-batch")), stays=True),
            Kind("key", "kms", refused),
        ],
    )
    assert result.found == {"bucket": [f"rubric-{NAME}-data"], "API": ["api-1"]} and result.count == 2
    assert result.stays == {"job": [f"rubric-{NAME}-batch"]}
    assert list(result.uncounted) == ["key"] and not result.is_nothing
