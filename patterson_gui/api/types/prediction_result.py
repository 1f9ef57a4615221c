"""The result of a prediction (density, phases, atoms, figures), and writing its files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import gemmi
import numpy as np
from numpy.typing import NDArray

from patterson_gui.api.arguments import PathLike, path_of
from patterson_gui.api.types.maps import DensityMap
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.comparison.atom_agreement import aligned_model, compare_atoms
from patterson_gui.crystal.comparison.prediction_metrics import (
    Comparison,
    aligned_density,
    compare_prediction,
)
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
from patterson_gui.crystal.maps.true_density import true_density
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.write_pgz import AlignedPrediction, write_bundle
from patterson_gui.io.files import make_folder
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.built_atoms import write_built_model
from patterson_gui.io.own_files import PREDICTION, digest, move_result
from patterson_gui.io.reflections.write_phases import write_phases
from patterson_gui.io.report.figures import figures as figures_of
from patterson_gui.io.report.tables import write_figures
from patterson_gui.io.temporary_files import temporary_folder


@dataclass(frozen=True, eq=False)
class PredictionResult:
    """The prediction for a crystal, and its agreement with the truth if that is known.

    Attributes
    ----------
    prediction : the complete output of the method.
    crystal : the crystal, with the truth that the prediction was compared with, if there is one.
    comparison : agreement with the truth in the fixed and the aligned frame; None without a truth.
    """

    prediction: Prediction
    crystal: ground.Crystal
    comparison: Comparison | None = None

    @classmethod
    def judged(
        cls, prediction: Prediction, crystal: ground.Crystal, truth: ground.Crystal | None
    ) -> Self:
        """Compare a finished prediction with the truth that `judged_by` returns."""
        if truth is None:
            return cls(prediction, crystal)
        return cls(prediction, truth, compare_prediction(prediction, truth))

    @cached_property
    def density(self) -> DensityMap:
        """The predicted map of the whole P1 cell: e/Å³, zero-mean, in the fixed frame. Its centre
        of mass is at the centre of the cell; it is not aligned to a truth."""
        return DensityMap.of(self.prediction.density)

    @cached_property
    def aligned_density(self) -> DensityMap | None:
        """The predicted map aligned to the truth by a shift and, if necessary, an inversion; None
        without a truth."""
        if self.comparison is None:
            return None
        return DensityMap.of(aligned_density(self.prediction, self.comparison))

    @property
    def amplitudes(self) -> Amplitudes:
        """The amplitudes used, expanded to P1: n reflections with `hkl` (n, 3) and `f` (n,)."""
        return self.prediction.amplitudes

    @property
    def phases(self) -> NDArray[np.float32]:
        """The phases of `density`, (n,) degrees, in the order of `amplitudes.hkl`."""
        return self.prediction.phases_deg

    @property
    def fom(self) -> NDArray[np.float32]:
        """The figure of merit of each phase, (n,) 0..1 (Sim weights)."""
        return self.prediction.fom

    @property
    def atoms(self) -> gemmi.Structure | None:
        """The atoms built into the density, P1, in its frame; None if none were built."""
        return self.prediction.model

    @property
    def r_factor(self) -> float:
        """Σ|s|Fc| − |Fo|| / Σ|Fo| of the density; NaN if it does not apply."""
        return self.prediction.r_factor

    @property
    def solved(self) -> bool:
        """Whether the crystal is solved, judged from the data alone."""
        return self.prediction.solved

    @property
    def verdict(self) -> str:
        """The same in one sentence."""
        return self.prediction.verdict

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of the result needs."""
        return self.prediction.notes

    @cached_property
    def figures(self) -> dict[str, Any]:
        """All figures of merit, as `patterson-gui predict --json` prints them.

        Those under "fixed" compare the prediction unchanged with the truth, those under "aligned"
        after alignment; both are None without a truth.
        """
        return figures_of_case(self.crystal, self.prediction, self.comparison)

    def __repr__(self) -> str:
        lines = [f"<PredictionResult {self.crystal.name!r}: {self.verdict}"]
        lines += [f"  {name}: {value}" for name, value in self._rows()]
        return "\n".join(lines) + ">"

    def _repr_html_(self) -> str:
        rows = [*self._rows(), *(("note", note) for note in self.notes)]
        title = f"{self.crystal.name or 'Prediction'}: {self.verdict}"
        return summary(title, rows, self.density)

    def _rows(self) -> list[tuple[str, str]]:
        figures = self.figures
        hand = "determined" if figures["hand_determined"] else "undetermined"
        hand = hand if figures["has_hand"] else "none (centre of symmetry)"
        rows = [
            ("R", _shown(figures["R"])),
            ("self-consistency", _shown(figures["self_consistency"])),
            ("hand", hand),
        ]
        if figures["atoms"] is not None:
            atoms = figures["atoms"]
            expected = f" of {atoms['n_expected']}" if atoms["n_expected"] else ""
            rows.append(("atoms", f"{atoms['n_built']}{expected}, R1 {_shown(atoms['R1'])}"))
        for frame in ("fixed", "aligned"):
            if figures[frame] is not None:
                r, error = figures[frame]["r"], figures[frame]["mean_phase_error_deg"]
                rows.append((f"{frame} frame", f"r {_shown(r)}, mean phase error {error:.1f}°"))
        return rows

    def save(self, folder: PathLike) -> Path:
        """Write all files into a folder, which is created if it does not exist.

        In the fixed frame: `patterson.ccp4`, `predicted.ccp4`, `phases.mtz` and, if atoms were
        built, `built.pdb`. With a truth also `true.ccp4` and, aligned to it,
        `predicted-aligned.ccp4` and `built-aligned.pdb`. The figures are in `figures.json` and
        `figures.csv`; `prediction.pgz` holds everything. Files of an earlier prediction in this
        folder that this one does not have are removed, unless somebody changed them.

        Returns
        -------
        The folder.

        Raises
        ------
        UserError : a file cannot be written.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> result = pg.predict(pg.example(), method="retrieval", atoms=False)
        >>> sorted(path.name for path in result.save("out").iterdir())[:2]
        ['figures.csv', 'figures.json']
        """
        folder = path_of(folder, "folder")
        make_folder(folder)
        write_results(folder, self.crystal, self.prediction, self.comparison, self.figures)
        return folder


