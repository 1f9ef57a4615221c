"""Read and write prediction bundles (.pgz): zip archives of a manifest, maps, MTZ and models."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.crystal.prediction import Prediction
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.archive import Archive
from patterson_gui.io.bundle.manifest import (
    Manifest,
    MapPart,
    parse_manifest,
)
from patterson_gui.io.formats.cif_blocks import is_cif
from patterson_gui.io.maps.ccp4 import read_map
from patterson_gui.io.models.cif import cif_structures
from patterson_gui.io.models.contents import model_contents
from patterson_gui.io.models.pdb import pdb_structures
from patterson_gui.io.reflections.columns import (
    refuse_impossible_cell,
    refuse_impossible_values,
)
from patterson_gui.io.reflections.mtz import read_mtz
from patterson_gui.io.source_file import SourceFile

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
