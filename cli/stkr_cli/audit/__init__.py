"""Stories from the trail, and its check: for operators, with their own credentials."""
