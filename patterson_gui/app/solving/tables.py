"""The evidence of a solution as rows of texts: tries, space groups, atoms, data, key figures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patterson_gui.app.document.statistics import Rows
from patterson_gui.app.solving.present import ModelState, PresentedModel
from patterson_gui.crystal.displacements import u_of
from patterson_gui.crystal.maps.peaks import Peak
from patterson_gui.crystal.solution import RefinedStructure, SpaceGroupCandidate, Start
from patterson_gui.io.solution.report.words import (
    absence_table,
    data_table,
    laue_table,
    number,
)

_DASH = "–"
_DATA_PER_PARAMETER = 8.0  # fewer say that anisotropic U are poorly determined


@dataclass(frozen=True)
class AtomRow:
    """A row of the table of atoms.

    Attributes
    ----------
    row : of the model; None for a peak of the difference map.
    frac : its fractional coordinates.
    tip : more about it, as a tooltip.
    """

    label: str
    element: str
    electrons: str
    second: str
    u: str
    row: int | None
    frac: tuple[float, float, float]
    tip: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the row."""
        return self.label, self.element, self.electrons, self.second, self.u


ATOM_HEAD = ("Atom", "Element", "Electrons", "Second", "U, Å²")
ATOM_TIPS = (
    "Peaks of the difference map (Q) come last: give one an element to turn it into an atom.",
    "Double-click to change the element.",
    "How many electrons the refinement gives this site. For Q: height of the peak in e/Å³.",
    "The next best element, and how much worse it is.",
    "Mean square displacement. Very small: the element may be too light; very large: too heavy.",
)
TRY_HEAD = ("Try", "Iterations", "R", "R(weak)", "Agreement")
TRY_TIPS = (
    "Click a try to see its map.",
    "Cycles of phase retrieval",
    "Misfit between measured and calculated amplitudes: lower is better.",
    "Mean calculated |E|² of the weakest reflections: usually below 0.15 for correct phases, above "
    "0.25 for wrong ones.",
    "Correlation with the best other try: tries that found the structure agree.",
)
GROUP_HEAD = ("Group", "Phases", "R1", "Absences")
GROUP_TIPS = (
    "Select a group and press “Refine in this group” to see the structure in it.",
    "Lowest agreement of the phases with an operation of the group: near 1 for true symmetry.",
    "R1 of a refinement in this group: a quick one, unless you refined in it.",
    "Mean I/σ of the reflections that the group forbids, and their number: near 0 if it is right.",
)


def try_rows(starts: Sequence[Start]) -> list[tuple[str, ...]]:
    """A row for each try, in the order in which they ran."""
    return [
        (
            str(s.number), f"{s.iterations:,}", number(s.r, 3), number(s.r_weak, 2),
            number(s.agreement, 2),
        )
        for s in starts
    ]  # fmt: skip


def group_rows(candidates: Sequence[SpaceGroupCandidate]) -> list[tuple[str, ...]]:
    """A row for each space group."""
    return [(c.name, number(c.agreement, 2), number(c.r1, 3), _absences(c)) for c in candidates]


def _absences(candidate: SpaceGroupCandidate) -> str:
    if not candidate.n_absences:
        return "none"
    return f"{number(candidate.absences_i_over_sigma, 1)} ({candidate.n_absences})"


def atom_rows(presented: PresentedModel) -> list[AtomRow]:
    """A row for each atom, hydrogen atoms last, and then for each peak of the difference map."""
    state = presented.state
    model = state.model
    choices = {choice.label: choice for choice in state.structure.elements}
    u_eq = u_of(model, state.structure.merged.cell)
    order = sorted(range(len(model)), key=lambda i: bool(model.is_hydrogen[i]))
    rows = []
    for i in order:
        choice = choices.get(model.labels[i])
        second = _DASH
        if choice is not None and choice.second:
            second = f"{choice.second} (+{number(choice.margin, 1)})"
        u = number(u_eq[i], 3)
        if model.occ[i] < 0.999:
            u += f"  occ. {number(model.occ[i], 2)}"
        x, y, z = (float(v) for v in model.frac[i])
        rows.append(
            AtomRow(
                model.labels[i], model.elements[i],
                _DASH if choice is None else number(choice.effective_z, 1),
                second, u, i, (x, y, z),
                _atom_tip(choice.because if choice else "", (x, y, z), float(model.occ[i])),
            )
        )  # fmt: skip
    return rows + [_peak_row(i, peak) for i, peak in enumerate(presented.peaks, start=1)]


