"""The systems of record that stock can be read from and adjustments booked into, a module each."""