def write_results(
    folder: Path,
    crystal: ground.Crystal,
    prediction: Prediction,
    comparison: Comparison | None,
    figures: Mapping[str, Any],
) -> None:
    """Write maps, phases, figures and the bundle of one prediction into `folder`.

    `predicted.ccp4`, `phases.mtz` and `built.pdb` (if atoms were built) are in the fixed frame.
    With a truth, `predicted-aligned.ccp4` and `built-aligned.pdb` are aligned to it, and
    `true.ccp4` is written. All maps have the resolution limit of the prediction. Files of an
    earlier prediction that this one does not have are removed, unless somebody changed them.
    """
    # First beside their places, so that the files of two predictions are never mixed.
    with temporary_folder(folder) as staging:
        try:
            _write_all(staging, crystal, prediction, comparison, figures)
        except UserError as error:
            raise UserError(str(error).replace(f"{staging.name}{os.sep}", "")) from error
        move_result(staging, folder, PREDICTION)


def _write_all(
    folder: Path,
    crystal: ground.Crystal,
    prediction: Prediction,
    comparison: Comparison | None,
    figures: Mapping[str, Any],
) -> None:
    """Write every file of a prediction into an empty folder."""
    data = crystal.amplitudes or prediction.amplitudes
    patterson_map = patterson(data, PattersonSettings(d_min=prediction.settings.d_min))
    write_map(folder / "patterson.ccp4", patterson_map)
    write_map(folder / "predicted.ccp4", prediction.density)
    write_phases(folder / "phases.mtz", prediction)
    if prediction.model is not None:
        write_built_model(folder / "built.pdb", prediction)
    aligned = None
    if comparison is not None:
        moved = aligned_density(prediction, comparison)
        write_map(folder / "predicted-aligned.ccp4", moved)
        laid_over = None
        if prediction.model is not None:
            laid_over = aligned_model(prediction.model, comparison)
            write_built_model(folder / "built-aligned.pdb", prediction, laid_over)
        aligned = AlignedPrediction(moved, laid_over)
        crystal = _with_true_map(crystal, prediction)
        if crystal.truth is not None:
            write_map(folder / "true.ccp4", crystal.truth)
    write_figures(folder / "figures.csv", figures)
    write_bundle(
        folder / "prediction.pgz",
        crystal,
        prediction=prediction,
        patterson=patterson_map,
        aligned=aligned,
        figures=figures,
    )
    files = {path.name: digest(path) for path in sorted(folder.iterdir())}
    write_figures(folder / PREDICTION.report, {**figures, "files": files})


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _with_true_map(crystal: ground.Crystal, prediction: Prediction) -> ground.Crystal:
    if crystal.model is None:
        return crystal
    return replace(crystal, truth=true_density(crystal.model, prediction.amplitudes.d_min))


def figures_of_case(
    crystal: ground.Crystal, prediction: Prediction, comparison: Comparison | None
) -> dict[str, Any]:
    """The figures of one prediction, with the names that an evaluation uses."""
    atoms = atoms_fixed = None
    if comparison is not None and crystal.model is not None:
        atoms = compare_atoms(prediction, crystal.model, comparison)
        atoms_fixed = compare_atoms(prediction, crystal.model, None)
    figures = figures_of(crystal, prediction, comparison, atoms, atoms_fixed)
    fixed, aligned = figures["fixed"], figures["aligned"]
    figures["n"] = 1
    figures["median_R"] = figures["R"]
    figures["seconds_per_case"] = figures["seconds"]
    figures["mean_phase_error_deg"] = None
    if comparison is not None:
        figures["mean_phase_error_deg"] = aligned["mean_phase_error_deg"]
        right = float(not comparison.inverted) if prediction.hand_determined else None
        fixed |= {"median_r": fixed["r"], "hand_right_fraction": right}
        aligned |= {
            "median_r": aligned["r"],
            "solved_fraction": float(comparison.solved),
        }
    return figures
