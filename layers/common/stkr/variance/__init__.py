"""Clean lines become variances: exact arithmetic against the snapshot, then one tolerance rule. No model is near it."""
