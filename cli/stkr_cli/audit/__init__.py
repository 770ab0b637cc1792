"""The trail told and checked: for operators, with their own credentials."""
