"""Reading and writing the three tables and the bucket: stored models, request builders and thin adapters."""
