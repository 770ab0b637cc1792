"""Python's garbage collector, where it would only cost time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the collector while rows and lines make objects by the hundred thousand, none of which refers back to
    itself: looking through all of them again and again takes a fifth of the time, and more the more there are.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
