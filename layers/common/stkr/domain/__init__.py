"""What the system speaks of: plain values that every stage shares. Imports nothing of AWS."""
