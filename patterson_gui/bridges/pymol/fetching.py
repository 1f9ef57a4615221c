"""Check the files that PyMOL wrote, and put the space group of a map back.

PyMOL scales a map to mean 0 and σ 1 when it loads it, unless told otherwise. It writes every map
without its space group, and its minimum, maximum and rms in the header are not those of the map.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np

from patterson_gui.bridges.scene_files import fetched_from
from patterson_gui.io.maps.header import SIZE, parse_header
from patterson_gui.io.viewers.scene import Fetched, Viewer

_SPACEGROUP_WORD = 22 * 4  # bytes from the beginning of a CCP4 map
_ALMOST = 1e-3


def checked(answer: Mapping[str, Any], folder: Path, port: int) -> Fetched:
    """The files that `save_open` wrote into `folder`.

    Raises
    ------
    UserError
        when nothing was written, or a map is damaged.
    """
    fetched = fetched_from(Viewer.PYMOL, answer, folder, port)
    if fetched.map is None:
        return fetched
    _put_spacegroup_back(fetched.map, str((answer.get("map") or {}).get("spacegroup", "")))
    if not in_sigma(fetched.map):
        return fetched
    sentence = (
        f"{fetched.sentence.removesuffix('.')}; the map's values are in units of σ, as PyMOL "
        "loads maps unless normalize_ccp4_maps is 0."
    )
    return replace(fetched, sentence=sentence)


def in_sigma(path: Path) -> bool:
    """Whether a map has mean 0 and standard deviation 1, which no map has by chance."""
    with path.open("rb") as file:
        header = parse_header(file.read(SIZE), path.name)
    values = np.fromfile(path, header.dtype, offset=header.data_offset)
    mean, deviation = float(values.mean(dtype=float)), float(values.std(dtype=float))
    return abs(mean) < _ALMOST and abs(deviation - 1.0) < _ALMOST


def _put_spacegroup_back(path: Path, name: str) -> None:
    """Write the space group into a map's header: a part of the cell needs its symmetry."""
    group = gemmi.find_spacegroup_by_name(name) if name else None
    # The header holds only a number, which cannot tell other settings from the standard one.
    if group is None or gemmi.find_spacegroup_by_number(group.ccp4) != group:
        return
    with path.open("r+b") as file:
        order = parse_header(file.read(SIZE), path.name).dtype.byteorder
        file.seek(_SPACEGROUP_WORD)
        file.write(struct.pack(f"{order}i", group.ccp4))
