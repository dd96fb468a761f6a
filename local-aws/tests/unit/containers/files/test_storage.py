"""Names of places in S3."""

import pytest

from local_aws.containers.files import storage


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/a/b c.csv",
        "https://s3.us-east-1.amazonaws.com/bucket/a/b%20c.csv",
        "https://s3.amazonaws.com/bucket/a/b c.csv",
        "https://bucket.s3.eu-west-1.amazonaws.com/a/b c.csv",
        "https://s3.cn-north-1.amazonaws.com.cn/bucket/a/b c.csv",
    ],
)
def test_every_form_names_the_same_object(uri):
    assert storage.parse_uri(uri) == ("bucket", "a/b c.csv")


@pytest.mark.parametrize("uri", ["", "bucket/key", "https://example.com/bucket/key", "s3://", "file:///etc/passwd"])
def test_what_is_not_in_s3_is_refused(uri):
    with pytest.raises(storage.StorageError, match="is not an S3 location"):
        storage.parse_uri(uri)


def test_a_key_may_hold_characters_that_urls_take_apart():
    assert storage.parse_uri("s3://bucket/what?#1") == ("bucket", "what?#1")


@pytest.mark.parametrize(
    ("uri", "joined"), [("s3://b", "s3://b/x/y"), ("s3://b/p/", "s3://b/p/x/y"), ("s3://b/p", "s3://b/p/x/y")]
)
def test_joining(uri, joined):
    assert storage.join_uri(uri, "x", "y") == joined
