"""A material gap gets a likely cause: code computes the evidence, one model call picks from four, code checks the reply."""
