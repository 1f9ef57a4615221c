"""Hand what is open to the process of the Python console, in a folder of files."""

import json
from collections.abc import Mapping
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap, MapKind
from patterson_gui.errors import UserError
from patterson_gui.io.bundle.pgz import read_bundle
from patterson_gui.io.bundle.write_pgz import write_bundle
from patterson_gui.io.files import make_folder

_CRYSTAL, _MAPS = "crystal.pgz", "maps.json"


def write_handover(folder: Path, crystal: Crystal, maps: Mapping[str, DensityMap]) -> None:
    """Write a crystal and its maps into a new folder. Slow for large maps: call it in a job.

    Raises
    ------
    UserError : a file cannot be written.
    """
    make_folder(folder)
    write_bundle(folder / _CRYSTAL, crystal)
    described = {}
    for name, density in maps.items():
        np.save(folder / f"{name}.npy", density.grid)
        described[name] = {
            "cell": list(density.cell.parameters), "space_group": density.spacegroup.xhm(),
            "kind": density.kind.value, "d_min": density.d_min, "name": density.name,
            "absolute": density.absolute,
        }  # fmt: skip
    (folder / _MAPS).write_text(json.dumps(described), encoding="utf-8")


def read_handover(folder: Path) -> tuple[Crystal, dict[str, DensityMap]]:
    """The crystal and its maps by name, as `write_handover` wrote them.

    Raises
    ------
    UserError : the folder is gone or damaged.
    """
    crystal = read_bundle(folder / _CRYSTAL).crystal
    try:
        described = json.loads((folder / _MAPS).read_text(encoding="utf-8"))
        maps = {
            name: DensityMap(
                np.load(folder / f"{name}.npy"), gemmi.UnitCell(*one["cell"]),
                gemmi.SpaceGroup(one["space_group"]), MapKind(one["kind"]), one["d_min"],
                one["name"], one["absolute"],
            )
            for name, one in described.items()
        }  # fmt: skip
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"What the window hands over in {folder} cannot be read ({error}): press Reload."
        ) from error
    return crystal, maps
