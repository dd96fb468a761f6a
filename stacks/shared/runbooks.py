"""Links from alarms' descriptions to their pages in docs/runbooks."""

from __future__ import annotations

from environments.settings import Settings


def with_runbook(description: str, *, alarm: str, settings: Settings) -> str:
    """The description of an alarm, and where its page is. alarm: the page's name, such as `Api5xx`.

    The page is on the web at `monitoring.runbooks_url`; without it, in a clone.
    """
    url = settings.monitoring.runbooks_url
    page = f"{url.rstrip('/')}/{alarm}.md" if url else f"docs/runbooks/{alarm}.md"
    return f"{description} What to do: {page} or `rubric --env {settings.name} runbook {alarm}`."
