"""Readers that other packages add, found by their entry points (`io/extensions.py`).

A package declares, for a `Reader` or a tuple of them in its module,

    [project.entry-points."patterson_gui.readers"]
    my-format = "my_package.reading:READER"
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from patterson_gui.io.extensions import READERS, Extension, load_extensions
from patterson_gui.io.opening.reader import FileKind, Reader


@dataclass(frozen=True)
class PluginReaders:
    """The readers of other packages, and the errors of those that could not be loaded.

    Attributes
    ----------
    extensions : what declared them, those that are switched off too.
    problems : clauses without a full stop: "the reader “x” of y cannot be loaded (…)".
    """

    readers: tuple[Reader, ...]
    extensions: tuple[Extension, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(
            f"{one.words} cannot be loaded ({one.reason})"
            for one in self.extensions
            if not one.works
        )


@cache
def plugin_readers() -> PluginReaders:
    """Load the readers of all installed packages, once. Errors are collected, not raised."""
    readers: list[Reader] = []

    def take(given: Any, extension: Extension) -> None:
        for reader in _checked(given):
            _refuse_taken(reader, readers)
            readers.append(replace(reader, provider=extension.provider))

    extensions = load_extensions(READERS, take)
    return PluginReaders(tuple(readers), tuple(extensions))


def _checked(given: Any) -> Iterator[Reader]:
    for reader in given if isinstance(given, tuple) else (given,):
        if not isinstance(reader, Reader):
            raise TypeError(f"{reader!r:.60} is not a Reader")
        yield reader


def _refuse_taken(reader: Reader, readers: list[Reader]) -> None:
    if reader.kind in {*FileKind, *(other.kind for other in readers)}:
        raise ValueError(f"there is a reader of the kind “{reader.kind}” already")
