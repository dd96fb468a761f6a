"""A new snapshot: what AWS's price list says, for the regions that are asked for; all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tools.prices import offers, products
from tools.prices.offers import PriceList
from tools.prices.written import Contents


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The new contents. kept: prices that the list does not have and the snapshot has; missing: that neither has."""

    contents: Contents
    kept: tuple[str, ...]
    missing: tuple[str, ...]


def renewed(
    before: Contents, price_list: PriceList, *, regions: Iterable[str], today: str, say: Callable[[str], None]
) -> Renewal:
    """The snapshot with these regions' prices renewed; other regions stay. Raises offers.PriceListError."""
    prices = {region: dict(each) for region, each in before.prices.items()}
    sources = dict(before.sources)
    kept: list[str] = []
    missing: list[str] = []
    for region in regions:
        found: dict[str, tuple[float, str]] = {}
        for code in products.offers():
            offer = price_list.offer(code, region)
            if offer is None:
                say(f"{code} has no prices in {region}.")
                continue
            name = f"{code}-{region}-{offer.date}"
            for key, usd in offers.prices(offer).items():
                found[key] = (usd, name)
            sources[name] = (f"AWS's price list, {code} in {region}", offer.url, offer.date)
            say(f"{code} in {region}: of {offer.date}.")
        earlier = prices.get(region, {})
        for key in sorted(products.PRODUCTS.keys() | earlier.keys()):
            if key not in found:
                (kept if key in earlier else missing).append(f"{key} in {region}")
        prices[region] = {**earlier, **found}
    return Renewal(
        contents=Contents(date=today, sources=sources, prices=prices), kept=tuple(kept), missing=tuple(missing)
    )
