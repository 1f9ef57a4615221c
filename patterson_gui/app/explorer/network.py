"""The network that encodes and decodes crystals, loaded once for each kind of sample."""

from collections.abc import Callable

from psygnal import Signal

from patterson_gui.app.jobs.jobs import Failure, Lane
from patterson_gui.app.jobs.notice import Notice
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.crystal.materials.latent import CrystalCoder


class CrystalNetwork:
    """Loads the network of the chosen kind in a job.

    Attributes
    ----------
    kind : what is encoded: 'crystal', a unit cell, or 'lattice', a window onto the crystal.
    loading : whether the network of this kind is being loaded.
    problem : why there is no network of this kind, one sentence; "" where there is one.
    """

    changed = Signal()
    notice = Signal(object)  # Notice

    def __init__(self, runner: JobRunner, load: Callable[[SampleKind], CrystalCoder]) -> None:
        """`load` : loads the network of a kind; slow; raises `UserError` where there is none."""
        self._runner = runner
        self._load_coder = load
        self._coders: dict[SampleKind, CrystalCoder] = {}
        self.kind: SampleKind = "crystal"
        self.loading = False
        self.problem = ""

    @property
    def coder(self) -> CrystalCoder | None:
        """The network of this kind; None until it is loaded."""
        return self._coders.get(self.kind)

    def load(self, on_ready: Callable[[], None]) -> None:
        """Load the network of the chosen kind; call `on_ready` once it is there or has failed."""
        kind = self.kind
        if self.coder is not None:
            self._finish(on_ready)
            return
        self.loading, self.problem = True, ""
        self.changed.emit()

        def done(coder: CrystalCoder) -> None:
            self._coders[kind] = coder
            if kind == self.kind:
                self._finish(on_ready)

        def failed(failure: Failure) -> None:
            if kind == self.kind:
                self.problem = failure.sentence
                if failure.details:
                    self.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
                self._finish(on_ready)

        self._runner.submit(
            "Loading the network for crystals", lambda context: self._load_coder(kind),
            lane=Lane.EXPLORER, quiet=True, on_done=done, on_failed=failed,
        )  # fmt: skip

    def _finish(self, on_ready: Callable[[], None]) -> None:
        self.loading = False
        self.changed.emit()
        on_ready()
