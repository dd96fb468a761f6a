"""The hourly price of an instance, from AWS's Price List API or from the user; never hard-coded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

Use = Literal["Host", "Train"]
# The Price List Query API answers in these regions only (AWS Billing User Guide, "Using the AWS Price List Query API").
API_REGION = "us-east-1"
SOURCE = "AWS Price List API"


@dataclass(frozen=True)
class Price:
    """US dollars an hour of one instance, and the source of the figure; None if it is unknown."""

    dollars: float | None
    source: str


def of(
    instance_type: str, use: Use, *, region: str, overrides: Mapping[str, float], client: Callable[[], Any]
) -> Price:
    """The price of an instance type as an endpoint's host or in training. `overrides` (--price) come first.

    client: makes a client of the Price List API.
    """
    if instance_type in overrides:
        return Price(overrides[instance_type], "--price")
    try:
        answer = client().get_products(
            ServiceCode="AmazonSageMaker",
            Filters=[
                {"Type": "TERM_MATCH", "Field": "regionCode", "Value": region},
                {"Type": "TERM_MATCH", "Field": "instanceName", "Value": instance_type},
            ],
        )
    except (ClientError, BotoCoreError) as error:
        return Price(None, f"unknown: {SOURCE}: {error}")
    prices = _hourly(answer["PriceList"], re.compile(rf"(?:[A-Z0-9]+-)?{use}:{re.escape(instance_type)}"))
    if len(prices) != 1:
        return Price(None, f"unknown: {SOURCE} has {len(prices)} prices for it")
    return Price(prices.pop(), SOURCE)


def _hourly(products: list[str], usage: re.Pattern[str]) -> set[float]:
    """The on-demand prices of the products whose usage type is that, such as `USE1-Host:ml.c7i.large`."""
    prices = set()
    for text in products:
        product = json.loads(text)
        if not usage.fullmatch(product["product"]["attributes"].get("usagetype", "")):
            continue
        for term in product.get("terms", {}).get("OnDemand", {}).values():
            for dimension in term["priceDimensions"].values():
                prices.add(float(dimension["pricePerUnit"].get("USD", "nan")))
    return {price for price in prices if price > 0}
