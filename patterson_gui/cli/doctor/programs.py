"""ChimeraX, Coot and PyMOL: whether they are found, and whether they load our plugins."""

from collections.abc import Iterator
from pathlib import Path

from patterson_gui.bridges.by_name import bridge_to
from patterson_gui.bridges.loaded_plugins import find_program, is_loaded
from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.errors import UserError
from patterson_gui.io.viewers.places import saved_place
from patterson_gui.io.viewers.scene import Viewer


def programs() -> Iterator[Finding]:
    """A finding for each program; one that is not installed is no problem."""
    for viewer in Viewer:
        yield _finding(viewer)


def _finding(viewer: Viewer) -> Finding:
    label = viewer.label
    saved = saved_place(viewer).path
    if saved is not None and not saved.is_file():
        return Finding(
            label,
            f"the settings name {saved}, which does not exist.",
            "Set its path in the window under Send, Programs and plugins.",
        )
    command = [str(saved)] if saved is not None else find_program(viewer)
    if command is None:
        return Finding(label, "not found on this computer; the program works without it.")
    return _finding_of_plugin(viewer, command, saved)


def _finding_of_plugin(viewer: Viewer, command: list[str], saved: Path | None) -> Finding:
    label, where = viewer.label, " ".join(command)
    install = f"Run 'patterson-gui plugins install {viewer}'."
    try:
        status = bridge_to(viewer).plugin.status(saved)
    except UserError as error:
        return Finding(label, f"{where}, but: {error}", f"Start {label} yourself and see why.")
    if status.outdated:
        return Finding(label, f"{where}; the plugin is of another version.", install)
    if not status.installed:
        return Finding(label, f"{where}; without our plugin, which it can do without.")
    loaded = is_loaded(viewer, command)
    if loaded:
        return Finding(label, f"{where}; the plugin is installed and {label} loads it.")
    found = f"{where}; the plugin is installed"
    if loaded is None:
        found += f". Whether {label} loads it is seen only while {label} runs"
        return Finding(label, f"{found}: start it and look for the menu Patterson.")
    return Finding(label, f"{found}, but {label} does not load it.", install)
