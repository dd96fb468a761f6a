"""Real handlers over fakes of AWS, with whatever can come between two calls: other calls, kills, lost answers."""
