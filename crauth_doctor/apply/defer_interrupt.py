"""A stretch that Ctrl-C does not cut in two: a write that is on its way, and the note of how it ended."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def uninterrupted(notice: Callable[[], None]) -> Iterator[None]:
    """Defer the first SIGINT until the block is over; a second one interrupts at once.

    `notice` is called when one was put off.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = False

    def put_off(number: int, frame: FrameType | None) -> None:
        nonlocal waiting
        if waiting:
            signal.default_int_handler(number, frame)
        waiting = True
        notice()

    before = signal.signal(signal.SIGINT, put_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if before is None else before)
    if waiting:
        raise KeyboardInterrupt
