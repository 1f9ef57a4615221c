"""Random latents, and the list of latents that the user keeps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from psygnal import Signal

from patterson_gui.app.explorer.decoding import Decoding, Source
from patterson_gui.app.jobs.jobs import Failure, Lane
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.materials.latent import CrystalCoder, Decoded, Latent

MOST_KEPT = 200  # latents in the list


@dataclass(frozen=True, eq=False)
class KeptLatent:
    """A latent in the list, with formula and explained share once its atoms are found."""

    latent: Latent
    source: Source
    formula: str = ""
    explained: float | None = None


class Samples:
    """Attributes are read freely and set by the methods alone.

    Attributes
    ----------
    kept : samples, and latents that the user kept, the newest last.
    """

    changed = Signal()

    def __init__(
        self,
        runner: JobRunner,
        coder: Callable[[], CrystalCoder | None],
        decoding: Decoding,
        on_failed: Callable[[Failure], None],
    ) -> None:
        """`coder` gives the network in use; None where there is none."""
        self._runner = runner
        self._coder = coder
        self._decoding = decoding
        self._on_failed = on_failed
        self._centre: Latent | None = None  # new samples lie around it: not itself a new sample
        self.kept: tuple[KeptLatent, ...] = ()
        decoding.latent_changed.connect(self._follow)
        decoding.decoded_changed.connect(self._add_formula)

    def clear(self) -> None:
        """Empty the list."""
        self._centre, self.kept = None, ()
        self.changed.emit()

    def draw(self, seed: int, temperature: float, around: bool) -> None:
        """Go to a random latent: around the present crystal, or of the whole latent space."""
        coder, centre = self._coder(), self._centre
        if coder is None:
            return

        def done(latent: Latent) -> None:
            if coder is self._coder():
                self._add(KeptLatent(latent, Source.SAMPLED))
                self._decoding.go_to(latent, Source.SAMPLED)
                self._centre = centre  # the next sample lies around the same crystal
                self._decoding.find_atoms()

        self._runner.submit(
            "Drawing a sample",
            lambda context: coder.sample(seed, temperature, centre if around else None),
            lane=Lane.EXPLORER, key="sample", quiet=True,
            on_done=done, on_failed=self._on_failed,
        )  # fmt: skip

    def keep_present(self) -> None:
        """Put the present latent into the list."""
        latent = self._decoding.latent
        if latent is not None and all(kept.latent is not latent for kept in self.kept):
            self._add(KeptLatent(latent, self._decoding.source))
            self._add_formula()

    def go_to(self, row: int) -> None:
        """Go back to a latent of the list."""
        kept = self.kept[row]
        self._decoding.go_to(kept.latent, kept.source)
        self._decoding.find_atoms()

    def _follow(self) -> None:
        self._centre = self._decoding.latent

    def _add(self, kept: KeptLatent) -> None:
        self.kept = (*self.kept, kept)[-MOST_KEPT:]
        self.changed.emit()

    def _add_formula(self) -> None:
        """Once atoms are found, write their formula into the rows of the present latent."""
        latent, decoded = self._decoding.latent, self._decoding.decoded
        if decoded is None or all(kept.latent is not latent for kept in self.kept):
            return
        self.kept = tuple(
            _with_formula(kept, decoded) if kept.latent is latent else kept for kept in self.kept
        )
        self.changed.emit()


def _with_formula(kept: KeptLatent, decoded: Decoded) -> KeptLatent:
    formula = decoded.material.formula if len(decoded.material) else "no atoms"
    return replace(kept, formula=formula, explained=decoded.explained)
