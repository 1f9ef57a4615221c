"""What other packages add to the program: found by their entry points, and loaded safely.

A package declares in its pyproject.toml

    [project.entry-points."patterson_gui.readers"]
    my-format = "my_package.reading:READER"

The groups are `READERS`, `PANELS` and `NETWORKS`. One that cannot be loaded is switched off: the
program starts and works without it, and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

READERS = "patterson_gui.readers"
PANELS = "patterson_gui.panels"
NETWORKS = "patterson_gui.networks"
WORDS = {READERS: "reader", PANELS: "panel", NETWORKS: "network"}


@dataclass(frozen=True)
class Extension:
    """Something that another package adds.

    Attributes
    ----------
    group : `READERS`, `PANELS` or `NETWORKS`.
    provider : the package.
    reason : why it is switched off; "" where it works.
    """

    group: str
    name: str
    provider: str
    reason: str = ""

    @property
    def works(self) -> bool:
        return not self.reason

    @property
    def words(self) -> str:
        """A name for messages: "the reader “x” of y"."""
        return f"the {WORDS[self.group]} “{self.name}” of {self.provider}"

    @property
    def sentence(self) -> str:
        """Why it is switched off, and what to do."""
        return (
            f"{self.words[:1].upper()}{self.words[1:]} is switched off ({self.reason}): update "
            f"or remove {self.provider}."
        )


def load_extensions(group: str, take: Callable[[Any, Extension], object]) -> list[Extension]:
    """Load everything that the installed packages declare in a group, sorted by name.

    Parameters
    ----------
    take : called with each loaded object and what it is; it raises where the object is no good.
    """
    return [
        load_extension(entry, group, take)
        for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)
    ]


def load_extension(
    entry: EntryPoint, group: str, take: Callable[[Any, Extension], object]
) -> Extension:
    """Load one; what it raises becomes the reason for which it is switched off."""
    extension = Extension(group, entry.name, entry.dist.name if entry.dist else entry.value)
    try:
        take(entry.load(), extension)
    except (Exception, SystemExit) as error:  # a package can fail in any way when it is imported
        return switched_off(extension, error)
    return extension


def switched_off(extension: Extension, error: BaseException) -> Extension:
    """The same, switched off because of an error."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return Extension(extension.group, extension.name, extension.provider, reason)
