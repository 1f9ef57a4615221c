"""Write `.pgz` bundles: crystal, maps, models and prediction in one file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gemmi

import patterson_gui
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.bundle.archive import write_archive
from patterson_gui.io.bundle.manifest import (
    AlignedPart,
    AmplitudesPart,
    Manifest,
    MapPart,
    PredictionPart,
)
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.built_atoms import built_remarks
from patterson_gui.io.models.writers.models import mmcif_text, pdb_text
from patterson_gui.io.reflections.write_phases import write_amplitudes, write_phases
from patterson_gui.io.temporary_files import temporary_folder

MANIFEST = "manifest.json"
_SCRATCH = "member"
_LARGEST_MANIFEST = 8 * 1024**2


@dataclass(frozen=True, eq=False)
class AlignedPrediction:
    """Map and atoms of a prediction, aligned to the truth."""

    density: DensityMap
    model: gemmi.Structure | None = None


def write_bundle(
    path: Path,
    crystal: Crystal,
    *,
    prediction: Prediction | None = None,
    patterson: DensityMap | None = None,
    aligned: AlignedPrediction | None = None,
    figures: Mapping[str, Any] | None = None,
    levels: Mapping[str, float] | None = None,
    styles: Mapping[str, Literal["mesh", "surface"]] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write a bundle. Equal input gives equal bytes.

    Parameters
    ----------
    aligned : the prediction aligned to the truth, for other programs that show both;
        `read_bundle` gives the prediction in the fixed frame.
    levels : contour levels in rmsd, by kind of map.
    styles : 'mesh' or 'surface', by kind of map.
    figures, settings : values that JSON can store.

    Raises
    ------
    UserError : the file cannot be written.
    """
    levels, styles = levels or {}, styles or {}
    maps = {
        "maps/patterson.ccp4": patterson,
        "maps/predicted.ccp4": prediction.density if prediction else None,
        "maps/true.ccp4": crystal.truth,
        "maps/density.ccp4": crystal.opened_map,
    }
    present = {name: density for name, density in maps.items() if density is not None}
    model = _model_text("model", crystal.model)
    atoms = None
    if prediction is not None:
        atoms = _model_text("atoms", prediction.model, built_remarks(prediction))
    members: dict[str, bytes] = {}
    with temporary_folder() as folder:
        scratch = folder / _SCRATCH

        def written() -> bytes:
            return scratch.read_bytes()

        for text in (model, atoms):
            if text is not None:
                members[text[0]] = text[1].encode("utf-8")
        if crystal.amplitudes is not None:
            write_amplitudes(scratch, crystal.amplitudes, name=crystal.name)
            members["amplitudes.mtz"] = written()
        if prediction is not None:
            write_phases(scratch, prediction, name=crystal.name)
            members["phases.mtz"] = written()
        for name, density in present.items():
            write_map(scratch, density)
            members[name] = written()
        moved = None
        if aligned is not None and prediction is not None:
            write_map(scratch, aligned.density)
            members["maps/predicted-aligned.ccp4"] = written()
            laid_over = _model_text("atoms-aligned", aligned.model, built_remarks(prediction))
            if laid_over is not None:
                members[laid_over[0]] = laid_over[1].encode("utf-8")
            moved = AlignedPart(
                map="maps/predicted-aligned.ccp4", model=laid_over[0] if laid_over else None
            )
    manifest = Manifest(
        program=f"patterson_gui {patterson_gui.__version__}",
        name=crystal.name,
        provenance=crystal.provenance,
        notes=crystal.notes,
        cell=_cell_numbers(crystal.cell),
        spacegroup=crystal.spacegroup.xhm(),
        is_fragment=crystal.is_fragment,
        composition=dict(crystal.composition.counts) if crystal.composition else None,
        amplitudes=_amplitudes_part(crystal.amplitudes),
        model=model[0] if model else None,
        maps=tuple(
            _map_part(
                name,
                density,
                levels.get(density.kind.value),
                styles.get(density.kind.value, "mesh"),
            )
            for name, density in present.items()
        ),
        prediction=_prediction_part(prediction, atoms[0] if atoms else None),
        aligned=moved,
        figures=dict(figures) if figures is not None else None,
        levels={name: float(level) for name, level in levels.items()},
        settings=dict(settings or {}),
    )
    write_archive(Path(path), {MANIFEST: manifest.to_json().encode("utf-8"), **members})


def _cell_numbers(cell: gemmi.UnitCell) -> tuple[float, float, float, float, float, float]:
    a, b, c, alpha, beta, gamma = (float(x) for x in cell.parameters)
    return a, b, c, alpha, beta, gamma


def _amplitudes_part(data: Amplitudes | None) -> AmplitudesPart | None:
    if data is None:
        return None
    return AmplitudesPart(file="amplitudes.mtz", label=data.label, absolute=data.absolute)


def _map_part(
    name: str, density: DensityMap, level: float | None, style: Literal["mesh", "surface"]
) -> MapPart:
    return MapPart(
        file=name,
        kind=density.kind,
        name=density.name,
        spacegroup=density.spacegroup.xhm(),
        d_min=density.d_min,
        absolute=density.absolute,
        rmsd=_finite(density.rmsd),
        level=None if level is None else _finite(level * density.rmsd),
        style=style,
    )


def _prediction_part(prediction: Prediction | None, atoms: str | None) -> PredictionPart | None:
    if prediction is None:
        return None
    return PredictionPart(
        file="phases.mtz",
        absolute=prediction.amplitudes.absolute,
        label=prediction.amplitudes.label,
        r_factor=_finite(prediction.r_factor),
        self_consistency=_finite(prediction.self_consistency),
        solved=bool(prediction.solved),
        certain=bool(prediction.certain),
        verdict=prediction.verdict,
        hand_determined=bool(prediction.hand_determined),
        settings=prediction.settings,
        starts=prediction.starts,
        seconds=float(prediction.seconds),
        device=prediction.device,
        notes=prediction.notes,
        model=atoms,
        built=prediction.built,
        hand=prediction.hand,
        network=prediction.network,
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _model_text(
    name: str, model: gemmi.Structure | None, remarks: Sequence[str] = ()
) -> tuple[str, str] | None:
    """(member, text): PDB, or mmCIF if PDB cannot hold all names or atoms."""
    if model is None or len(model) == 0:
        return None
    fits = model[0].count_atom_sites() < 99_999 and all(
        len(chain.name) <= 2
        and all(len(r.name) <= 3 and all(len(a.name) <= 4 for a in r) for r in chain)
        for chain in model[0]
    )
    if fits:
        return f"{name}.pdb", pdb_text(model, remarks)
    return f"{name}.cif", mmcif_text(model, remarks)
