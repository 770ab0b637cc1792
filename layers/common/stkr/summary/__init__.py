"""The month in figures and a few sentences, mailed to everybody who approves."""
