"""Functions of solvers, networks and bridges, which the command line hands to the application.

Solvers and bridges live on floors that neither the application nor the window imports; the
command line, which knows all floors, fills this in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.differences.differences import Differences
from patterson_gui.crystal.differences.heavy_atoms import (
    FoundSites,
    HeavySite,
    RefinedSites,
    SiteSearchSettings,
    SitesProgress,
)
from patterson_gui.crystal.differences.heavy_phases import Phased, PhasingProgress, PhasingSettings
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube import SampleKind
from patterson_gui.crystal.materials.latent import CrystalCoder
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities
from patterson_gui.crystal.prediction import PredictionSettings, Predictor
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.solution import (
    FolderSettings,
    Judgement,
    RefinedStructure,
    Solution,
    SolveProgress,
    SolveSettings,
)
from patterson_gui.io.opening.differences import ReadDifferences
from patterson_gui.io.training.model_cards import ModelCard
from patterson_gui.io.training.network_parts import NetworkPart
from patterson_gui.io.viewers.scene import Bridge, Viewer

# Why a network cannot be used on data, as the end of a sentence; None if it can.
WhyUnsuitable = Callable[
    [ModelCard, Amplitudes, Composition | None, PredictionSettings], str | None
]
# The layers of a network with this name and configuration.
PartsOf = Callable[[str, Mapping[str, Any]], tuple[NetworkPart, ...]]


@dataclass(frozen=True)
class CrystalServices:
    """The functions that the Explorer calls.

    Attributes
    ----------
    coder : the trained network for one kind of sample; slow the first time. `UserError` where
        there is none.
    known : the crystals whose latents make the map; slow the first time. `UserError` where none
        came with the program.
    """

    coder: Callable[[SampleKind], CrystalCoder]
    known: Callable[[], Sequence[Material]]


Report = Callable[[SolveProgress], None]
Cancelled = Callable[[], bool]
FindSites = Callable[
    [
        Differences,
        SiteSearchSettings,
        Callable[[SitesProgress], None],
        Cancelled,
        Differences | None,  # of the other kind, of the same crystal
    ],
    FoundSites,
]
RefineSites = Callable[[Differences, Sequence[HeavySite], Cancelled], RefinedSites]
PhaseSites = Callable[
    [
        ReadDifferences,
        Sequence[HeavySite],
        PhasingSettings,
        Callable[[PhasingProgress], None],
        Cancelled,
    ],
    Phased,
]


@dataclass(frozen=True)
class SiteServices:
    """The functions about heavy atoms. All raise `Cancelled` soon after the last argument turns
    true, and `UserError` where the data cannot be used.

    Attributes
    ----------
    find : heavy atoms from differences.
    refine : coordinates and occupancies of sites against differences.
    phase : phases in both hands from sites and the data of the differences.
    """

    find: FindSites
    refine: RefineSites
    phase: PhaseSites


@dataclass(frozen=True)
class SolveServices:
    """The functions that solve and refine structures. All raise `Cancelled` soon after the last
    argument turns true, and `UserError` where the data cannot be used.

    Attributes
    ----------
    solve : from intensities and contents to a refined structure with its evidence.
    refine : a corrected model against the data of a structure, in its space group.
    in_group : the structure of a solution in another space group, from the same phases.
    judge : the verdict on a model of a solution that was refined again; takes a while.
    screen : all data sets of the first folder, with results in the second, as chosen; reports
        finished ones, all, and the row that was finished last, and returns all rows.
    """

    solve: Callable[[Intensities, Contents | None, SolveSettings, Report, Cancelled], Solution]
    refine: Callable[
        [RefinedStructure, AsymmetricUnit, SolveSettings, Report, Cancelled], RefinedStructure
    ]
    in_group: Callable[[Solution, str, Report, Cancelled], RefinedStructure]
    judge: Callable[[Solution, RefinedStructure], Judgement]
    screen: Callable[
        [
            Path,
            Path,
            FolderSettings,
            Callable[[int, int, Mapping[str, Any] | None], None],
            Cancelled,
        ],
        Sequence[Mapping[str, Any]],
    ]


@dataclass(frozen=True)
class Services:
    """The functions that the application calls.

    Attributes
    ----------
    predict : turns amplitudes into a density.
    device_names : what it can run on, "cpu" first; may be slow the first time.
    bridge_to : the bridge to another program; slow the first time.
    why_unsuitable : why a trained network cannot be used on some data; quick.
    parts_of : the layers of a network; slow the first time. `UserError` where its architecture is
        not known.
    trainer : the program that trains a network, as a process of its own; its arguments are
        added (`app/training/training.py`).
    architectures : the networks that can be trained, by name; slow the first time.
    prepare : loads what a first prediction needs, so that it starts at once; slow, and
        called in a background thread after the first picture.
    examine : the text of an examination of the installation, as `patterson-gui doctor` prints it;
        takes seconds.
    switched_off : sentences about what other packages add and cannot be used; slow the first time.
    crystals : encoding and decoding crystals.
    solving : solving and refining structures.
    sites : heavy atoms and phases from them.
    """

    predict: Predictor
    device_names: Callable[[], list[str]]
    bridge_to: Callable[[Viewer], Bridge]
    why_unsuitable: WhyUnsuitable
    parts_of: PartsOf
    trainer: tuple[str, ...]
    architectures: Callable[[], list[str]]
    prepare: Callable[[], None]
    examine: Callable[[], str]
    switched_off: Callable[[], list[str]]
    crystals: CrystalServices
    solving: SolveServices
    sites: SiteServices
