"""The texts that a run sends: its log can have no others."""

from __future__ import annotations

from collections.abc import Sequence

from environments.settings import Settings

_HEADLINES = (
    "Shares slide as bank warns of higher rates",
    "Singer announces world tour after a year away",
    "New vaccine cuts flu cases among children",
    "Astronomers spot a planet with water vapour",
    "Carmaker to buy battery supplier in record deal",
    "Actor to star in sequel to hit space film",
    "Doctors warn of measles outbreak in the capital",
    "Phone maker unveils tablet with folding screen",
)
BATCH_LINES = 40


def texts(settings: Settings) -> Sequence[str]:
    """The environment's own examples; headlines where it names none."""
    return [each.text for each in settings.task.words.examples] if settings.task else _HEADLINES
