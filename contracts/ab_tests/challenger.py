"""The Challenger stack's parameters, which say whether there is a challenger. No I/O."""

from __future__ import annotations

from typing import Final

# The S3 URI of the challenger's model, or NOTHING.
ARTIFACT: Final = "Artifact"
NOTHING: Final = "none"
# Whether the model has an endpoint.
SERVE: Final = "Serve"
YES: Final = "yes"
NO: Final = "no"
