"""What deployed parts are made of."""
