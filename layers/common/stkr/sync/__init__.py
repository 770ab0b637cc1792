"""Mirroring the system of record into the inventory table without undoing what managers approved."""
