"""Saves what the Explorer decoded, sends it to another program, or opens it in the main window."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from patterson_gui import __version__
from patterson_gui.app.explorer.decoding import Source
from patterson_gui.app.explorer.explorer import Explorer
from patterson_gui.app.jobs.jobs import Failure, Job, JobContext, Lane
from patterson_gui.app.jobs.notice import Notice, Tell
from patterson_gui.app.jobs.runner import JobRunner
from patterson_gui.crystal.colours import MAP_COLOURS, element_colour
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.material import Material
from patterson_gui.crystal.materials.cube_map import cube_structure
from patterson_gui.crystal.materials.latent import Decoded
from patterson_gui.crystal.materials.structure import structure_of, to_standard_axes
from patterson_gui.crystal.models.whole_cell import crystal_from_model
from patterson_gui.io.file_names import file_stem
from patterson_gui.io.files import make_folder
from patterson_gui.io.maps.ccp4 import write_map
from patterson_gui.io.models.writers.models import write_model
from patterson_gui.io.viewers.scene import SendReport, Viewer, ViewerItem, ViewerScene

D_MIN = 0.8  # Å, the usual limit of small-molecule data


class SceneSender(Protocol):
    """Sends scenes to other programs: `app/other_programs/send_and_fetch.py: Viewers`."""

    @property
    def folder(self) -> Path:
        """Where the files of a scene are written."""
        ...

    def send_scene(
        self, viewer: Viewer, make: Callable[[], ViewerScene], folder: Path, tell: Tell
    ) -> Job[SendReport] | None:
        """Send what `make` writes into `folder`; `tell` shows the user how it went."""
        ...


@dataclass(frozen=True)
class Look:
    """How the views show the maps; levels in rmsd."""

    encoded_level: float
    decoded_level: float
    style: str  # wire | surface


def in_cell(material: Material) -> Material:
    """The same crystal with all atoms inside the cell and their mean at its centre.

    In the cube, the atoms lie relative to the cube's origin, which means nothing in the cell.
    """
    if material.lattice is None or not len(material):
        return material
    frac = material.frac
    frac = frac - frac.mean(axis=0) + 0.5
    return replace(material, positions=(frac - np.floor(frac)) @ material.lattice)


class ExplorerExport:
    """Saves, sends and opens what the Explorer decoded."""

    def __init__(self, explorer: Explorer, runner: JobRunner, viewers: SceneSender) -> None:
        self._explorer = explorer
        self._runner = runner
        self._viewers = viewers

    # ------------------------------------------------------------------ what can be saved
    def density_blocked(self) -> str | None:
        """Why no density can be saved or sent; None if one can."""
        return None if self._explorer.decoding.density is not None else "Nothing is decoded yet."

    def atoms_blocked(self) -> str | None:
        """Why no crystal can be saved or opened; None if one can."""
        decoded = self._explorer.decoding.decoded
        if decoded is None:
            return "The atoms are not decoded yet."
        return None if len(decoded.material) else "No atoms were found in the decoded density."

    def suggested_name(self, ending: str) -> str:
        """A file name for the decoded crystal."""
        decoded = self._explorer.decoding.decoded
        formula = "" if decoded is None else decoded.material.formula
        return file_stem(f"{formula or 'crystal'}-decoded") + ending

    def provenance(self, decoded: Decoded) -> str:
        """Sentences for the file that say that this crystal was decoded, not measured."""
        decoding = self._explorer.decoding
        latent = decoding.latent
        network = "" if latent is None else latent.network
        name = "" if latent is None else latent.name
        from_ = {
            Source.ENCODED: f"from the latent of {name}",
            Source.MOVED: f"from a latent moved along principal directions ({name})",
            Source.BETWEEN: f"from a latent between two others ({name})",
            Source.SAMPLED: f"from a random latent ({name})",
        }[decoding.source]
        return (
            f"Decoded by the network {network} of patterson_gui {__version__} {from_}. Its atoms "
            f"explain {100 * decoded.explained:.1f} % of the decoded density. Neither measured nor "
            "relaxed; stability was not judged."
        )

    # ------------------------------------------------------------------ saving
    def save_crystal(self, path: Path) -> Job[Path] | None:
        """Write the decoded crystal as CIF, or in the format that the file ending names."""
        decoded = self._explorer.decoding.decoded
        if decoded is None or self.atoms_blocked() is not None:
            return self._refuse(self.atoms_blocked())
        provenance = self.provenance(decoded)
        formula = decoded.material.formula
        material = replace(in_cell(decoded.material), name=f"{formula} (decoded)", identifier="")

        def work() -> None:
            from patterson_gui.io.models.writers.materials import write_materials

            write_materials(path, [material], provenance)

        return self._save(path, work)

    def save_density(self, path: Path) -> Job[Path] | None:
        """Write the decoded density in its cube (CCP4)."""
        density = self._explorer.decoding.density
        if density is None:
            return self._refuse(self.density_blocked())

        def work() -> None:
            write_map(path, density)

        return self._save(path, work)

    # ------------------------------------------------------------------ sending and opening
    def send(self, look: Look, viewer: Viewer) -> Job[SendReport] | None:
        """Send both densities and their atoms to another program, as they are shown here."""
        explorer = self._explorer
        density, decoded = explorer.decoding.density, explorer.decoding.decoded
        encoded = explorer.encoding.encoded
        if density is None:
            return self._refuse(self.density_blocked())
        maps = [(density, look.decoded_level, "decoded")]
        samples = [] if decoded is None else [(decoded.sample, "decoded")]
        if encoded is not None:
            maps.append((encoded.density, look.encoded_level, "encoded"))
            samples.append((encoded.sample, "encoded"))
        style = "surface" if look.style == "surface" else "mesh"
        folder = self._viewers.folder / "explorer"

        def scene() -> ViewerScene:
            make_folder(folder)
            items = []
            for shown, level, name in maps:
                path = folder / f"{name}.ccp4"
                write_map(path, shown)
                items.append(
                    ViewerItem(path, f"{name} density", shown.kind, level * shown.rmsd,
                               MAP_COLOURS[shown.kind], style, key=f"{name}-density")
                )  # fmt: skip
            for sample, name in samples:
                if sample.inside.any():
                    path = folder / f"{name}.pdb"
                    write_model(path, cube_structure(sample, f"{name} atoms"))
                    colour, key = element_colour("C"), f"{name}-atoms"
                    items.append(ViewerItem(path, f"{name} atoms", colour=colour, key=key))
            return ViewerScene(tuple(items), "explorer")

        return self._viewers.send_scene(viewer, scene, folder, self._tell)

    def open_decoded(self, on_done: Callable[[Crystal], None]) -> Job[Crystal] | None:
        """Make a crystal of the decoded atoms, with amplitudes, and call `on_done` with it."""
        decoded = self._explorer.decoding.decoded
        if decoded is None or self.atoms_blocked() is not None:
            return self._refuse(self.atoms_blocked())
        material, provenance = decoded.material, self.provenance(decoded)

        def work(context: JobContext) -> Crystal:
            atoms = to_standard_axes(in_cell(material))
            structure = structure_of(atoms)
            structure.name = f"{material.formula} (decoded)"
            crystal = crystal_from_model(structure, D_MIN)
            return replace(crystal, provenance=provenance, material=atoms)

        return self._runner.submit(
            f"Amplitudes of {material.formula}", work, lane=Lane.EXPLORER, key="explorer-open",
            on_done=on_done, on_failed=self._tell_failure,
        )  # fmt: skip

    # ------------------------------------------------------------------ parts
    def _save(self, path: Path, write: Callable[[], None]) -> Job[Path]:
        def work(context: JobContext) -> Path:
            write()
            return path

        return self._runner.submit(
            f"Saving {path.name}", work, lane=Lane.FILES, on_failed=self._tell_failure,
            on_done=lambda written: self._tell(f"Saved {written.name} in {written.parent}."),
        )  # fmt: skip

    def _refuse(self, reason: str | None) -> Job[Any] | None:
        self._tell(reason or "", error=True)
        return None

    def _tell(self, text: str, *, error: bool = False) -> None:
        self._explorer.notice.emit(Notice(text, error))

    def _tell_failure(self, failure: Failure) -> None:
        self._explorer.notice.emit(Notice(failure.sentence, error=True, details=failure.details))
