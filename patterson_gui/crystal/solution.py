"""A structure solved from measured intensities: model, evidence and verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents, contents_from_elements
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities

SolveVerdict = Literal["solved", "probably", "not solved"]


@dataclass(frozen=True)
class SolveSettings:
    """What a user can choose for a solution.

    Attributes
    ----------
    space_group : "auto" tries all groups of the lattice; "given" takes the one of the file;
        otherwise a Hermann-Mauguin symbol.
    laue : Laue class to which the groups are limited ("2/m", "mmm", ...); "" means all.
    radiation : "auto" takes what the file says, X-rays where it says nothing.
    superpose : "auto": the first starts begin from the highest Patterson peaks and from random
        phases; "none": all from random phases; or vectors u v w, fractions of the cell: one start
        begins from the Patterson function superposed on itself at all of them, one from each.
    starts : most starts; None: until solved or out of time.
    time : CPU seconds after which no new start begins; None: chosen by the size of the cell.
    seed : of all random numbers: the same seed gives the same solution on one machine.
    hydrogens : whether to place hydrogen atoms.
    anisotropic : whether to refine anisotropic U where the data suffice.
    """

    space_group: str = "auto"
    laue: str = ""
    radiation: Literal["auto", "xray", "electron", "neutron"] = "auto"
    superpose: Literal["auto", "none"] | tuple[tuple[float, float, float], ...] = "auto"
    starts: int | None = None
    time: float | None = None
    seed: int = 0
    hydrogens: bool = True
    anisotropic: bool = True
    device: str = "auto"


@dataclass(frozen=True)
class FolderSettings:
    """How to solve all data sets of a folder.

    Attributes
    ----------
    elements : symbols, separated by spaces; "": as the files of each crystal say.
    starts : most starts of one crystal; None: until solved or out of time.
    limit : seconds after which one crystal is given up.
    jobs : crystals that are solved at the same time; None: one for each core but one.
    retry : whether crystals that failed before are tried again.
    """

    elements: str = ""
    starts: int | None = None
    limit: float = 600.0
    jobs: int | None = None
    retry: bool = False

    def check(self) -> None:
        """Raise `UserError` where the list of elements is not understood."""
        if self.elements:
            contents_from_elements(self.elements)


@dataclass(frozen=True)
class Start:
    """One try from one set of starting phases.

    Attributes
    ----------
    r : R of the P1 density against |F| (0..1).
    agreement : correlation with the best other start, moved onto it (0..1); NaN where alone.
    r_weak : mean calculated |E|² of the weakest tenth of the reflections, which is low in a true
        solution: 0.02 to 0.25, mostly below 0.15; 0.25 to 0.35 where phases are wrong.
    figure : 1 − R, by which starts are ranked; high is good.
    vectors : at which the Patterson function was superposed on itself, u v w in fractions of the
        measured cell; none for random phases.
    """

    number: int
    method: str
    iterations: int
    r: float
    agreement: float
    r_weak: float
    figure: float
    solved: bool
    vectors: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class StartPhases:
    """What each try found, for its map in P1.

    Attributes
    ----------
    hkl : (n, 3) in the axes of the data (obverse ones for rhombohedral lattices).
    e : by number of the start, (n,) calculated structure factors, arbitrary scale and origin.
    """

    hkl: NDArray[np.int32]
    e: Mapping[int, NDArray[np.complex64]]


@dataclass(frozen=True)
class SpaceGroupCandidate:
    """One space group with its evidence.

    Attributes
    ----------
    name : Hermann-Mauguin symbol with its setting, as gemmi writes it (`SpaceGroup.xhm()`).
    agreement : lowest phase agreement over the operations of the group (0..1).
    mean_agreement : mean over the operations.
    r_ratio : R after symmetrising the P1 density divided by R before; NaN where not calculated.
    r1 : R1 of a quick refinement in this group; NaN where none was made.
    r_int : R_int of merging in its Laue class; NaN where nothing is measured twice.
    n_absences, absences_i_over_sigma : reflections forbidden by the group that were measured,
        and their mean I/σ; 0 and NaN where none was.
    flack : Flack parameter; NaN where meaningless.
    reason : why it was refused or chosen, in a few words.
    """

    name: str
    number: int
    centrosymmetric: bool
    agreement: float
    mean_agreement: float
    r_ratio: float = float("nan")
    r1: float = float("nan")
    r_int: float = float("nan")
    n_absences: int = 0
    absences_i_over_sigma: float = float("nan")
    flack: float = float("nan")
    chosen: bool = False
    reason: str = ""


@dataclass(frozen=True)
class RefinementFigures:
    """The figures of a least-squares refinement on F².

    Attributes
    ----------
    r1 : Σ||Fo| − |Fc|| / Σ|Fo| over reflections with I > 2σ(I).
    r1_all : the same over all.
    wr2 : √(Σ w (Fo² − Fc²)² / Σ w (Fo²)²) over all.
    goof : √(Σ w (Fo² − Fc²)² / (n − p)).
    weight_a, weight_b : w = 1 / (σ² + (aP)² + bP), P = (max(Fo², 0) + 2 Fc²) / 3.
    scale : K with Fo² of the data = K Fo² on absolute scale. FVAR of SHELXL begins with √K.
    highest_peak, deepest_hole : of the difference map, e/Å³; with the fractional coordinates.
    difference_rms : of the difference map, e/Å³.
    flack, flack_sigma : absolute structure; NaN where meaningless.
    inverted : share of inverted domains in the model, then the same as `flack`; 0 where it was
        not refined.
    extinction, extinction_sigma : x of SHELXL (EXTI); 0 where not refined.
    twin_law : rotation of hkl as three rows: h' = law · h, as TWIN of SHELXL.
    twin_fraction, twin_fraction_sigma : share of the second domain (BASF).
    """

    r1: float
    r1_all: float
    wr2: float
    goof: float
    n_reflections: int
    n_observed: int
    n_parameters: int
    weight_a: float = 0.1
    weight_b: float = 0.0
    scale: float = 1.0
    max_shift_over_esd: float = float("nan")
    highest_peak: float = float("nan")
    highest_peak_at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deepest_hole: float = float("nan")
    deepest_hole_at: tuple[float, float, float] = (0.0, 0.0, 0.0)
    difference_rms: float = float("nan")
    flack: float = float("nan")
    flack_sigma: float = float("nan")
    inverted: float = 0.0
    extinction: float = 0.0
    extinction_sigma: float = 0.0
    twin_law: tuple[tuple[int, int, int], ...] | None = None
    twin_fraction: float = 0.0
    twin_fraction_sigma: float = 0.0


@dataclass(frozen=True, eq=False)
class ElementChoice:
    """Why an atom has its element: one for each non-hydrogen atom, in the order of the model."""

    label: str
    element: str
    effective_z: float  # electrons that the refinement gives the site
    second: str  # next best element, "" where none was considered
    margin: float  # how much worse the second choice is; 0 where undecided
    because: str  # "electron count", "geometry", "composition", "wR2", "correction"
    sigma_z: float = float("nan")  # standard uncertainty of the electrons


@dataclass(frozen=True, eq=False)
class RefinedStructure:
    """A model in a space group with the figures of its refinement.

    Attributes
    ----------
    merged : the data it was refined against.
    f_calc : (n,) complex128 calculated structure factors at `merged.hkl`, on absolute scale.
    calculated : (n,) calculated intensities on the scale of `merged.value`: K |f_calc|² with
        extinction, twinning and inverted domains. They are what R1 and wR2 compare.
    change_of_axes : (3, 3) int matrix M with h_new = M h_measured; identity in nearly all cases.
    """

    spacegroup: gemmi.SpaceGroup
    model: AsymmetricUnit
    figures: RefinementFigures
    merged: MergedIntensities
    f_calc: NDArray[np.complex128]
    calculated: NDArray[np.float64]
    elements: tuple[ElementChoice, ...] = ()
    change_of_axes: NDArray[np.int64] = field(default_factory=lambda: np.eye(3, dtype=np.int64))


class Judgement(NamedTuple):
    """A verdict on a structure.

    Attributes
    ----------
    reason : one sentence.
    advice : what to try next, one sentence; "" where nothing needs doing.
    """

    verdict: SolveVerdict
    reason: str
    advice: str


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solution gives back: everything that a report shows.

    Attributes
    ----------
    structure : the refined model in the chosen space group; None where nothing was found.
    candidates : the space groups, the chosen one first, then by evidence.
    others : refined structures in other groups of the list, by name.
    data : statistics of the data, as `crystal/measured/statistics.py` gives them.
    phases_hkl, phases_f : (n, 3), (n,) complex: the best P1 structure factors, absolute scale
        where known; all candidate groups can be refined from them.
    start_phases : of each start, where they were kept.
    seconds_phases, seconds : CPU seconds to phases and space group, and in all.
    advice : what to try next, one sentence; "" where solved.
    """

    verdict: SolveVerdict
    reason: str
    advice: str
    intensities: Intensities
    contents: Contents | None
    settings: SolveSettings
    structure: RefinedStructure | None
    candidates: tuple[SpaceGroupCandidate, ...]
    starts: tuple[Start, ...]
    data: Mapping[str, Any]
    phases_hkl: NDArray[np.int32]
    phases_f: NDArray[np.complex128]
    others: Mapping[str, RefinedStructure] = field(default_factory=dict)
    seconds_phases: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    start_phases: StartPhases | None = None


@dataclass(frozen=True, eq=False)
class SolveProgress:
    """What a running solution reports: a step in words, and what is new since the last report.

    Attributes
    ----------
    step : "Merging", "Phases", "Space group", "Atoms", "Refinement", "Hydrogen atoms".
    fraction : 0..1 of the whole, as far as can be said.
    """

    step: str
    fraction: float
    text: str = ""
    data: Mapping[str, Any] | None = None
    starts: tuple[Start, ...] | None = None
    start_phases: StartPhases | None = None
    candidates: tuple[SpaceGroupCandidate, ...] | None = None
    structure: RefinedStructure | None = None
