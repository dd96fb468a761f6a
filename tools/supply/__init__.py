"""Bills of materials of what is built, and their check against advisories: `python -m tools.supply`."""
