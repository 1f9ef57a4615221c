"""Shows the known crystals in the Explorer's window: on the map, the sliders and as neighbours."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QTimer

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.gui.explorer.window import NEIGHBOURS, ExplorerWindow

UPDATE_MS = 60  # while a slider is dragged, map, sliders and neighbours are updated this often


class KnownCrystalsPresenter:
    """Connects the known crystals of one Explorer with one window."""

    def __init__(self, explorer: Explorer, window: ExplorerWindow) -> None:
        self._explorer = explorer
        self._known_crystals = explorer.known_crystals
        self._window = window
        self._listed: object = None  # the map whose directions can be chosen
        self._drawn: object = None  # the map whose points are drawn
        self._neighbours: list[tuple[int, float]] = []
        self._timer = QTimer(window)
        self._timer.setSingleShot(True)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._show_places)
        self._slots = (
            (explorer.known_crystals.changed, self.show),
            (explorer.known_crystals.progressed, self._show_waiting),
            (explorer.network.changed, self._show_waiting),
            (explorer.decoding.latent_changed, self._show_places_soon),
            (explorer.line.changed, self._show_places_soon),
        )
        for signal, call in self._slots:
            signal.connect(call)
        window.map.axes_chosen.connect(lambda *_: self._show_map())
        window.map.colour_chosen.connect(lambda _key: self._show_colours())
        window.map.chosen.connect(self._open_point)
        window.nearest.opened.connect(self._open_neighbour)
        window.tabs.currentChanged.connect(self._tab_changed)

    def stop_listening(self) -> None:
        """The window closes."""
        self._timer.stop()
        for signal, call in self._slots:
            signal.disconnect(call)

    @property
    def settled(self) -> bool:
        """Whether the present latent is shown everywhere."""
        return not self._timer.isActive()

    def show(self) -> None:
        """Show the known crystals, as far as they are read and encoded."""
        window, known = self._window, self._known_crystals.map
        if known is not None and known is not self._listed:
            self._listed = known
            shares = [float(s) for s in known.shares]
            window.directions.set_directions(shares)
            window.map.set_directions(shares)
            window.map.count.setText(
                f"{len(known)} known crystals. Point at one, click to encode it."
            )
        self._show_waiting()
        self._show_map_once()
        self._show_places()

    def _tab_changed(self, _tab: int) -> None:
        self._show_map_once()
        self._show_places()

    def _show_waiting(self) -> None:
        """Say in the tabs that need the known crystals why they are not there yet."""
        network, known_crystals = self._explorer.network, self._known_crystals
        if known_crystals.map is not None and network.coder is not None:
            text = ""
        elif network.coder is None and not network.loading:
            text = network.problem
        elif known_crystals.problem:
            text = known_crystals.problem
        elif known_crystals.fraction is None or known_crystals.table is None:
            text = "The known crystals are being read…"
        else:
            text = f"The known crystals are being encoded: {100 * known_crystals.fraction:.0f} %"
        for tab in (self._window.directions, self._window.map):
            tab.set_waiting(text)
        self._window.neighbour_words.setText(text or NEIGHBOURS)

    # ------------------------------------------------------------------ the map
    def _show_map_once(self) -> None:
        """Draw the points when their tab is first open: thousands take a while."""
        known = self._known_crystals.map
        if self._window.tabs.currentWidget() is self._window.map and known is not self._drawn:
            self._show_map()

    def _show_map(self) -> None:
        tab = self._window.map
        known, crystals = self._known_crystals.map, self._known_crystals.table
        values = self._values()
        if known is None or crystals is None or values is None:
            return
        self._drawn = known
        x, y = tab.axes

        def name(point: int) -> str:
            row = int(known.rows[point])
            return f"{crystals.formulas[row]}  {crystals.identifiers[row]}".strip()

        names = (f"direction {x + 1} (σ)", f"direction {y + 1} (σ)")
        self._show_scale(tab.map.set_points(known.coordinates[:, [x, y]], values, names, name))
        self._show_places()

    def _show_colours(self) -> None:
        values = self._values()
        if values is not None:
            self._show_scale(self._window.map.map.set_values(values))

    def _values(self) -> NDArray[np.float64] | None:
        """The quantity that colours the points, for each of them."""
        known, crystals = self._known_crystals.map, self._known_crystals.table
        if known is None or crystals is None:
            return None
        return np.asarray(getattr(crystals, self._colour_key), float)[known.rows]

    def _show_scale(self, ends: tuple[float, float]) -> None:
        unit = {"atoms": "atoms", "mean_z": "e", "volume_per_atom": "Å³"}[self._colour_key]
        self._window.map.bar.set_range(*ends, unit)

    @property
    def _colour_key(self) -> str:
        return str(self._window.map.colour.currentData())

    # ------------------------------------------------------------------ the present latent
    def _show_places_soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _show_places(self) -> None:
        """Show the present latent on the map, on the sliders and among its neighbours."""
        explorer, window = self._explorer, self._window
        coordinates = self._known_crystals.coordinates
        here, base = coordinates(explorer.decoding.latent), coordinates(explorer.decoding.base)
        if here is None or base is None:
            window.map.map.set_here(None)
            window.map.map.set_line(None)
            window.nearest.set_rows([])
            return
        window.directions.set_values(here.tolist(), base.tolist())
        if window.tabs.currentWidget() is window.map:
            x, y = window.map.axes
            window.map.map.set_here((float(here[x]), float(here[y])))
            first, last = (coordinates(end) for end in explorer.line.ends)
            window.map.map.set_line(
                None if first is None or last is None else
                ((float(first[x]), float(first[y])), (float(last[x]), float(last[y])))
            )  # fmt: skip
        elif window.tabs.currentWidget() is window.neighbours:
            self._show_nearest()

    def _show_nearest(self) -> None:
        known = self._known_crystals.table
        if known is None:
            return
        self._neighbours = self._known_crystals.nearest(self._explorer.decoding.latent)
        self._window.nearest.set_rows([
            (known.formulas[row], known.identifiers[row], str(known.atoms[row]), f"{away:.3f}")
            for row, away in self._neighbours
        ])  # fmt: skip

    # ------------------------------------------------------------------ window → Explorer
    def _open_point(self, point: int) -> None:
        known = self._known_crystals.map
        if known is not None:
            self._explorer.open_known(int(known.rows[point]))

    def _open_neighbour(self, row: int) -> None:
        self._explorer.open_known(self._neighbours[row][0])
