"""`make demo` works again after `make local-destroy`."""

import httpx

from tests.e2e.cloud import Cloud
from tests.e2e.test_20_api import HEADLINE


def test_a_demo_after_the_destroy_deploys_it_all_again(deployed: Cloud) -> None:
    deployed.local("destroy", timeout=180)
    deployed.local("demo", timeout=900)
    assert deployed.status()["endpoint_status"] == "InService"
    with deployed.api() as api:
        assert api.post("v1/classify", json={"inputs": HEADLINE}).status_code == httpx.codes.OK
