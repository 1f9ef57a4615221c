"""Shows the Explorer in its window and brings to it what is done there.

The parts of the window know nothing of it; it knows no widget. Nothing is kept here that has to
outlive the window.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from PyQt6.QtCore import QTimer

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.known_crystals import search_texts
from patterson_gui.app.explorer.save_and_send import ExplorerExport
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import EDGE
from patterson_gui.crystal.materials.latent import Latent
from patterson_gui.gui.explorer.crystal_list import ChooseCrystalDialog, Row
from patterson_gui.gui.explorer.window import NEIGHBOURS, ExplorerWindow

TEMPERED_MS = 60  # numbers beside a slider that is dragged are brought up to date this often
KIND_NAMES = {"crystal": "unit cells", "lattice": "windows"}


class ExplorerPresenter:
    """Joins one Explorer and one window, for as long as the window lives."""

    def __init__(self, explorer: Explorer, export: ExplorerExport, window: ExplorerWindow) -> None:
        self._explorer = explorer
        self._export = export
        self._window = window
        self._map_shown: object = None
        self._neighbours: list[tuple[int, float]] = []
        self._dialog: ChooseCrystalDialog | None = None
        self._soon = QTimer(window)
        self._soon.setSingleShot(True)
        self._soon.setInterval(TEMPERED_MS)
        self._soon.timeout.connect(self._show_places)
        self._listen_to_explorer()
        self._listen_to_window()
        self.show_everything()

    # ------------------------------------------------------------------ who tells whom
    def _listen_to_explorer(self) -> None:
        explorer = self._explorer
        self._heard = (
            (explorer.network.changed, self._show_network),
            (explorer.encoding.changed, self._show_encoded),
            (explorer.encoding.choice_wanted, self._ask_which),
            (explorer.decoding.latent_changed, self._show_latent),
            (explorer.decoding.density_changed, self._show_density),
            (explorer.decoding.decoded_changed, self._show_decoded),
            (explorer.line.changed, self._show_latent),
            (explorer.samples.changed, self._show_kept),
            (explorer.library.changed, self._show_library),
            (explorer.library.progressed, self._show_waiting),
        )
        for signal, call in self._heard:
            signal.connect(call)

    def stop_listening(self) -> None:
        """The window closes: nothing the Explorer tells may reach a dead part of it."""
        self._soon.stop()
        for signal, call in self._heard:
            signal.disconnect(call)

    def _listen_to_window(self) -> None:
        explorer, window = self._explorer, self._window
        encoding = explorer.encoding
        crystal, line = window.crystal, window.line
        crystal.element_wanted.connect(encoding.set_element)
        crystal.coordinate_wanted.connect(encoding.set_coordinate)
        crystal.step_wanted.connect(encoding.step)
        crystal.kind_chosen.connect(explorer.set_kind)
        crystal.row_chosen.connect(self._point_at)
        crystal.refused.connect(lambda text: window.tell(Notice(text, error=True)))
        window.views.atom_picked.connect(self._choose_atom)
        line.moved.connect(explorer.line.move_to)
        line.rested.connect(explorer.decoding.find_atoms)
        line.set_clicked.connect(explorer.line.set_end)
        line.swap_clicked.connect(explorer.line.swap_ends)
        window.directions.moved.connect(explorer.directions.set_coordinate)
        window.directions.rested.connect(explorer.decoding.find_atoms)
        window.directions.reset_clicked.connect(explorer.directions.reset)
        window.map.axes_chosen.connect(lambda *_: self._show_map())
        window.map.colour_chosen.connect(lambda _key: self._show_colours())
        window.map.chosen.connect(self._open_point)
        window.nearest.opened.connect(self._open_neighbour)
        window.samples.draw_clicked.connect(explorer.samples.draw)
        window.samples.keep_clicked.connect(explorer.samples.keep_present)
        window.samples.chosen.connect(explorer.samples.go_to)
        window.tabs.currentChanged.connect(lambda _tab: self._show_places())
        window.dropped.connect(encoding.open_file)

    def show_everything(self) -> None:
        """All that the Explorer has, as when its window was closed and is opened again."""
        self._show_network()
        self._show_encoded()
        self._show_library()
        self._show_latent()
        self._show_density()
        self._show_decoded()
        self._show_kept()

    # ------------------------------------------------------------------ Explorer → window
    def _show_network(self) -> None:
        explorer, window = self._explorer, self._window
        coder = explorer.network.coder
        window.crystal.show_kind(explorer.network.kind)
        window.line.set_possible(explorer.decoding.latent is not None)
        window.samples.set_possible(coder is not None)
        if coder is not None:
            window.network.setText(f"Network {coder.name}, {KIND_NAMES[explorer.network.kind]}")
            window.views.decoded.set_empty("What the latent decodes to appears here.")
        elif explorer.network.loading:
            window.network.setText("Loading the network…")
            window.views.decoded.set_empty("The network is being loaded.")
        else:
            window.network.setText("No network")
            window.views.decoded.set_empty(explorer.network.problem, "Look again")
        self._show_blocked()
        self._show_waiting()

    def _show_encoded(self) -> None:
        encoding, window = self._explorer.encoding, self._window
        encoded, edits = encoding.encoded, encoding.edits
        window.crystal.show_crystal(
            encoding.edits.material, edited=edits.can_undo,
            undo=edits.can_undo, redo=edits.can_redo,
        )  # fmt: skip
        view = window.views.encoded
        if encoded is None:
            view.set_empty("The crystal that is encoded appears here.", "Open crystal…")
            view.set_map(None)
            view.set_sample(None)
            return
        view.set_map(encoded.density)
        view.set_sample(encoded.sample)
        for either in window.views.views:
            either.set_cursor(None)

    def _show_latent(self) -> None:
        explorer, window = self._explorer, self._window
        first, last = explorer.line.ends
        names = ("" if first is None else _short(first), "" if last is None else _short(last))
        window.line.set_possible(explorer.decoding.latent is not None)
        window.line.show_line(names, explorer.line.fraction, self._line_words())
        latent = explorer.decoding.latent
        window.state.setText("" if latent is None else _capital(latent.name))
        window.state.setToolTip(window.state.text())
        if not self._soon.isActive():
            self._soon.start()

    def _line_words(self) -> str:
        explorer = self._explorer
        first, last = explorer.line.ends
        if first is None or last is None:
            return "Set A and B, then drag between them"
        if not explorer.line.has_current:
            return "Drag to go to the line from A to B"
        return f"{100 * explorer.line.fraction:.0f} % from A to B"

    def _show_density(self) -> None:
        explorer, view = self._explorer, self._window.views.decoded
        view.set_map(explorer.decoding.density)
        if explorer.decoding.decoded is None:
            view.set_sample(None)
        self._show_blocked()

    def _show_decoded(self) -> None:
        explorer, window = self._explorer, self._window
        decoded, check = explorer.decoding.decoded, explorer.decoding.check
        if decoded is None or check is None:
            window.views.decoded.set_sample(None)
            waiting = explorer.decoding.latent is not None
            window.validity.show_nothing(
                "Looking for atoms…" if waiting else "Nothing is decoded yet."
            )
        else:
            window.views.decoded.set_sample(decoded.sample)
            window.validity.show_check(decoded.material, check)
        self._show_blocked()

    def _show_kept(self) -> None:
        rows: list[Row] = []
        chosen = None
        for number, kept in enumerate(self._explorer.samples.kept):
            share = "…" if kept.explained is None else f"{100 * kept.explained:.0f} %"
            rows.append((_capital(kept.latent.name), kept.formula or "…", share))
            if kept.latent is self._explorer.decoding.latent:
                chosen = number
        self._window.samples.set_rows(rows, chosen)

    def _show_blocked(self) -> None:
        window, out = self._window, self._export
        atoms, density = out.atoms_blocked(), out.density_blocked()
        window.set_blocked("save_crystal", atoms)
        window.set_blocked("to_main", atoms)
        window.set_blocked("save_density", density)
        window.set_blocked("send", density)

    # ------------------------------------------------------------------ the known crystals
    def _show_library(self) -> None:
        library, window = self._explorer.library, self._window
        window.set_blocked(
            "known",
            None if library.known is not None else
            library.problem or "The known crystals are being read.",
        )  # fmt: skip
        known = library.map
        if known is not None and known is not self._map_shown:
            self._map_shown = known
            shares = [float(s) for s in known.shares]
            window.directions.set_directions(shares)
            window.map.set_directions(shares)
            window.map.count.setText(
                f"{len(known)} known crystals. Point at one, click to encode it."
            )
            self._show_map()
        self._show_waiting()
        self._show_places()

    def _show_waiting(self) -> None:
        """What stands where the known crystals are needed, until they are there."""
        explorer, library = self._explorer, self._explorer.library
        if library.map is not None and explorer.network.coder is not None:
            text = ""
        elif explorer.network.coder is None and not explorer.network.loading:
            text = explorer.network.problem
        elif library.problem:
            text = library.problem
        elif library.fraction is None or library.known is None:
            text = "The known crystals are being read…"
        else:
            text = f"The known crystals are being encoded: {100 * library.fraction:.0f} %"
        for tab in (self._window.directions, self._window.map):
            tab.set_waiting(text)
        self._window.neighbour_words.setText(text or NEIGHBOURS)

    def _show_map(self) -> None:
        library, tab = self._explorer.library, self._window.map
        known, crystals = library.map, library.known
        if known is None or crystals is None:
            return
        x, y = tab.axes

        def name(point: int) -> str:
            row = int(known.rows[point])
            return f"{crystals.formulas[row]}  {crystals.identifiers[row]}".strip()

        tab.map.set_points(
            known.coordinates[:, [x, y]], (f"direction {x + 1} (σ)", f"direction {y + 1} (σ)"), name
        )
        self._show_colours()
        self._show_places()

    def _show_colours(self) -> None:
        library, tab = self._explorer.library, self._window.map
        if library.map is None or library.known is None:
            return
        key = str(tab.colour.currentData())
        values = np.asarray(getattr(library.known, key), float)[library.map.rows]
        low, high = tab.map.set_values(values)
        unit = {"atoms": "atoms", "mean_z": "e", "volume_per_atom": "Å³"}[key]
        tab.bar.set_range(low, high, unit)

    def _show_places(self) -> None:
        """The present latent on the map, on the sliders and among its neighbours."""
        explorer, window = self._explorer, self._window
        coordinates = explorer.library.coordinates
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
            ends = [coordinates(end) for end in explorer.line.ends]
            window.map.map.set_line(
                None if ends[0] is None or ends[1] is None else
                ((float(ends[0][x]), float(ends[0][y])), (float(ends[1][x]), float(ends[1][y])))
            )  # fmt: skip
        elif window.tabs.currentWidget() is window.neighbours:
            self._show_nearest()

    def _show_nearest(self) -> None:
        known = self._explorer.library.known
        if known is None:
            return
        self._neighbours = self._explorer.library.nearest(self._explorer.decoding.latent)
        self._window.nearest.set_rows([
            (known.formulas[row], known.identifiers[row], str(known.atoms[row]), f"{away:.3f}")
            for row, away in self._neighbours
        ])  # fmt: skip

    # ------------------------------------------------------------------ window → Explorer
    def _open_point(self, point: int) -> None:
        known = self._explorer.library.map
        if known is not None:
            self._explorer.open_known(int(known.rows[point]))

    def _open_neighbour(self, row: int) -> None:
        self._explorer.open_known(self._neighbours[row][0])

    def _choose_atom(self, place: np.ndarray) -> None:
        encoded = self._explorer.encoding.encoded
        if encoded is not None:
            self._window.crystal.choose_row(encoded.nearest(place))

    def _point_at(self, row: int) -> None:
        encoded = self._explorer.encoding.encoded
        if encoded is None or not 0 <= row < len(encoded.material):
            return
        for view in self._window.views.views:
            view.set_cursor(encoded.place(row) / EDGE)

    def choose_known(self) -> None:
        """Let one of the known crystals be chosen."""
        known = self._explorer.library.known
        if known is None:
            return

        def row(number: int) -> Row:
            name = known.identifiers[number]
            return known.formulas[number], name, str(known.atoms[number])

        self._choose("Known crystals", row, known.search, self._explorer.open_known)

    def _ask_which(self, of: str, materials: list[Material]) -> None:
        def row(number: int) -> Row:
            material = materials[number]
            return material.formula, material.identifier or material.name, str(len(material))

        texts = [f"{m.formula} {m.label}" for m in materials]
        open_ = self._explorer.encoding.open_material
        self._choose(
            f"Crystals of {of}",
            row,
            partial(search_texts, texts),
            lambda number: open_(materials[number]),
        )

    def _choose(
        self,
        title: str,
        row: Callable[[int], Row],
        found: Callable[[str], list[int]],
        chosen: Callable[[int], object],
    ) -> None:
        if self._dialog is not None:
            self._dialog.close()
        dialog = ChooseCrystalDialog(title, row, found, self._window)
        dialog.chosen.connect(chosen)
        dialog.finished.connect(partial(self._forget, dialog))
        self._dialog = dialog
        dialog.show()

    def _forget(self, dialog: ChooseCrystalDialog, _result: int) -> None:
        if self._dialog is dialog:
            self._dialog = None


def _short(latent: Latent) -> str:
    return latent.name or "a latent"


def _capital(text: str) -> str:
    """With a large first letter: a line of its own."""
    return text[:1].upper() + text[1:]
