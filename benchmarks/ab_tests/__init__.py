"""How many labels an A/B test takes, and how often it errs."""
