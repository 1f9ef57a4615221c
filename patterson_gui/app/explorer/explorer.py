"""The Explorer: a crystal, its latent, what the latent decodes to, and ways to move the latent.

All parts live in the GUI thread and emit their changes as signals; slow work runs as jobs. The
Explorer joins the parts: it starts with a crystal, decodes what was encoded, and clears the parts
when the kind of sample changes.
"""

from psygnal import Signal

from patterson_gui.app.explorer.decoding import Decoding, Source
from patterson_gui.app.explorer.directions import Directions
from patterson_gui.app.explorer.encode import Encoded
from patterson_gui.app.explorer.encoding import Encoding
from patterson_gui.app.explorer.known_crystals import KnownCrystals
from patterson_gui.app.explorer.line import Line
from patterson_gui.app.explorer.network import CrystalNetwork
from patterson_gui.app.explorer.samples import Samples
from patterson_gui.app.jobs.jobs import Failure
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.app.services import CrystalServices
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.materials.cube import SampleKind


class Explorer:
    """The parts of the Explorer.

    Attributes
    ----------
    network : the network of the chosen kind of sample.
    known_crystals : the known crystals and where they lie in the network's latent space.
    encoding : the crystal as given, its sample and density.
    decoding : the present latent, its density and atoms.
    line, directions, samples : ways to move the present latent.
    """

    notice = Signal(object)  # Notice

    def __init__(self, runner: JobRunner, services: CrystalServices) -> None:
        self.network = network = CrystalNetwork(runner, services.coder)
        self.known_crystals = KnownCrystals(runner, services.known)
        self.encoding = Encoding(runner, lambda: (network.kind, network.coder))
        self.decoding = Decoding(
            runner, lambda: network.coder, lambda: self.encoding.encoded, self._tell_failure
        )
        self.line = Line(self.decoding)
        self.directions = Directions(self.decoding, self.known_crystals)
        self.samples = Samples(runner, lambda: network.coder, self.decoding, self._tell_failure)
        self._first_crystal_wanted = True
        self._opened: Crystal | None = None
        network.notice.connect(self.notice.emit)
        self.encoding.notice.connect(self.notice.emit)
        self.encoding.encoded_crystal.connect(self._decode_encoded)

    def start(self, opened: Crystal | None = None) -> None:
        """Load the network and the known crystals. The first time, encode a crystal too.

        Parameters
        ----------
        opened : what is open in the main window; encoded first, if it can be.
        """
        self._opened = opened
        if self.network.coder is None and not self.network.loading:
            self.network.load(self._network_ready)

    def set_kind(self, kind: SampleKind) -> None:
        """Encode unit cells ('crystal') or windows ('lattice'), by the network of that kind."""
        if kind == self.network.kind:
            return
        self.network.kind = kind
        for part in (self.encoding, self.decoding, self.line, self.samples):
            part.clear()
        self.network.load(self._network_ready)

    def open_known(self, row: int) -> None:
        """Encode one of the known crystals."""
        if self.known_crystals.table is not None:
            self.encoding.open_material(self.known_crystals.table.materials[row])

    def _network_ready(self) -> None:
        self.known_crystals.load(self.network.coder)
        if self.encoding.material is not None:
            self.encoding.encode_again()
        elif self._first_crystal_wanted:
            self._first_crystal_wanted = False
            self.encoding.open_if_possible(self._opened, self._open_first_known)

    def _open_first_known(self) -> None:
        """Encode the first known crystal as soon as it is read: no window starts empty."""
        known_crystals = self.known_crystals

        def open_if_read() -> None:
            if known_crystals.table is None and not known_crystals.problem:
                return
            known_crystals.changed.disconnect(open_if_read)
            if self.encoding.material is None:
                self.open_known(0)

        known_crystals.changed.connect(open_if_read)
        open_if_read()

    def _decode_encoded(self, encoded: Encoded, is_edit: bool) -> None:
        if encoded.latent is None:
            return
        self.decoding.go_to(encoded.latent, Source.ENCODED)
        self.decoding.find_atoms()
        first, last = self.line.ends
        # The first two crystals become the ends of the line, until the user sets others.
        if first is None:
            self.line.set_end(0)
        elif not is_edit and last is None and first.name != encoded.latent.name:
            self.line.set_end(1)

    def _tell_failure(self, failure: Failure) -> None:
        self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
