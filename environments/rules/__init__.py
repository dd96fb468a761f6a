"""What settings must not be together, and what one is warned of."""
