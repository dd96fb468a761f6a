"""A live endpoint: the fleet that serves, its replacement, and how traffic is split between them."""

import random
import threading

from local_aws.common.store import Scope
from local_aws.sagemaker.endpoints import routing
from local_aws.sagemaker.endpoints.capture import Capture
from local_aws.sagemaker.endpoints.fleet import Fleet, Variant


class LiveEndpoint:
    """A live endpoint. `ready` is set once a fleet serves, or once it is certain that none will.

    host: for an inference component, the endpoint that it is on; a component may have no fleet and serve again later.
    """

    def __init__(self, name: str, scope: Scope, *, host: str = "") -> None:
        self.name = name
        self.scope = scope
        self.host = host
        self.ready = threading.Event()
        self._blue: Fleet | None = None
        self._green: Fleet | None = None
        self._share = 0.0
        self._captures: dict[int, Capture] = {}

    @property
    def fleet(self) -> Fleet | None:
        """The fleet in service."""
        return self._blue

    def fleets(self) -> list[Fleet]:
        return [fleet for fleet in (self._blue, self._green) if fleet is not None]

    def serve(self, fleet: Fleet, capture: Capture | None) -> None:
        """Put a fleet in service, with all the traffic."""
        if capture is not None:
            self._captures[id(fleet)] = capture
        self._blue, self._green, self._share = fleet, None, 0.0
        self.ready.set()

    def shift(self, green: Fleet, share: float, capture: Capture | None) -> None:
        """Send `share` of the requests to a fleet that is about to replace the one in service."""
        if capture is not None:
            self._captures.setdefault(id(green), capture)
        self._share = share
        self._green = green

    def unshift(self) -> None:
        """Send all requests to the fleet in service."""
        self._share = 0.0
        self._green = None

    def rest(self) -> None:
        """Have no fleet until another one serves."""
        self._blue, self._green, self._share = None, None, 0.0

    def capture(self, fleet: Fleet) -> Capture | None:
        return self._captures.get(id(fleet))

    def drop_capture(self, fleet: Fleet) -> Capture | None:
        return self._captures.pop(id(fleet), None)

    def choose(self, target: str | None) -> tuple[Fleet, Variant] | None:
        """Choose the fleet and variant for the next request, or None. `target` is TargetVariant."""
        green, blue, share = self._green, self._blue, self._share
        fleet = green if green is not None and routing.is_canary(share, random.random()) else blue
        if fleet is None:
            return None
        if target is not None:
            return (fleet, fleet.variants[target]) if target in fleet.variants else None
        name = routing.by_weight({name: variant.weight for name, variant in fleet.variants.items()}, random.random())
        return (fleet, fleet.variants[name]) if name is not None else None
