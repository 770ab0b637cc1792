"""Signed links: tokens, and the keys that sign them."""
