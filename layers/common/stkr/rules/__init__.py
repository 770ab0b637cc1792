"""The rules doc: what counts as material, who approves, and when people may be mailed."""
