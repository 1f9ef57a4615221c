"""Read and write prediction bundles (.pgz): zip archives of a manifest, maps, MTZ and models."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import gemmi
import numpy as np

import patterson_gui
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.archive import Archive, write_archive
from patterson_gui.io.bundle.manifest import (
    AlignedPart,
    AmplitudesPart,
    Manifest,
    MapPart,
    PredictionPart,
    parse_manifest,
)
from patterson_gui.io.formats.cif_blocks import is_cif
from patterson_gui.io.maps.ccp4 import read_map, write_map
from patterson_gui.io.models.cif import cif_structures
from patterson_gui.io.models.contents import model_contents
from patterson_gui.io.models.pdb import pdb_structures
from patterson_gui.io.models.writers.built_atoms import built_remarks
from patterson_gui.io.models.writers.models import mmcif_text, pdb_text
from patterson_gui.io.reflections.columns import (
    refuse_impossible_cell,
    refuse_impossible_values,
)
from patterson_gui.io.reflections.mtz import read_mtz
from patterson_gui.io.reflections.write_phases import write_amplitudes, write_phases
from patterson_gui.io.source_file import SourceFile
from patterson_gui.io.temporary_files import temporary_folder

MANIFEST = "manifest.json"
_SCRATCH = "member"
_LARGEST_MANIFEST = 8 * 1024**2


@dataclass(frozen=True, eq=False)
class BundleContents:
    """The contents of a bundle."""

    crystal: Crystal
    patterson: DensityMap | None
    prediction: Prediction | None
    figures: dict[str, Any] | None
    manifest: Manifest

    @property
    def levels(self) -> dict[str, float]:
        """Contour levels in rmsd by kind of map."""
        return dict(self.manifest.levels)


@dataclass(frozen=True, eq=False)
class AlignedPrediction:
    """Map and atoms of a prediction, aligned to the truth."""

    density: DensityMap
    model: gemmi.Structure | None = None


# ---------------------------------------------------------------- writing
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


# ---------------------------------------------------------------- reading
def read_bundle(file: Path | SourceFile) -> BundleContents:
    """Read a bundle.

    Raises
    ------
    UserError : the file is damaged, is not a bundle, is of an unknown version, or is not safe to
        open (paths outside the archive, links, more bytes than a bundle may hold), or it changes
        while it is read.
    """
    source = SourceFile.of(file)
    with source.unchanged(), Archive(source) as archive:
        if MANIFEST not in archive:
            raise UserError(
                f"{source.name} is a zip archive, not a prediction bundle: unpack it and open the "
                "files in it."
            )
        manifest = parse_manifest(archive.read(MANIFEST, _LARGEST_MANIFEST), source.name)
        return _Reader(source.path, archive, manifest).contents()


def bundle_crystal(source: SourceFile) -> Crystal:
    """The crystal in a bundle."""
    return read_bundle(source).crystal


class _Reader:
    """Reads the members of a checked archive."""

    def __init__(self, path: Path, archive: Archive, manifest: Manifest) -> None:
        self._path, self._archive, self._manifest = path, archive, manifest
        self._cell = gemmi.UnitCell(*manifest.cell)
        if not (self._cell.is_crystal() and self._cell.volume > 1.0):
            raise self._wrong(f"the cell {manifest.cell}")

    def contents(self) -> BundleContents:
        manifest = self._manifest
        maps = {part.kind: self._map(part) for part in manifest.maps}
        amplitudes = None
        if manifest.amplitudes is not None:
            part = manifest.amplitudes
            group = self._spacegroup(manifest.spacegroup)
            amplitudes, _ = self._columns(part.file, group, part.label, part.absolute, ())
        crystal = Crystal(
            name=manifest.name,
            cell=self._cell,
            spacegroup=self._spacegroup(manifest.spacegroup),
            amplitudes=amplitudes,
            model=self._model(manifest.model),
            composition=Composition(manifest.composition) if manifest.composition else None,
            opened_map=maps.get(MapKind.DENSITY),
            truth=maps.get(MapKind.TRUE),
            source=self._path,
            provenance=manifest.provenance,
            notes=manifest.notes,
            is_fragment=manifest.is_fragment,
        )
        return BundleContents(
            crystal=crystal,
            patterson=maps.get(MapKind.PATTERSON),
            prediction=self._prediction(maps.get(MapKind.PREDICTED)),
            figures=manifest.figures,
            manifest=manifest,
        )

    def _member(self, name: str) -> SourceFile:
        """A member as a file in memory, named after the member and the bundle."""
        return SourceFile.in_memory(f"{name} in {self._path.name}", self._archive.read(name))

    def _map(self, part: MapPart) -> DensityMap:
        density = read_map(self._member(part.file))
        return replace(
            density,
            cell=self._cell,
            spacegroup=self._spacegroup(part.spacegroup),
            kind=part.kind,
            d_min=part.d_min,
            name=part.name,
            absolute=part.absolute,
        )

    def _model(self, name: str | None) -> gemmi.Structure | None:
        if name is None:
            return None
        member = self._member(name)
        structures = cif_structures if is_cif(member) else pdb_structures
        model = next(model_contents(structures(member), member)).structure
        model.name = self._manifest.name
        return model

    def _columns(
        self,
        name: str,
        group: gemmi.SpaceGroup,
        label: str,
        absolute: bool,
        more: tuple[str, ...],
    ) -> tuple[Amplitudes, list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]]:
        """The stored amplitudes, and the columns named in `more`."""
        mtz = read_mtz(self._member(name))
        columns = {column.label: column for column in mtz.columns}
        missing = [wanted for wanted in ("FP", "SIGFP", *more) if wanted not in columns]
        if missing:
            raise self._wrong(f"{name} without column {missing[0]}")
        sigma = np.array(columns["SIGFP"].array, dtype=np.float32)
        with np.errstate(invalid="ignore"):  # what int32 cannot hold is beyond every limit
            hkl = np.array(mtz.make_miller_array(), dtype=np.int32)
        f = np.array(columns["FP"].array, dtype=np.float32)
        where = f"{name} in {self._path.name}"
        refuse_impossible_values(hkl, f.astype(np.float64), "FP", where)
        others = [np.array(columns[label].array, dtype=np.float32) for label in more]
        # This program writes no row without values, unlike the files that other readers read.
        if not (np.isfinite([f, *others]).all() and f.min() >= 0):
            raise self._wrong(f"values in {name} that are no amplitudes or phases")
        refuse_impossible_cell(hkl, self._cell, group, where)
        amplitudes = Amplitudes(
            hkl=hkl,
            f=f,
            cell=self._cell,
            spacegroup=group,
            sigma=None if np.isnan(sigma).all() else sigma,
            label=label,
            absolute=absolute,
        )
        return amplitudes, others

    def _prediction(self, density: DensityMap | None) -> Prediction | None:
        part = self._manifest.prediction
        if part is None:
            return None
        if density is None:
            raise self._wrong("a prediction without its map")
        data, (phases, fom) = self._columns(
            part.file, gemmi.SpaceGroup("P 1"), part.label, part.absolute, ("PHWT", "FOM")
        )
        return Prediction(
            density=density,
            amplitudes=data,
            phases_deg=phases,
            fom=fom,
            r_factor=math.nan if part.r_factor is None else part.r_factor,
            self_consistency=math.nan if part.self_consistency is None else part.self_consistency,
            solved=part.solved,
            certain=part.certain,
            verdict=part.verdict,
            hand_determined=part.hand_determined,
            has_hand=not self._spacegroup(self._manifest.spacegroup).is_centrosymmetric(),
            settings=part.settings,
            starts=part.starts,
            seconds=part.seconds,
            device=part.device,
            notes=part.notes,
            model=self._model(part.model),
            built=part.built,
            hand=part.hand,
            network=part.network,
        )

    def _spacegroup(self, name: str) -> gemmi.SpaceGroup:
        group = gemmi.find_spacegroup_by_name(name)
        if group is None:
            raise self._wrong(f"the space group {name}")
        return group

    def _wrong(self, what: str) -> UserError:
        return UserError(
            f"{self._path.name} cannot be used, because it contains {what}: get the bundle again."
        )
