"""A material gap gets a likely cause: code computes the evidence, a model picks from four, code checks the reply."""
