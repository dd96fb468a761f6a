"""What interleaves outside promotions: keys, repeated requests, redrives and erasures; each with its invariants."""
