"""Folders that the program writes to: whether it may, and how much room their disks have."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from patterson_gui.cli.doctor.finding import Finding
from patterson_gui.io.places import crashes_folder, sent_folder, settings_folder
from patterson_gui.io.training.network_folders import own_models_folder

MIB = 1024**2
LEAST_ROOM = 500 * MIB  # bytes: a solution with its maps takes up to some hundred MB


def folders() -> Iterator[Finding]:
    """A finding for each folder."""
    for subject, folder in (
        ("Folder of settings", settings_folder()),
        ("Folder of reports of crashes", crashes_folder()),
        ("Folder of own networks", own_models_folder()),
        ("Folder of files sent to other programs", sent_folder()),
        ("Folder of temporary files", Path(tempfile.gettempdir())),
        ("Working folder", Path.cwd()),
    ):
        yield _finding(subject, folder)


def _finding(subject: str, folder: Path) -> Finding:
    existing = _nearest_existing(folder)
    if not existing.is_dir():
        return Finding(subject, f"{existing} is a file, so {folder} cannot be made.",
                       "Move the file away.")  # fmt: skip
    reason = _why_not_writable(existing)
    if reason:
        return Finding(
            subject,
            f"{folder} cannot be written to ({reason}).",
            f"Give yourself the right to write to {existing}, or choose another folder.",
        )
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        return Finding(subject, f"the room on its disk is not known ({error.strerror}).",
                       "Check the disk.")  # fmt: skip
    room = f"{free / MIB:,.0f} MB free"
    if free < LEAST_ROOM:
        return Finding(subject, f"{folder} has only {room}.", "Free some space on its disk.")
    return Finding(subject, f"{folder} can be written to, {room}.")


def _nearest_existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    for each in (folder, *folder.absolute().parents):
        if os.path.lexists(each):
            return each
    return folder


def _why_not_writable(folder: Path) -> str:
    """Why no file can be made in a folder; "" where one can. Only trying tells for sure."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()
