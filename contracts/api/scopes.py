"""What an API key may be allowed to do."""

from __future__ import annotations

DEFAULT_SCOPES = ("classify", "feedback", "examples", "read")
ADMIN = "admin"
SCOPES = (*DEFAULT_SCOPES, ADMIN)
# Scopes of keys that were created before scopes existed.
LEGACY_SCOPES = ("classify",)
