"""Tell whether the receiver of an answer from another thread still exists."""

from collections.abc import Callable

from PyQt6 import sip
from PyQt6.QtCore import QObject


def is_alive(call: Callable[..., object] | None) -> bool:
    """Whether a bound method can still be called.

    Qt may have deleted the C++ part of a widget whose Python object still exists.
    """
    owner = getattr(call, "__self__", None)
    return call is not None and not (isinstance(owner, QObject) and sip.isdeleted(owner))
