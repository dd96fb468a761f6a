"""AWS's price list, read by its public files, without credentials.

The service index (`/offers/v1.0/aws/index.json`) names each service's index of regions, that the newest file of a
region, and that has products and terms apart, joined by SKU ("Reading the service index file", "Reading the Region
index file" and "Reading the service price list file for an AWS service" in AWS Billing's user guide).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

from tools.prices import products

BASE = "https://pricing.us-east-1.amazonaws.com"
_INDEX = "/offers/v1.0/aws/index.json"
_SECONDS = 120


class PriceListError(Exception):
    """The price list could not be read; a sentence that names the file."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service's prices in a region. url: of the file; date: its publication, `2026-11-20`."""

    code: str
    url: str
    date: str
    products: Mapping[str, Mapping[str, Any]]
    on_demand: Mapping[str, Mapping[str, Any]]


class PriceList:
    """The price list at an address."""

    def __init__(self, base: str = BASE) -> None:
        if urlsplit(base).scheme not in ("http", "https"):
            raise PriceListError(f"{base} is no address of a price list: it has to begin with https://")
        self._base = base
        self._index: Mapping[str, Any] | None = None

    def offer(self, code: str, region: str) -> Offer | None:
        """A service's newest prices in a region; None if it has none there. Raises PriceListError."""
        if self._index is None:
            self._index = self._json(_INDEX)
        service = _object(self._index, "offers", where=_INDEX).get(code)
        if not isinstance(service, dict):
            raise PriceListError(f"{_INDEX} has no service {code}: it may have another code now")
        path = str(service.get("currentRegionIndexUrl", ""))
        here = _object(self._json(path), "regions", where=path).get(region)
        if not isinstance(here, dict):
            return None
        file = str(here.get("currentVersionUrl", ""))
        found = self._json(file)
        date = str(found.get("publicationDate", ""))[:10]
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", date):
            raise PriceListError(f"{file} has no publicationDate: a price without a date is none")
        terms = _object(found, "terms", where=file)
        return Offer(
            code=code,
            url=urljoin(self._base, file),
            date=date,
            products=_object(found, "products", where=file),
            on_demand=terms.get("OnDemand") or {},
        )

    def _json(self, path: str) -> Mapping[str, Any]:
        url = urljoin(self._base, path)
        try:
            with urlopen(url, timeout=_SECONDS) as answer:
                found = json.load(answer)
        except (URLError, OSError) as error:
            raise PriceListError(f"{url} could not be read: {error}") from None
        except ValueError:
            raise PriceListError(f"{url} is not JSON") from None
        if not isinstance(found, dict):
            raise PriceListError(f"{url} is not a JSON object")
        return found


def _object(document: Mapping[str, Any], key: str, *, where: str) -> dict[str, Any]:
    found = document.get(key)
    if not isinstance(found, dict):
        raise PriceListError(f"{where} has no {key}: it is not a file of AWS's price list")
    return found


def prices(offer: Offer) -> dict[str, float]:
    """The prices of ours that an offer has. Raises PriceListError where two products with other prices fit."""
    found: dict[str, float] = {}
    for key, product in products.PRODUCTS.items():
        if product.offer == offer.code:
            _add(found, key, _amounts(offer, (sku for sku, each in offer.products.items() if product.is_(each))))
    for prefix, (code, usage) in products.INSTANCES.items():
        if code == offer.code:
            for kind, skus in _instances(offer, usage).items():
                _add(found, f"{prefix}{kind}", _amounts(offer, skus))
    return found


def _add(found: dict[str, float], key: str, amounts: set[float]) -> None:
    if len(amounts) > 1:
        raise PriceListError(
            f"{key} fits products at {', '.join(f'{each:g}' for each in sorted(amounts))} USD: make its line in "
            "tools/prices/products.py narrower"
        )
    if amounts:
        found[key] = amounts.pop()


def _instances(offer: Offer, usage: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for sku, product in offer.products.items():
        attributes = product.get("attributes") or {}
        match = re.fullmatch(rf"([A-Z]{{2,4}}\d?-)?{usage}", str(attributes.get("usagetype", "")))
        if match:
            found.setdefault(match[2], []).append(sku)
    return found


def _amounts(offer: Offer, skus: Any) -> set[float]:
    """What these products cost on demand; a tier that is free comes before one that costs something."""
    return {amount for sku in skus for amount in [_amount(offer.on_demand.get(sku) or {})] if amount is not None}


def _amount(terms: Mapping[str, Any]) -> float | None:
    tiers = sorted(_tiers(terms))
    return next((usd for _, usd in tiers if usd > 0), None)


def _tiers(terms: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """(begin of the range, US dollars) of each tier."""
    for term in terms.values():
        for dimension in (term.get("priceDimensions") or {}).values():
            usd = (dimension.get("pricePerUnit") or {}).get("USD", "")
            begin = dimension.get("beginRange", dimension.get("startingRange", "0"))
            try:
                yield float(begin), float(usd)
            except (TypeError, ValueError):
                continue
