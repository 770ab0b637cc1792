"""The commands, a file for each group of them; all but ``offline`` are an operator's."""
