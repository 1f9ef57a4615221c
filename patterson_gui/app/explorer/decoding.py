"""The present latent, the density that it decodes to, and the atoms found in that density.

Every change of the latent requests its density. Atoms are slower: they are found on request, once
a slider rests. Answers for an earlier latent or another network are dropped.
"""

from collections.abc import Callable
from enum import StrEnum

from psygnal import Signal

from patterson_gui.app.explorer.check_atoms import AtomsCheck, check_atoms
from patterson_gui.app.explorer.encode import Encoded, decoded_map
from patterson_gui.app.jobs.jobs import Failure, JobContext, Lane
from patterson_gui.app.jobs.latest_request import LatestRequest
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.materials.latent import CrystalCoder, Decoded, Latent


class Source(StrEnum):
    """Where a latent comes from."""

    ENCODED = "encoded"
    MOVED = "moved"
    BETWEEN = "between"
    SAMPLED = "sampled"


class Decoding:
    """Attributes are read freely and set by the methods alone.

    Attributes
    ----------
    latent : the present one.
    base : the latent from which directions were moved; else the present one.
    density : the newest decoded density; it may belong to the latent of a moment ago.
    decoded, check : atoms of the present latent; None until `find_atoms` has finished.
    """

    latent_changed = Signal()
    density_changed = Signal()
    decoded_changed = Signal()

    def __init__(
        self,
        runner: JobRunner,
        coder: Callable[[], CrystalCoder | None],
        encoded: Callable[[], Encoded | None],
        on_failed: Callable[[Failure], None],
    ) -> None:
        """`coder` gives the network in use, `encoded` the encoded crystal; both None if absent."""
        self._coder = coder
        self._encoded = encoded
        self._densities = LatestRequest[DensityMap](runner, "Decoding", Lane.DECODING, on_failed)
        self._atoms = LatestRequest[tuple[Decoded, AtomsCheck]](
            runner, "Finding atoms", Lane.CHECKING, on_failed
        )
        self._reset()

    def _reset(self) -> None:
        self.latent: Latent | None = None
        self.base: Latent | None = None
        self.source = Source.ENCODED
        self.density: DensityMap | None = None
        self.decoded: Decoded | None = None
        self.check: AtomsCheck | None = None

    def clear(self) -> None:
        """Forget everything: latents of one network mean nothing to another."""
        self._reset()
        for signal in (self.latent_changed, self.density_changed, self.decoded_changed):
            signal.emit()

    def go_to(self, latent: Latent, source: Source, *, base: bool = True) -> None:
        """Make `latent` the present one and decode its density.

        Parameters
        ----------
        base : whether directions start from this latent; False for one that they moved.
        """
        coder = self._coder()
        if coder is None:
            return
        self.latent, self.source = latent, source
        if base:
            self.base = latent
        if self.decoded is not None or self.check is not None:
            self.decoded = self.check = None
            self.decoded_changed.emit()
        self.latent_changed.emit()

        def done(density: DensityMap) -> None:
            if coder is self._coder():
                self.density = density
                self.density_changed.emit()

        self._densities.submit(
            lambda context: decoded_map(coder.decode_density(latent), latent.name), done
        )

    def go_back_to(self, latent: Latent) -> None:
        """Go to a latent that was the present one before."""
        encoded = self._encoded()
        own = encoded is not None and encoded.latent is latent
        self.go_to(latent, Source.ENCODED if own else Source.MOVED)

    def find_atoms(self) -> None:
        """Find and check the atoms of the present latent, unless that was done already."""
        coder, latent, encoded = self._coder(), self.latent, self._encoded()
        if coder is None or latent is None or self.decoded is not None:
            return
        if encoded is not None and encoded.latent is not latent:
            encoded = None

        def work(context: JobContext) -> tuple[Decoded, AtomsCheck]:
            decoded = coder.decode(latent, context.cancelled)
            return decoded, check_atoms(decoded, encoded)

        def done(answer: tuple[Decoded, AtomsCheck]) -> None:
            if self.latent is latent:
                self.decoded, self.check = answer
                self.decoded_changed.emit()

        self._atoms.submit(work, done)
