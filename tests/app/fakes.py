"""Fakes of the services that the command line passes to the application."""

import itertools
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.app.services import Services
from patterson_gui.crystal.cells import grid_shape, p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import (
    BuiltAtoms,
    Prediction,
    PredictionSettings,
    Progress,
    StartResult,
)
from patterson_gui.crystal.reciprocal.fourier import coefficients_from_map, map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_parts import NetworkPart, PartKind
from patterson_gui.io.viewers.scene import (
    Fetched,
    PluginStatus,
    SendReport,
    Viewer,
    ViewerItem,
    ViewerOptions,
    ViewerScene,
)
from tests.app.fake_crystals import FakeCrystals
from tests.app.fake_sites import STEP_SECONDS, FakeSites, open_gate
from tests.app.fake_solver import FakeSolver

STANDIN_TRAINER = Path(__file__).with_name("standin_trainer.py")
SHIFT = np.array([0.13, -0.21, 0.07])
STEPS = 5


@dataclass
class FakePredictor:
    """Predicts with the phases of `truth` (moved, inverted, with small errors), else random ones.

    It reports progress, stops within one step when cancelled, and raises `failure` if that is set.
    While `go` is cleared it does not end and keeps reporting.
    """

    truth: Crystal | None = None
    error_deg: float = 8.0
    inverted: bool = True
    failure: Exception | None = None
    previews: bool = False
    atoms: bool = False  # build some: those of the truth, moved as its density is
    go: threading.Event = field(default_factory=open_gate)
    calls: list[PredictionSettings] = field(default_factory=list)
    data: list[tuple[Amplitudes, Composition | None]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)  # in which it was called

    def __call__(
        self,
        amplitudes: Amplitudes,
        composition: Composition | None,
        settings: PredictionSettings,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Prediction:
        self.calls.append(settings)
        self.data.append((amplitudes, composition))
        self.threads.append(threading.current_thread())
        history: list[tuple[int, float]] = []
        for step in itertools.count():
            if cancelled():
                raise Cancelled
            done = min(step + 1, STEPS)
            best = 0.6 - 0.5 * done / STEPS
            history.append((10 * (step + 1), best))
            report(
                Progress(
                    done / STEPS, f"start {done} of {STEPS}", best,
                    done, STEPS, tuple(history), self._preview(amplitudes, step), best,
                )
            )  # fmt: skip
            if self.failure is not None:
                raise self.failure
            if self.go.wait(STEP_SECONDS) and done == STEPS:
                break
        return self._answer(amplitudes, settings)

    def _preview(self, amplitudes: Amplitudes, step: int) -> DensityMap | None:
        if not self.previews or step % 4:
            return None
        return self._answer(amplitudes, PredictionSettings(seed=step)).density

    def _answer(self, amplitudes: Amplitudes, settings: PredictionSettings) -> Prediction:
        data = amplitudes.expand_to_p1()
        if settings.d_min is not None:
            data = data.cut(settings.d_min)
        random = np.random.default_rng(settings.seed)
        phases = random.uniform(-np.pi, np.pi, len(data))
        if self.truth is not None and self.truth.truth is not None:
            true = coefficients_from_map(self.truth.truth.grid, data.cell, data.hkl)
            phases = np.angle(true) + np.radians(random.normal(0, self.error_deg, len(data)))
            phases = phases + 2 * np.pi * data.hkl @ SHIFT
        if self.inverted:
            phases = -phases
        shape = grid_shape(data.cell, min(0.5, data.d_min / 3))
        grid = map_from_terms(data.hkl, data.f * np.exp(1j * phases), data.cell, shape)
        density = DensityMap(grid, data.cell, p1(), MapKind.PREDICTED, data.d_min, "predicted")
        return Prediction(
            density=density,
            amplitudes=data,
            phases_deg=np.degrees(np.angle(np.exp(1j * phases))).astype(np.float32),
            fom=np.full(len(data), 0.9, dtype=np.float32),
            r_factor=0.06,
            self_consistency=0.99,
            solved=self.truth is not None,
            verdict="Solved: R is far below that of an unsolved structure.",
            hand_determined=False,
            settings=settings,
            starts=tuple(StartResult(i, 0.06 + 0.05 * i, 50, "raar") for i in range(4)),
            seconds=0.05,
            model=self._model(),
            built=None if self._model() is None else BuiltAtoms(11, 12, 0.018, "Nearly all."),
        )

    def _model(self) -> gemmi.Structure | None:
        if not self.atoms or self.truth is None or self.truth.model is None:
            return None
        model = self.truth.model.clone()
        sign = -1.0 if self.inverted else 1.0
        for cra in model[0].all():
            place = np.array(model.cell.fractionalize(cra.atom.pos).tolist())
            moved = gemmi.Fractional(*(sign * (place + SHIFT)))
            cra.atom.pos = model.cell.orthogonalize(moved)
        return model


@dataclass
class FakeViewers:
    """Other programs: records what is sent and returns what the test puts into `there`.

    While `go` is cleared, sending does not end.
    """

    scenes: list[tuple[Viewer, ViewerScene]] = field(default_factory=list)
    options: list[ViewerOptions] = field(default_factory=list)
    followed: list[tuple[ViewerItem, ...]] = field(default_factory=list)
    report: SendReport | None = None
    trouble: str | None = None  # error raised by `follow`
    there: Fetched | UserError = field(default_factory=lambda: UserError("Nothing is open there."))
    plugins: set[Viewer] = field(default_factory=set)
    found: dict[Viewer, str] = field(default_factory=dict)
    go: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.go.set()

    def forget(self) -> None:
        """Drop what was recorded."""
        self.scenes.clear()
        self.options.clear()
        self.followed.clear()

    @property
    def sent(self) -> list[tuple[ViewerItem, ...]]:
        """The items of each sending."""
        return [scene.items for _, scene in self.scenes]

    def send(
        self, viewer: Viewer, scene: ViewerScene, folder: Path, options: ViewerOptions
    ) -> SendReport:
        self.go.wait(30)
        self.scenes.append((viewer, scene))
        self.options.append(options)
        return self.report or SendReport(f"Sent to {viewer.label}.", True)

    def follow(self, viewer: Viewer, items: Sequence[ViewerItem]) -> str | None:
        self.followed.append(tuple(items))
        return self.trouble

    def fetch(self, viewer: Viewer, folder: Path, options: ViewerOptions) -> Fetched:
        self.options.append(options)
        if isinstance(self.there, UserError):
            raise self.there
        return self.there

    def find(self, viewer: Viewer) -> str | None:
        return self.found.get(viewer)

    def status(self, viewer: Viewer, program: Path | None) -> PluginStatus:
        there = viewer in self.plugins
        return PluginStatus(there, "It is installed." if there else "It is not installed.")

    def install(self, viewer: Viewer, program: Path | None) -> PluginStatus:
        self.plugins.add(viewer)
        return PluginStatus(True, f"Installed in {viewer.label}.")

    def remove(self, viewer: Viewer, program: Path | None) -> PluginStatus:
        self.plugins.discard(viewer)
        return PluginStatus(False, f"Removed from {viewer.label}.")

    def bridge_to(self, viewer: Viewer) -> "FakeBridge":
        return FakeBridge(self, viewer)


@dataclass
class FakeBridge:
    """The bridge to one of the programs of `FakeViewers`."""

    viewers: FakeViewers
    viewer: Viewer

    @property
    def plugin(self) -> "FakePlugin":
        return FakePlugin(self.viewers, self.viewer)

    def find(self) -> str | None:
        return self.viewers.find(self.viewer)

    def send(self, scene: ViewerScene, folder: Path, options: ViewerOptions) -> SendReport:
        return self.viewers.send(self.viewer, scene, folder, options)

    def follow(self, items: Sequence[ViewerItem]) -> str | None:
        return self.viewers.follow(self.viewer, items)

    def fetch(self, folder: Path, options: ViewerOptions) -> Fetched:
        return self.viewers.fetch(self.viewer, folder, options)


@dataclass
class FakePlugin:
    """The plugin in one of the programs of `FakeViewers`."""

    viewers: FakeViewers
    viewer: Viewer

    def status(self, program: Path | None = None) -> PluginStatus:
        return self.viewers.status(self.viewer, program)

    def install(self, program: Path | None = None) -> PluginStatus:
        return self.viewers.install(self.viewer, program)

    def remove(self, program: Path | None = None) -> PluginStatus:
        return self.viewers.remove(self.viewer, program)


def unsuitable_by_edge(
    card: ModelCard,
    data: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
) -> str | None:
    """Refuse a network whose training did not include this first cell edge."""
    low, high = card.data.cell_edges
    return None if low <= data.cell.a <= high else "the cell is of another size"


def fake_services(
    predictor: FakePredictor | None = None,
    viewers: FakeViewers | None = None,
    crystals: FakeCrystals | None = None,
    solver: FakeSolver | None = None,
    sites: FakeSites | None = None,
) -> Services:
    return Services(
        predict=predictor or FakePredictor(),
        device_names=lambda: ["cpu"],
        bridge_to=(viewers or FakeViewers()).bridge_to,
        why_unsuitable=unsuitable_by_edge,
        parts_of=lambda name, config: (NetworkPart(name, PartKind.LINEAR, "linear, 2 → 3", 9),),
        trainer=(sys.executable, str(STANDIN_TRAINER)),
        architectures=lambda: ["resunet1", "resunet2"],
        prepare=lambda: None,
        examine=lambda: "ok      Disk: there is room.\n\nAll is well.",
        switched_off=list,
        crystals=(crystals or FakeCrystals()).services(),
        solving=(solver or FakeSolver()).services(),
        sites=(sites or FakeSites()).services(),
    )
