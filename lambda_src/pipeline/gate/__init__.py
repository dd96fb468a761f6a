"""The evaluation gate: decides whether a trained model passes, and why."""
