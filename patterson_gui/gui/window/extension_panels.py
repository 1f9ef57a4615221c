"""Panels that other packages add, as tabs below the views.

A package declares

    [project.entry-points."patterson_gui.panels"]
    my-panel = "my_package.panel:make"

where `make` takes a `PanelHost` and returns a widget. A panel that cannot be made is left out, and
what fails in one later is told to the user; neither stops the program.
"""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from psygnal import EmitLoopError, Signal
from PyQt6.QtWidgets import QWidget

from patterson_gui.app.jobs.jobs import Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.workbench import Workbench
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.gui.panels.tables import Tables
from patterson_gui.io.extensions import PANELS, Extension, load_extensions

Frac = tuple[float, float, float]


class PanelHost:
    """What a panel of another package gets from the window.

    Signals
    -------
    changed : another crystal is open, or a map is there or has gone.
    cursor_moved(frac) : the user picked a place, fractional (u, v, w), or None.
    """

    changed = Signal()
    cursor_moved = Signal(object)

    def __init__(self, workbench: Workbench, extension: Extension) -> None:
        self._workbench = workbench
        self._extension = extension

    @property
    def crystal(self) -> Crystal | None:
        """What is open: cell, space group, amplitudes, composition, model."""
        return self._workbench.document.crystal

    @property
    def maps(self) -> Mapping[str, DensityMap]:
        """The maps that are there, by name: "patterson", "predicted", "true", "density",
        "difference", "compared". `DensityMap.grid` is the array, (nu, nv, nw) float32."""
        return {key.value: each for key, each in self._workbench.document.maps.items()}

    def set_cursor(self, frac: Frac | None) -> None:
        """Put the cursor of all views at a fractional place, or nowhere."""
        self._workbench.document.set_cursor(frac)

    def tell(self, sentence: str, *, error: bool = False) -> None:
        """Show a message in the window."""
        self._workbench.notice.emit(Notice(sentence, error=error))

    def run(
        self, name: str, work: Callable[[], Any], done: Callable[[Any], None] = lambda _: None
    ) -> None:
        """Do slow work in a thread, in the list of jobs; then call `done` with its result in the
        thread of the window. Work of all panels runs one after another."""
        self._workbench.runner.submit(
            name, lambda context: work(), lane=Lane.EXTENSIONS, on_done=done,
            on_failed=self._workbench.jobs.tell_failure,
        )  # fmt: skip

    # ------------------------------------------------------------------ called by the window
    def tell_changed(self) -> None:
        """Emit `changed`. What a panel raises is told, and does not reach the window."""
        self._emit(self.changed.emit)

    def tell_cursor(self, frac: Frac | None) -> None:
        self._emit(lambda: self.cursor_moved.emit(frac))

    def _emit(self, emit: Callable[[], object]) -> None:
        try:
            emit()
        except EmitLoopError as error:
            cause = error.__cause__ or error
            self._workbench.notice.emit(
                Notice(
                    f"{self._extension.words[:1].upper()}{self._extension.words[1:]} failed "
                    f"({cause}): the rest of the program is not affected.",
                    error=True,
                    details="".join(traceback.format_exception(cause)),
                )
            )


class ExtensionPanels:
    """The panels of other packages in one window.

    Attributes
    ----------
    extensions : what declared them, those that are switched off too.
    """

    def __init__(self, workbench: Workbench, tables: Tables) -> None:
        """Make the panels and add them as tabs."""
        self._workbench = workbench
        self._hosts: list[PanelHost] = []
        self._tables = tables
        self.extensions = load_extensions(PANELS, self._add)
        document = workbench.document
        self._signals = document.maps_signals
        if self._hosts:
            for signal in self._signals:
                signal.connect(self._changed)
            document.cursor_changed.connect(self._cursor_changed)

    def _add(self, make: Any, extension: Extension) -> None:
        host = PanelHost(self._workbench, extension)
        widget = make(host)
        if not isinstance(widget, QWidget):
            raise TypeError(f"it made {type(widget).__name__} in place of a widget")
        self._tables.addTab(widget, widget.windowTitle() or extension.name)
        self._hosts.append(host)

    def _changed(self, *_: object) -> None:
        for host in self._hosts:
            host.tell_changed()

    def _cursor_changed(self, *_: object) -> None:
        for host in self._hosts:
            host.tell_cursor(self._workbench.document.cursor)

    def stop_listening(self) -> None:
        """The window closes."""
        if self._hosts:
            for signal in self._signals:
                signal.disconnect(self._changed)
            self._workbench.document.cursor_changed.disconnect(self._cursor_changed)
