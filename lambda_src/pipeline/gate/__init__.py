"""The evaluation gate: lets a trained model through, or says why not."""
