"""Around the stages: AWS clients, settings, telemetry, the model, events."""
