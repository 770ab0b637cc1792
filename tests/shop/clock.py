"""The one clock of a simulation: handlers, the memory of what was mailed, and the bucket all ask it for the time."""

import datetime as dt
from importlib import import_module
from types import SimpleNamespace

import pytest

FUNCTIONS = ("approve", "capture", "cause", "session", "summary", "sweep", "sync", "variance")
_OUTBOX = "aws_lambda_powertools.utilities.idempotency.persistence"


class SimulatedClock:
    """``now`` is the time that the simulation has come to: an aware UTC instant, which only ever moves on."""

    def __init__(self, start: dt.datetime) -> None:
        self.now = start

    def patch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the handlers, the outbox's memory of what went out, and the bucket's times ask this clock."""
        clock = self

        class Simulated(dt.datetime):
            """``datetime`` with another idea of now."""

            @classmethod
            def now(cls, tz: dt.tzinfo | None = None) -> "Simulated":
                local = clock.now.replace(tzinfo=dt.UTC).astimezone().replace(tzinfo=None)
                return cls.fromisoformat((clock.now.astimezone(tz) if tz else local).isoformat())

        for function in FUNCTIONS:
            handler = import_module(f"functions.{function}.handler")
            if hasattr(handler, "datetime"):
                monkeypatch.setattr(handler, "datetime", Simulated)
        module = SimpleNamespace(datetime=Simulated, timedelta=dt.timedelta, timezone=dt.timezone)
        for part in ("base", "datarecord", "dynamodb"):
            monkeypatch.setattr(import_module(f"{_OUTBOX}.{part}"), "dt", module)
        monkeypatch.setattr("moto.s3.models.utcnow", lambda: clock.now.replace(tzinfo=None))
