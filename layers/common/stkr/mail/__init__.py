"""A mail: rendered in two bodies, sent through SES, and sent once. What it says belongs to the stage it is from."""
