"""Before anything is created: the place, the name, the prices, the limits, and the user's consent."""
