"""What an API key may be allowed to do."""

from __future__ import annotations

DEFAULT_SCOPES = ("classify", "feedback", "examples", "read")
# Its holder sees texts of every caller, so it is given only on request.
LABEL = "label"
ADMIN = "admin"
SCOPES = (*DEFAULT_SCOPES, LABEL, ADMIN)
# Scopes of keys that were created before scopes existed.
LEGACY_SCOPES = ("classify",)
