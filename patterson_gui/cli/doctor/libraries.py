"""System libraries that Qt's platform plugin for X11 (xcb) loads on Linux."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator

from patterson_gui.cli.doctor.finding import Finding

_SUBJECT = "System libraries"
# Library, package of Debian and Ubuntu, package of Fedora. What libqxcb.so, libQt6XcbQpa.so and
# libQt6Gui.so of Qt 6.11 name as needed and the packages of PyQt6 do not bring.
LIBRARIES = (
    ("libGL.so.1", "libgl1", "libglvnd-glx"),
    ("libEGL.so.1", "libegl1", "libglvnd-egl"),
    ("libX11.so.6", "libx11-6", "libX11"),
    ("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb"),
    ("libxcb.so.1", "libxcb1", "libxcb"),
    ("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    ("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    ("libxcb-image.so.0", "libxcb-image0", "xcb-util-image"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    ("libxcb-randr.so.0", "libxcb-randr0", "libxcb"),
    ("libxcb-render.so.0", "libxcb-render0", "libxcb"),
    ("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil"),
    ("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    ("libxcb-shm.so.0", "libxcb-shm0", "libxcb"),
    ("libxcb-sync.so.1", "libxcb-sync1", "libxcb"),
    ("libxcb-util.so.1", "libxcb-util1", "xcb-util"),
    ("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb"),
    ("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
    ("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    ("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    ("libfreetype.so.6", "libfreetype6", "freetype"),
    ("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
)


def libraries() -> Iterator[Finding]:
    """A finding with all libraries that are missing; elsewhere than on Linux none is needed."""
    if not sys.platform.startswith("linux"):
        yield Finding(_SUBJECT, "none is needed besides those of the system.")
        return
    missing = [entry for entry in LIBRARIES if not _can_be_loaded(entry[0])]
    if not missing:
        yield Finding(_SUBJECT, f"all {len(LIBRARIES)} libraries that Qt needs are here.")
        return
    names = ", ".join(name for name, _, _ in missing)
    without_display = not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    yield Finding(
        _SUBJECT,
        f"Qt cannot open a window without {names}.",
        _how_to_install(missing),
        optional=without_display,
    )


def _can_be_loaded(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _how_to_install(missing: list[tuple[str, str, str]]) -> str:
    debian = " ".join(dict.fromkeys(package for _, package, _ in missing))
    fedora = " ".join(dict.fromkeys(package for _, _, package in missing))
    if shutil.which("apt-get"):
        return f"Install them with 'sudo apt-get install {debian}'."
    if shutil.which("dnf"):
        return f"Install them with 'sudo dnf install {fedora}'."
    return f"Install the packages of your system that hold them (Debian: {debian})."
