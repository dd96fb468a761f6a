"""The feature store for data scientists: what was known at the time of each row of a table."""
