"""What the system writes to people: composed here as pure functions, sent in ``stkr.mail.send``."""
