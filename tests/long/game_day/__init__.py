"""A game day: the faults behind the alarms are caused for real, and each alarm has to ring and to end again."""
