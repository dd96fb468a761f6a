"""The rule: what training again would gain, and what follows. No I/O and no clock."""