def _atom_tip(because: str, frac: tuple[float, float, float], occupancy: float) -> str:
    lines = [f"x y z  {frac[0]:.4f} {frac[1]:.4f} {frac[2]:.4f}"]
    if occupancy < 0.999:
        lines.append(f"Occupancy {number(occupancy, 2)}")
    if because:
        lines.append(f"Element by {because}")
    return "\n".join(lines)


def _peak_row(number_: int, peak: Peak) -> AtomRow:
    u, v, w = peak.frac
    tip = f"Peak of the difference map, {peak.rmsd:.1f} rmsd, at {u:.4f} {v:.4f} {w:.4f}"
    return AtomRow(f"Q{number_}", "", f"{peak.height:.2f} e/Å³", "", "", None, (u, v, w), tip)


def figure_rows(presented: PresentedModel) -> Rows:
    """The figures of a refinement that stand below R1, wR2 and the goodness of fit."""
    structure = presented.state.structure
    f = structure.figures
    rows = [
        ("Space group", presented.state.group),
        ("Formula, Z", f"{presented.formula or _DASH}, {presented.z:g}"),
        ("Reflections", f"{f.n_reflections:,}, {f.n_observed:,} above 2σ"),
        ("Parameters", _parameters(structure)),
        ("Highest peak, hole", f"{number(f.highest_peak, 2)}, {number(f.deepest_hole, 2)} e/Å³"),
        ("Flack parameter", _flack(structure)),
    ]
    if f.extinction:
        rows.append(("Extinction", number(f.extinction, 4)))
    if f.twin_law is not None:
        rows.append(("Second twin domain", f"{100 * f.twin_fraction:.1f} %"))
    return tuple((name, value.replace("-", "−") if name != "Space group" else value)
                 for name, value in rows)  # fmt: skip


def _parameters(structure: RefinedStructure) -> str:
    f = structure.figures
    if not f.n_parameters:
        return _DASH
    ratio = f.n_reflections / f.n_parameters
    few = ": few" if ratio < _DATA_PER_PARAMETER else ""
    return f"{f.n_parameters:,} ({ratio:.1f} reflections for each{few})"


def _flack(structure: RefinedStructure) -> str:
    f = structure.figures
    if structure.spacegroup.is_centrosymmetric():
        return "centrosymmetric"
    if not math.isfinite(f.flack):
        return "not determined"
    return f"{f.flack:.3f} ± {f.flack_sigma:.3f}"


def data_rows(data: Mapping[str, Any]) -> list[tuple[str, Rows]]:
    """Statistics of the measurements in groups: (heading, rows)."""
    groups: list[tuple[str, Rows]] = [("", tuple(_pairs(data_table({"data": data}).rows)))]
    absences = absence_table({"data": data}).rows
    if absences:
        words = tuple(
            (row[0], f"{row[1][:1].upper()}{row[1][1:]}: {row[2]} measured, mean I/σ {row[3]}")
            for row in absences
        )
        groups.append(("Forbidden reflections", words))
    laue = laue_table({"data": data}).rows
    words = tuple((row[0], f"R_int {row[1]}, {row[3]} unique") for row in laue)
    if len({text for _, text in words}) == 1 and len(words) > 1:
        words = (("All classes", words[0][1]),)  # the file was merged in the highest class
    if words:
        groups.append(("Merged in each Laue class", words))
    return groups


def _pairs(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in rows]


def data_notes(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What is suspicious in the data, in sentences."""
    return tuple(str(note) for note in data.get("notes") or ())


def edit_words(state: ModelState) -> str:
    """What is to be done about corrections that are not refined; "" where there are none."""
    if not state.edited:
        return ""
    before, now = set(state.structure.model.labels), set(state.model.labels)
    gone, new = len(before - now), len(now - before)
    counted = [
        f"{n} atom{'' if n == 1 else 's'} {what}"
        for n, what in ((gone, "removed"), (new, "new or changed"))
        if n
    ]
    return f"{', '.join(counted) or 'Atoms changed'}. Press Refine for new figures and maps."
