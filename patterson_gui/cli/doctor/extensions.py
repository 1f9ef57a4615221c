"""What other packages add, as the command line and the window examine it."""

from collections.abc import Iterator
from importlib.metadata import entry_points

from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.cli.lazy import lazy_function
from patterson_gui.io.extensions import NETWORKS, PANELS, Extension, load_extensions

_SUBJECT = "Extensions"
_plugin_readers = lazy_function("patterson_gui.io.opening.plugins", "plugin_readers")
_networks = lazy_function("patterson_gui.nets.architectures.registry", "extensions")


def extensions() -> Iterator[Extension]:
    """Everything that other packages add, loaded; slow where there are networks.

    Panels are loaded but not made: a window has to be there for that.
    """
    yield from _plugin_readers().extensions
    if entry_points(group=NETWORKS):  # else torch need not be loaded
        yield from _networks()
    yield from load_extensions(PANELS, _refuse_uncallable)


def switched_off() -> list[str]:
    """Sentences about the readers and networks that cannot be used; the window has those about
    panels."""
    return [one.sentence for one in extensions() if not one.works and one.group != PANELS]


def findings() -> Iterator[Finding]:
    """A finding for each extension; none where nothing is installed."""
    for one in extensions():
        if one.works:
            yield Finding(_SUBJECT, f"{one.words} is loaded.")
        else:
            yield Finding(
                _SUBJECT, f"{one.words} is switched off ({one.reason}).",
                f"Update {one.provider}, or remove it with 'pip uninstall {one.provider}'.",
            )  # fmt: skip


def _refuse_uncallable(given: object, extension: Extension) -> None:
    if not callable(given):
        raise TypeError(f"{given!r:.60} is not a function that makes a widget")
