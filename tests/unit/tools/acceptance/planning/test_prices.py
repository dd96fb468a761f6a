"""Tests prices, from the price list or from the user."""

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tools.acceptance.errors import UsageError
from tools.acceptance.planning import confirm, prices
from tools.acceptance.planning.prices import Price


def product(usage: str, dollars: str) -> str:
    dimension = {"pricePerUnit": {"USD": dollars}}
    terms = {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


def _itself(client: Any) -> Any:
    return client


def price_list(*products: str) -> Any:
    asked: list[dict[str, Any]] = []

    def get_products(**request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"PriceList": list(products)}

    return SimpleNamespace(get_products=get_products, asked=asked)


def test_a_price_is_the_one_of_that_use_on_demand() -> None:
    client = price_list(
        product("USE1-Host:ml.c7i.large", "0.119"),
        product("USE1-Train:ml.c7i.large", "0.2"),
        product("USE1-Host:ml.c7i.large-something", "9"),
        product("USE1-Host:ml.c7i.large", "0.0000000000"),
    )
    result = prices.of("ml.c7i.large", "Host", region="us-east-1", overrides={}, client=lambda: client)
    assert result == Price(0.119, prices.SOURCE)
    fields = {each["Field"]: each["Value"] for each in client.asked[0]["Filters"]}
    assert fields == {"regionCode": "us-east-1", "instanceName": "ml.c7i.large"}


def test_a_price_that_nobody_tells_is_unknown_and_has_to_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    def denied(**_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetProducts")

    two = price_list(product("A-Host:x", "1"), product("B-Host:x", "2"))
    for client in (price_list(), two, SimpleNamespace(get_products=denied)):
        unknown = prices.of("x", "Host", region="us-east-1", overrides={}, client=partial(_itself, client))
        assert unknown.dollars is None and unknown.source.startswith("unknown")
    with pytest.raises(UsageError, match="add --price x=USD"):
        confirm.price("x", unknown)
    assert prices.of("x", "Host", region="us-east-1", overrides={"x": 3.0}, client=denied) == Price(3.0, "--price")
