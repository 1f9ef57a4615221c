"""Readers that other packages add, found by their entry points.

A package declares, for a `Reader` or a tuple of them in its module,

    [project.entry-points."patterson_gui.readers"]
    my-format = "my_package.reading:READER"
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from patterson_gui.io.opening.reader import FileKind, Reader

GROUP = "patterson_gui.readers"


@dataclass(frozen=True)
class PluginReaders:
    """The readers of other packages, and the errors of those that could not be loaded.

    Attributes
    ----------
    problems : clauses without a full stop: "the reader “x” of y cannot be loaded (…)".
    """

    readers: tuple[Reader, ...]
    problems: tuple[str, ...]


@cache
def plugin_readers() -> PluginReaders:
    """Load the readers of all installed packages, once. Errors are collected, not raised."""
    readers: list[Reader] = []
    problems: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        provider = entry.dist.name if entry.dist else entry.value
        try:
            for reader in _loaded(entry):
                _refuse_taken(reader, readers)
                readers.append(replace(reader, provider=provider))
        except Exception as error:  # a package can fail in any way when it is imported
            reason = " ".join(str(error).split()) or type(error).__name__
            problems.append(f"the reader “{entry.name}” of {provider} cannot be loaded ({reason})")
    return PluginReaders(tuple(readers), tuple(problems))


def _loaded(entry: EntryPoint) -> Iterator[Reader]:
    given = entry.load()
    for reader in given if isinstance(given, tuple) else (given,):
        if not isinstance(reader, Reader):
            raise TypeError(f"{entry.value} is not a Reader")
        yield reader


def _refuse_taken(reader: Reader, readers: list[Reader]) -> None:
    if reader.kind in {*FileKind, *(other.kind for other in readers)}:
        raise ValueError(f"there is a reader of the kind “{reader.kind}” already")
