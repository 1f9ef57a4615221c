"""A solver for tests: a made-up crystal of five atoms, its intensities, and a fake solution."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

from patterson_gui.app.services import SolveServices
from patterson_gui.crystal.asymmetric_unit import AsymmetricUnit
from patterson_gui.crystal.measured.contents import Contents
from patterson_gui.crystal.measured.intensities import Intensities, MergedIntensities
from patterson_gui.crystal.solution import (
    ElementChoice,
    FolderSettings,
    Judgement,
    RefinedStructure,
    RefinementFigures,
    Solution,
    SolveProgress,
    SolveSettings,
    SpaceGroupCandidate,
    Start,
    StartPhases,
)
from patterson_gui.errors import Cancelled

CELL = gemmi.UnitCell(7.0, 8.0, 9.0, 90, 100, 90)
GROUP = gemmi.SpaceGroup("P 1 21/c 1")
OTHER_GROUP = gemmi.SpaceGroup("P 1 c 1")
# A chain O-C-C-N, and a chlorine ion apart from it; the last atom rides.
MODEL = replace(
    AsymmetricUnit.isotropic(
        ("O", "C", "C", "N", "Cl", "H"),
        np.array(
            [
                [0.20, 0.20, 0.20],
                [0.30, 0.32, 0.22],
                [0.45, 0.42, 0.22],
                [0.55, 0.55, 0.26],
                [0.80, 0.10, 0.60],
                [0.66, 0.56, 0.22],
            ]
        ),
    ),
    parent=np.array([-1, -1, -1, -1, -1, 3]),
)
INSTRUCTIONS = """TITL made up
CELL 0.71073 7.0 8.0 9.0 90 100 90
ZERR 4 0.001 0.001 0.001 0 0.01 0
LATT 1
SYMM -X, 0.5+Y, 0.5-Z
SFAC C H N O CL
UNIT 8 4 4 4 4
HKLF 4
END
"""


def _f_calc(hkl: np.ndarray, group: gemmi.SpaceGroup = GROUP) -> np.ndarray:
    """F of point atoms with their atomic numbers and U 0.04 Å²."""
    s2 = CELL.calculate_1_d2_array(hkl)
    f = np.zeros(len(hkl), dtype=complex)
    for element, frac in zip(MODEL.elements, MODEL.frac, strict=True):
        z = gemmi.Element(element).atomic_number
        for op in group.operations():
            place = np.array(op.apply_to_xyz(list(frac)))
            f += z * np.exp(2j * np.pi * hkl @ place)
    return np.asarray(f * np.exp(-2 * np.pi**2 * 0.04 * s2))


def made_up_intensities() -> Intensities:
    """One measurement of each unique reflection to 0.9 Å."""
    hkl = gemmi.make_miller_array(CELL, GROUP, 0.9)
    absent = np.array([GROUP.operations().is_systematically_absent(h) for h in hkl.tolist()])
    hkl = np.ascontiguousarray(hkl[~absent], dtype=np.int32)
    value = np.abs(_f_calc(hkl)) ** 2
    return Intensities(hkl, value, 0.02 * value + 1.0, CELL, GROUP, 0.71073, label="made up")


def write_example(folder: Path, name: str = "made_up", instructions: bool = True) -> Path:
    """The made-up crystal as SHELX files; return the path of the reflections."""
    data = made_up_intensities()
    lines = [
        f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{i:8.2f}{s:8.2f}\n"
        for h, i, s in zip(data.hkl.tolist(), data.value / 10, data.sigma / 10, strict=True)
    ]
    path = folder / f"{name}.hkl"
    path.write_text("".join(lines) + f"{0:4d}{0:4d}{0:4d}{0:8.2f}{0:8.2f}\n")
    if instructions:
        path.with_suffix(".ins").write_text(INSTRUCTIONS)
    return path


def refined(
    model: AsymmetricUnit = MODEL, group: gemmi.SpaceGroup = GROUP, r1: float = 0.04
) -> RefinedStructure:
    """A model with figures, as a refinement gives them."""
    data = made_up_intensities()
    n = len(data)
    merged = MergedIntensities(
        data.hkl, data.value, data.sigma, np.ones(n, dtype=np.int64), CELL, group, True, 0.71073
    )
    figures = RefinementFigures(
        r1=r1, r1_all=r1 + 0.01, wr2=2.5 * r1, goof=1.05, n_reflections=n, n_observed=n - 10,
        n_parameters=46, highest_peak=0.31, highest_peak_at=(0.1, 0.2, 0.3),
        deepest_hole=-0.28, flack=0.02, flack_sigma=0.04,
    )  # fmt: skip
    # Fc somewhat off, so that the difference map is not empty.
    f = _f_calc(data.hkl) * (1.0 + 0.05 * np.cos(np.arange(n)))
    choices = tuple(
        ElementChoice(label, element, gemmi.Element(element).atomic_number + 0.2, "N", 0.02, "x")
        for label, element in zip(model.labels, model.elements, strict=True)
        if element != "H"
    )
    return RefinedStructure(group, model, figures, merged, f, np.abs(f) ** 2, choices)


@dataclass
class FakeSolver:
    """Solves the made-up crystal: reports two tries, the groups and the model, in this order.

    It stops soon after it was cancelled and raises `failure` if that is set. While `go` is cleared
    it does not end.
    """

    failure: Exception | None = None
    found: bool = True  # whether a structure is found
    go: threading.Event = field(default_factory=threading.Event)
    calls: list[tuple[Contents | None, SolveSettings]] = field(default_factory=list)
    refined_models: list[AsymmetricUnit] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    folder_choices: list[FolderSettings] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.go.set()

    def services(self) -> SolveServices:
        return SolveServices(self.solve, self.refine, self.in_group, self.judge, self.screen)

    def screen(
        self,
        folder: Path,
        output: Path,
        choices: FolderSettings,
        report: Callable[[int, int, Mapping[str, Any] | None], None],
        cancelled: Callable[[], bool],
    ) -> list[Mapping[str, Any]]:
        """One row for each list of reflections in the folder."""
        self.folder_choices.append(choices)
        rows: list[Mapping[str, Any]] = []
        files = sorted(folder.glob("*.hkl"))
        report(0, len(files), None)
        for path in files:
            row = {"name": path.stem, "verdict": "solved", "r1": 0.04, "file": str(path)}
            rows.append(row)
            report(len(rows), len(files), row)
            self._hold(cancelled)
        return rows

    def solve(
        self,
        intensities: Intensities,
        contents: Contents | None,
        settings: SolveSettings,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> Solution:
        self.calls.append((contents, settings))
        starts = tuple(
            Start(i + 1, "charge flipping", 100, 0.2 + 0.1 * i, 0.9, 0.02, 0.8 - 0.1 * i, i == 0)
            for i in range(2)
        )
        f = _f_calc(intensities.hkl)
        phases = StartPhases(intensities.hkl, {1: f, 2: f * 1j})
        candidates = (
            SpaceGroupCandidate("P 1 21/c 1", 14, True, 0.97, 0.98, r1=0.06, n_absences=20,
                                absences_i_over_sigma=0.4, chosen=True, reason="lowest R1"),
            SpaceGroupCandidate("P 1 c 1", 7, False, 0.97, 0.98, reason="agrees too"),
        )  # fmt: skip
        data = {"n_read": len(intensities), "n_unique": len(intensities), "r_int": 0.03}
        report(SolveProgress("Merging", 0.0))
        report(SolveProgress("Phases", 0.1, data=data))
        report(SolveProgress("Phases", 0.2, "2 tries", starts=starts, start_phases=phases))
        report(SolveProgress("Space group", 0.4, candidates=candidates))
        structure = refined() if self.found else None
        report(SolveProgress("Refinement", 0.8, structure=structure))
        self._hold(cancelled)
        return Solution(
            verdict="solved" if self.found else "not solved",
            reason="R1 is 0.040." if self.found else "No two starts agree.",
            advice="" if self.found else "Try more starts.",
            intensities=intensities,
            contents=contents,
            settings=settings,
            structure=structure,
            candidates=candidates,
            starts=starts,
            data=data,
            phases_hkl=intensities.hkl,
            phases_f=f,
            start_phases=phases,
        )

    def refine(
        self,
        structure: RefinedStructure,
        model: AsymmetricUnit,
        settings: SolveSettings,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> RefinedStructure:
        self.refined_models.append(model)
        self._hold(cancelled)
        return refined(model, structure.spacegroup, 0.035)

    def in_group(
        self,
        solution: Solution,
        name: str,
        report: Callable[[SolveProgress], None],
        cancelled: Callable[[], bool],
    ) -> RefinedStructure:
        self.groups.append(name)
        self._hold(cancelled)
        return refined(MODEL, gemmi.SpaceGroup(name), 0.05)

    def judge(self, solution: Solution, structure: RefinedStructure) -> Judgement:
        """A judgement that names R1 of the model."""
        r1 = structure.figures.r1
        return Judgement("probably", f"R1 is {r1:.3f}, as judged again.", "Check the atoms.")

    def _hold(self, cancelled: Callable[[], bool]) -> None:
        while True:
            if cancelled():
                raise Cancelled
            if self.failure is not None:
                raise self.failure
            if self.go.wait(0.01):
                return
