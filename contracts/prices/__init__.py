"""What AWS charges: a dated snapshot of list prices, with the source of each."""
