"""What commands share of the terminal: printing, asking, files, durations and progress."""
