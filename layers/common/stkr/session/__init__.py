"""A count is a session, not a file: it opens on a snapshot, collects uploads, and closes."""
