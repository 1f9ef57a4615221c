"""Shows the Explorer in its window, and calls it for what the user does there.

The widgets know nothing of the Explorer, and the Explorer nothing of widgets. The presenters hold
no state that must outlive the window.
"""

import numpy as np

from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.explorer.save_and_send import ExplorerExport
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.crystal.materials.cube import EDGE
from patterson_gui.gui.explorer.choose_crystal import CrystalChooser
from patterson_gui.gui.explorer.crystal_list import Row
from patterson_gui.gui.explorer.known_crystals_presenter import KnownCrystalsPresenter
from patterson_gui.gui.explorer.window import ExplorerWindow
from patterson_gui.gui.widgets.plain_text import plain_tip

KIND_NAMES = {"crystal": "unit cells", "lattice": "windows"}


class ExplorerPresenter:
    """Connects one Explorer and one window: crystal, latent, densities, atoms and samples.

    Attributes
    ----------
    known_crystals : shows the known crystals.
    """

    def __init__(self, explorer: Explorer, export: ExplorerExport, window: ExplorerWindow) -> None:
        self._explorer = explorer
        self._export = export
        self._window = window
        self._chooser = CrystalChooser(explorer, window)
        self.known_crystals = KnownCrystalsPresenter(explorer, window)
        self._slots = (
            (explorer.network.changed, self._show_network),
            (explorer.encoding.changed, self._show_encoded),
            (explorer.encoding.choice_wanted, self._chooser.choose_of_file),
            (explorer.decoding.latent_changed, self._show_latent),
            (explorer.decoding.density_changed, self._show_density),
            (explorer.decoding.decoded_changed, self._show_decoded),
            (explorer.line.changed, self._show_latent),
            (explorer.samples.changed, self._show_samples),
            (explorer.known_crystals.changed, self._show_blocked),
        )
        for signal, call in self._slots:
            signal.connect(call)
        self._listen_to_window()
        self._show_everything()

    def stop_listening(self) -> None:
        """The window closes."""
        self.known_crystals.stop_listening()
        for signal, call in self._slots:
            signal.disconnect(call)

    def _listen_to_window(self) -> None:
        explorer, window = self._explorer, self._window
        encoding, decoding = explorer.encoding, explorer.decoding
        crystal, line = window.crystal, window.line
        crystal.element_wanted.connect(encoding.set_element)
        crystal.coordinate_wanted.connect(encoding.set_coordinate)
        crystal.step_wanted.connect(encoding.step)
        crystal.kind_chosen.connect(explorer.set_kind)
        crystal.row_chosen.connect(self._mark_atom)
        crystal.refused.connect(lambda text: window.show_notice(Notice(text, error=True)))
        window.views.atom_picked.connect(self._select_atom)
        line.moved.connect(explorer.line.move_to)
        line.rested.connect(decoding.find_atoms)
        line.set_clicked.connect(explorer.line.set_end)
        line.swap_clicked.connect(explorer.line.swap_ends)
        window.directions.moved.connect(explorer.directions.set_coordinate)
        window.directions.rested.connect(decoding.find_atoms)
        window.directions.reset_clicked.connect(explorer.directions.reset)
        window.samples.draw_clicked.connect(explorer.samples.draw)
        window.samples.keep_clicked.connect(explorer.samples.keep_present)
        window.samples.chosen.connect(explorer.samples.go_to)
        window.dropped.connect(encoding.open_file)

    def _show_everything(self) -> None:
        """Show the state that the Explorer kept while its window was closed."""
        self._show_network()
        self._show_encoded()
        self.known_crystals.show()
        self._show_latent()
        self._show_density()
        self._show_decoded()
        self._show_samples()

    def choose_known(self) -> None:
        """Let the user choose one of the known crystals."""
        self._chooser.choose_known()

    # ------------------------------------------------------------------ Explorer → window
    def _show_network(self) -> None:
        explorer, window = self._explorer, self._window
        network, coder = explorer.network, explorer.network.coder
        window.crystal.show_kind(network.kind)
        window.line.set_possible(explorer.decoding.latent is not None)
        window.samples.set_possible(coder is not None)
        if coder is not None:
            window.network.setText(f"Network {coder.name}, {KIND_NAMES[network.kind]}")
            window.views.decoded.set_empty("The density decoded from the latent appears here.")
        elif network.loading:
            window.network.setText("Loading the network…")
            window.views.decoded.set_empty("Loading the network…")
        else:
            window.network.setText("No network")
            window.views.decoded.set_empty(network.problem, "Try again")
        self._show_blocked()

    def _show_encoded(self) -> None:
        encoding, window = self._explorer.encoding, self._window
        encoded, edits = encoding.encoded, encoding.edits
        window.crystal.show_crystal(
            encoding.edits.material, edited=edits.can_undo,
            undo=edits.can_undo, redo=edits.can_redo,
        )  # fmt: skip
        view = window.views.encoded
        if encoded is None:
            view.set_empty("The encoded crystal appears here.", "Open crystal…")
            view.set_map(None)
            view.set_sample(None)
            return
        view.set_map(encoded.density)
        view.set_sample(encoded.sample)
        for either in window.views.views:
            either.set_cursor(None)

    def _show_latent(self) -> None:
        explorer, window = self._explorer, self._window
        first, last = ("" if end is None else end.name or "a latent" for end in explorer.line.ends)
        latent = explorer.decoding.latent
        window.line.set_possible(latent is not None)
        window.line.show_line((first, last), explorer.line.fraction, self._line_texts())
        window.state.setText("" if latent is None else _capitalised(latent.name))
        window.state.setToolTip(plain_tip(window.state.text()))

    def _line_texts(self) -> tuple[str, ...]:
        """What to say below the slider: at length, and for a narrow window."""
        line = self._explorer.line
        first, last = line.ends
        if first is None or last is None:
            return "Set A and B, then drag between them", "Set A and B"
        if not line.has_current:
            return "Drag to go to the line from A to B", "Drag"
        percent = f"{100 * line.fraction:.0f} %"
        return f"{percent} from A to B", percent

    def _show_density(self) -> None:
        decoding, view = self._explorer.decoding, self._window.views.decoded
        view.set_map(decoding.density)
        if decoding.decoded is None:
            view.set_sample(None)
        self._show_blocked()

    def _show_decoded(self) -> None:
        decoding, window = self._explorer.decoding, self._window
        if decoding.decoded is None or decoding.check is None:
            window.views.decoded.set_sample(None)
            waiting = decoding.latent is not None
            window.validity.show_nothing("Finding atoms…" if waiting else "Nothing is decoded yet.")
        else:
            window.views.decoded.set_sample(decoding.decoded.sample)
            window.validity.show_check(decoding.decoded.material, decoding.check)
        self._show_blocked()

    def _show_samples(self) -> None:
        rows: list[Row] = []
        chosen = None
        for number, kept in enumerate(self._explorer.samples.kept):
            share = "…" if kept.explained is None else f"{100 * kept.explained:.0f} %"
            rows.append((_capitalised(kept.latent.name), kept.formula or "…", share))
            if kept.latent is self._explorer.decoding.latent:
                chosen = number
        self._window.samples.set_rows(rows, chosen)

    def _show_blocked(self) -> None:
        """Enable the actions, or let their tooltips say why they are disabled."""
        window, known_crystals = self._window, self._explorer.known_crystals
        atoms, density = self._export.atoms_blocked(), self._export.density_blocked()
        window.set_blocked("save_crystal", atoms)
        window.set_blocked("to_main", atoms)
        window.set_blocked("save_density", density)
        window.set_blocked("send", density)
        reading = known_crystals.problem or "The known crystals are being read."
        window.set_blocked("known", reading if known_crystals.table is None else None)

    # ------------------------------------------------------------------ window → Explorer
    def _select_atom(self, place: np.ndarray) -> None:
        """Select the row of the atom that was picked in a view."""
        encoded = self._explorer.encoding.encoded
        if encoded is not None:
            self._window.crystal.choose_row(encoded.nearest(place))

    def _mark_atom(self, row: int) -> None:
        """Put the cursor of both views on the atom of a row."""
        encoded = self._explorer.encoding.encoded
        if encoded is None or not 0 <= row < len(encoded.material):
            return
        for view in self._window.views.views:
            view.set_cursor(encoded.place(row) / EDGE)


def _capitalised(text: str) -> str:
    """With a capital first letter and the rest unchanged."""
    return text[:1].upper() + text[1:]
