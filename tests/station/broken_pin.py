"""A pin that breaks where the device does: what the kernel raises when the relay board is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Gone:
    """In place of a mocked pin's state."""

    def __set__(self, _pin: object, _value: object) -> None:
        raise OSError("the relay board is gone")

    def __get__(self, _pin: object, _owner: object = None) -> int:
        return 1


@contextmanager
def broken(pin: Any) -> Iterator[None]:
    """While it lasts, whoever writes to that mocked pin fails."""
    whole = pin.__class__
    pin.__class__ = type("BrokenPin", (whole,), {"state": _Gone()})
    try:
        yield
    finally:
        pin.__class__ = whole
