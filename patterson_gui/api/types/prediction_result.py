"""The result of a prediction: density, phases, atoms, figures, and files of all of them."""

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
from patterson_gui.crystal.comparison.prediction_metrics import Comparison
from patterson_gui.crystal.display.html import summary
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.reflections import Amplitudes


@dataclass(frozen=True, eq=False)
class PredictionResult:
    """What was predicted for a crystal, and how well it agrees with the truth if one is known.

    Attributes
    ----------
    prediction : everything the method says.
    crystal : what it was predicted for; with the truth it was compared with, where there is one.
    comparison : agreement with the truth in the fixed and in the aligned frame, or None.
    """

    prediction: Prediction
    crystal: ground.Crystal
    comparison: Comparison | None = None

    @classmethod
    def judged(
        cls, prediction: Prediction, crystal: ground.Crystal, truth: ground.Crystal | None
    ) -> Self:
        """A finished prediction compared with the truth, as `judged_by` returns it."""
        from patterson_gui.crystal.comparison.prediction_metrics import compare_prediction

        if truth is None:
            return cls(prediction, crystal)
        return cls(prediction, truth, compare_prediction(prediction, truth))

    @cached_property
    def density(self) -> DensityMap:
        """The predicted map of the whole P1 cell: e/Å³, zero-mean, in the fixed frame (its
        centre of mass at the middle of the cell, nothing aligned to a truth)."""
        return DensityMap.of(self.prediction.density)

    @cached_property
    def aligned_density(self) -> DensityMap | None:
        """The predicted map shifted, and inverted where need be, onto the truth; None without
        a truth."""
        from patterson_gui.crystal.comparison.prediction_metrics import aligned_density

        if self.comparison is None:
            return None
        return DensityMap.of(aligned_density(self.prediction, self.comparison))

    @property
    def amplitudes(self) -> Amplitudes:
        """The data used, expanded to P1: n reflections with `hkl` (n, 3) and `f` (n,)."""
        return self.prediction.amplitudes

    @property
    def phases(self) -> NDArray[np.float32]:
        """(n,) degrees, of `density`, in the order of `amplitudes.hkl`."""
        return self.prediction.phases_deg

    @property
    def fom(self) -> NDArray[np.float32]:
        """(n,) figure of merit of each phase, 0..1 (Sim weights)."""
        return self.prediction.fom

    @property
    def atoms(self) -> gemmi.Structure | None:
        """The atoms built into the density, P1, in its frame; None where none were built."""
        return self.prediction.model

    @property
    def r_factor(self) -> float:
        """Σ|s|Fc| − |Fo|| / Σ|Fo| of the density; NaN where it does not apply."""
        return self.prediction.r_factor

    @property
    def solved(self) -> bool:
        """Whether the method takes the crystal for solved, from the data alone."""
        return self.prediction.solved

    @property
    def verdict(self) -> str:
        """The same in one sentence."""
        return self.prediction.verdict

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to read the result, in sentences."""
        return self.prediction.notes

    @cached_property
    def figures(self) -> dict[str, Any]:
        """All figures of merit, as `patterson-gui predict --json` prints them.

        Under "fixed" nothing is aligned to the truth, under "aligned" it is; both are None
        without a truth.
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
        told = self.figures
        hand = "determined" if told["hand_determined"] else "undetermined"
        rows = [
            ("R", _shown(told["R"])),
            ("self-consistency", _shown(told["self_consistency"])),
            ("hand", hand),
        ]
        if told["atoms"] is not None:
            of = f" of {told['atoms']['n_expected']}" if told["atoms"]["n_expected"] else ""
            built = f"{told['atoms']['n_built']}{of}, R1 {_shown(told['atoms']['R1'])}"
            rows.append(("atoms", built))
        for frame in ("fixed", "aligned"):
            if told[frame] is not None:
                r, error = told[frame]["r"], told[frame]["mean_phase_error_deg"]
                rows.append((f"{frame} frame", f"r {_shown(r)}, mean phase error {error:.1f}°"))
        return rows

    def save(self, folder: PathLike) -> Path:
        """Write everything into a folder, which is made where there is none.

        In the fixed frame `patterson.ccp4`, `predicted.ccp4`, `phases.mtz` and, where atoms were
        built, `built.pdb`; where there is a truth also `predicted-aligned.ccp4`,
        `built-aligned.pdb` and `true.ccp4`, which lie over each other; `figures.json`,
        `figures.csv`, and all in one as `prediction.pgz`.

        Returns
        -------
        The folder.

        Raises
        ------
        UserError : something cannot be written there.

        Examples
        --------
        >>> import patterson_gui as pg
        >>> result = pg.predict(pg.example(), method="retrieval", atoms=False)
        >>> sorted(path.name for path in result.save("out").iterdir())[:2]
        ['figures.csv', 'figures.json']
        """
        from patterson_gui.io.files import make_folder

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

    `predicted.ccp4`, `phases.mtz` and `built.pdb` (where atoms were built) stand in the
    fixed frame, nothing aligned to the truth; where there is a truth, `predicted-aligned.ccp4`,
    `built-aligned.pdb` and `true.ccp4` lie over each other. All maps end at the resolution
    that was used.
    """
    from patterson_gui.crystal.comparison.atom_agreement import aligned_model
    from patterson_gui.crystal.comparison.prediction_metrics import aligned_density
    from patterson_gui.crystal.maps.patterson import PattersonSettings, patterson
    from patterson_gui.io.bundle.pgz import AlignedPrediction, write_bundle
    from patterson_gui.io.maps.ccp4 import write_map
    from patterson_gui.io.models.write_built import write_built_model
    from patterson_gui.io.reflections.write_phases import write_phases
    from patterson_gui.io.report.tables import write_figures

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
    write_figures(folder / "figures.json", figures)
    write_figures(folder / "figures.csv", figures)
    write_bundle(
        folder / "prediction.pgz",
        crystal,
        prediction=prediction,
        patterson=patterson_map,
        aligned=aligned,
        figures=figures,
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _with_true_map(crystal: ground.Crystal, prediction: Prediction) -> ground.Crystal:
    from patterson_gui.crystal.maps.true_density import true_density

    if crystal.model is None:
        return crystal
    return replace(crystal, truth=true_density(crystal.model, prediction.amplitudes.d_min))


def figures_of_case(
    crystal: ground.Crystal, prediction: Prediction, comparison: Comparison | None
) -> dict[str, Any]:
    """The figures of one prediction, under the names an evaluation uses as well."""
    from patterson_gui.crystal.comparison.atom_agreement import compare_atoms
    from patterson_gui.io.report.figures import figures as figures_of

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
        told = prediction.hand_determined
        right = float(not comparison.inverted) if told else None
        fixed |= {"median_r": fixed["r"], "hand_right_fraction": right}
        aligned |= {
            "median_r": aligned["r"],
            "solved_fraction": float(comparison.solved),
        }
    return figures
