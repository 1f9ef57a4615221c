"""Problems, settings, progress and results of predictions, and what predictors provide.

A predictor is given `Amplitudes` (without phases), a composition and settings, but never a model or
a true map. The types are here so that the application, the window and every method can use them
without importing one another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.reciprocal.reflections import Amplitudes

METHODS = ("auto", "retrieval", "network", "hybrid")
HEAVY_ATOMS = "heavy atoms"  # the method of phases that heavy-atom sites gave
ATOMS_D_MIN = 1.8  # Å: to this resolution data resolve atoms
FOUND_D_MIN = 2.5  # Å: to this resolution networks are trained to find atoms
ASKED_D_MIN = 3.0  # Å: to this resolution atoms are looked for where a user asks for them


@dataclass(frozen=True, eq=False)
class Problem:
    """The input of a prediction: amplitudes and, if known, the composition of the cell."""

    amplitudes: Amplitudes
    composition: Composition | None = None


@dataclass(frozen=True)
class PredictionSettings:
    """Settings of a prediction. `starts` and `iterations` None: the method chooses them.

    `method` is one of `METHODS`. `model` names trained weights (a file, or the stem of one
    that comes with the program); None: the best for these data. `atoms`: whether to build atoms
    into the density; None: if the data reach `ATOMS_D_MIN`, and to `FOUND_D_MIN` if the atoms
    explain the data well.
    """

    method: str = "auto"
    model: str | None = None
    atoms: bool | None = None
    starts: int | None = None
    iterations: int | None = None
    seed: int = 0
    device: str = "auto"  # auto | cpu | cuda
    d_min: float | None = None  # resolution limit of the data used, Å; None: all data
    n_atoms: int | None = None  # number of atoms in the P1 cell; overrides the composition


@dataclass(frozen=True)
class Progress:
    """Progress of a running task; `fraction` in 0..1. `preview_r` is the R of the map `preview`."""

    fraction: float
    message: str
    best_r: float | None = None  # lowest R so far
    starts_done: int = 0
    starts_total: int = 0
    history: tuple[tuple[int, float], ...] = ()  # (iteration, best R) so far
    preview: DensityMap | None = None
    preview_r: float | None = None


@dataclass(frozen=True)
class StartResult:
    """One random start."""

    seed: int
    r_factor: float
    iterations: int
    settings: str


@dataclass(frozen=True)
class BuiltAtoms:
    """How well the atoms built into a density explain the data.

    `r1` is Σ|s|Fc| − |Fo|| / Σ|Fo|; `n_expected` is None if the composition is not known.
    `refined` is false for atoms that a network found in the density: these were not refined
    against the data, and density and phases are not calculated from them.
    """

    n_atoms: int
    n_expected: int | None
    r1: float
    verdict: str  # one sentence
    refined: bool = True


@dataclass(frozen=True)
class HandEvidence:
    """Evidence for the hand: `score` of the chosen hand and `other_score` of its inverse; `how`
    names the kind of score."""

    score: float
    other_score: float
    how: str


@dataclass(frozen=True, eq=False)
class Prediction:
    """A predicted density with its phases.

    Attributes
    ----------
    density : P1 map over the whole cell, e/Å³, zero-mean, origin and hand arbitrary
        except that its centre of mass is put at the cell centre (the fixed frame).
    amplitudes : the data used, expanded to P1 (n reflections).
    phases_deg : (n,) degrees, of `density`, in the order of `amplitudes.hkl`.
    fom : (n,) figure of merit of each phase, 0..1 (Sim weights).
    r_factor : Σ|s|Fc| − |Fo|| / Σ|Fo| of the constrained density before its amplitudes
        are replaced by the measured ones.
    self_consistency : Pearson r of the prediction's autocorrelation with the Patterson.
    solved : verdict of the method, from the data alone.
    hand_determined : whether the method could determine the hand.
    certain : false if the evidence for `solved` is weak ("probably").
    model : the atoms built from the density, P1, in the frame of `density`; never the truth.
    built : how well those atoms explain the data.
    hand : evidence for the hand, if any.
    network : name of the trained network that was used, if any.
    has_hand : false for a crystal with a centre of symmetry, which is its own mirror image.
    """

    density: DensityMap
    amplitudes: Amplitudes
    phases_deg: NDArray[np.float32]
    fom: NDArray[np.float32]
    r_factor: float
    self_consistency: float
    solved: bool
    verdict: str
    hand_determined: bool
    settings: PredictionSettings
    starts: tuple[StartResult, ...] = ()
    seconds: float = 0.0
    device: str = "cpu"
    notes: tuple[str, ...] = field(default=())
    certain: bool = True
    model: gemmi.Structure | None = None
    built: BuiltAtoms | None = None
    hand: HandEvidence | None = None
    network: str | None = None
    has_hand: bool = True

    @property
    def hand_word(self) -> str:
        """ "determined", "undetermined" or, in a crystal with a centre of symmetry, "none"."""
        if not self.has_hand:
            return "none"
        return "determined" if self.hand_determined else "undetermined"

    def __repr__(self) -> str:
        atoms = "" if self.built is None else f", {self.built.n_atoms} atoms"
        return (
            f"<Prediction: {self.verdict} R {self.r_factor:.3f}, {len(self.amplitudes):,} "
            f"reflections in P 1 to {self.amplitudes.d_min:.2f} Å{atoms}, {self.seconds:.1f} s>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("R", f"{self.r_factor:.3f}"),
            ("self-consistency", f"{self.self_consistency:.3f}"),
            ("reflections", f"{len(self.amplitudes):,} in P 1, to {self.amplitudes.d_min:.2f} Å"),
            ("hand", self.hand_word),
        ]
        if self.built is not None:
            rows.append(("atoms", self.built.verdict))
        rows += [("note", note) for note in self.notes]
        return summary(self.verdict, rows, self.density)


@dataclass(frozen=True)
class Applicability:
    """Whether a trained network can be used on some data.

    `model` is the name of the weights to use, None if none are suitable. `sentence` says which
    were chosen and their limits, or why none are suitable and what to do. `warning` says why
    nothing useful can be expected of the weights, which the user has named; "" if it can.
    """

    model: str | None
    sentence: str
    warning: str = ""


class Networks(Protocol):
    """Interface of trained networks, for pipelines that do not import them."""

    def choose(
        self,
        amplitudes: Amplitudes,
        composition: Composition | None,
        settings: PredictionSettings,
    ) -> Applicability:
        """The weights that suit these data: those named in the settings, else the best.

        Raises `UserError` where the named ones do not exist or cannot be read.
        """
        ...

    def predict_many(
        self,
        problems: Sequence[Problem],
        model: str,
        settings: PredictionSettings,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> list[Prediction]:
        """Predict each problem with the weights called `model`."""
        ...

    def handedness(
        self,
        problems: Sequence[Problem],
        predictions: Sequence[Prediction],
        model: str,
        settings: PredictionSettings,
    ) -> list[float | None]:
        """Log odds for each prediction that its density, and not the inverse, is of L amino acids.

        None if these weights cannot determine the hand."""
        ...

    def atoms(
        self,
        predictions: Sequence[Prediction],
        compositions: Sequence[Composition | None],
        settings: PredictionSettings,
        cancelled: Callable[[], bool],
    ) -> list[gemmi.Structure | None]:
        """The atoms found in each density, in P1 and in the frame and hand of the density.

        None if there is no network for such densities, or it finds no atoms. Raises `Cancelled`
        soon after `cancelled()` turns true."""
        ...


class Predictor(Protocol):
    """Interface of a method that predicts a density from amplitudes."""

    def __call__(
        self,
        amplitudes: Amplitudes,
        composition: Composition | None,
        settings: PredictionSettings,
        report: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> Prediction:
        """Predict; raise `Cancelled` soon after `cancelled()` turns true, `UserError`
        when the data cannot be used."""
        ...
