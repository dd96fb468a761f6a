"""What an API key may be allowed to do."""

from __future__ import annotations

DEFAULT_SCOPES = ("classify", "feedback", "examples", "read")
ADMIN = "admin"
SCOPES = (*DEFAULT_SCOPES, ADMIN)
# Of keys made before there were scopes.
LEGACY_SCOPES = ("classify",)
