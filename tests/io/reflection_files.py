"""One set of reflections, and makers of files of each format that hold it."""

from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.reciprocal.reflections import Amplitudes

CELL = gemmi.UnitCell(8.5, 9.5, 12.5, 90, 103, 90)
GROUP = gemmi.SpaceGroup("P 1 21/c 1")
HKL = np.array(gemmi.make_miller_array(CELL, GROUP, 1.2), dtype=np.int32)
F = np.random.default_rng(3).uniform(20, 90, len(HKL)).round(2)
SIGMA = 0.02 * F


def same(got: Amplitudes, tolerance: float = 0.01) -> bool:
    """Whether these are the amplitudes that all files of this module were made from."""
    ours = dict(zip(map(tuple, HKL.tolist()), F, strict=True))
    theirs = dict(zip(map(tuple, got.hkl.tolist()), got.f, strict=True))
    return ours.keys() == theirs.keys() and all(
        abs(theirs[h] - f) < tolerance * f for h, f in ours.items()
    )


def write_mtz(
    path: Path,
    columns: list[tuple[str, str, np.ndarray]],
    hkl: np.ndarray = HKL,
    cell: gemmi.UnitCell = CELL,
) -> Path:
    """An MTZ of columns (label, type, values)."""
    file = gemmi.Mtz(with_base=True)
    file.spacegroup = GROUP
    file.set_cell_for_all(cell)
    file.add_dataset("native")
    file.set_cell_for_all(cell)
    for label, kind, _ in columns:
        file.add_column(label, kind)
    file.set_data(np.column_stack([hkl, *(c[2] for c in columns)]).astype(np.float32))
    file.write_to_file(str(path))
    return path


CELL_CORE = """data_x
_cell_length_a 8.500(2)
_cell_length_b 9.500(2)
_cell_length_c 12.500(3)
_cell_angle_beta 103.00(1)
loop_
_symmetry_equiv_pos_as_xyz
x,y,z -x,1/2+y,1/2-z -x,-y,-z x,1/2-y,1/2+z
"""


def cif_loop(category: str, items: dict[str, np.ndarray], joint: str = ".") -> str:
    """A CIF loop; `joint` is '.' in the macromolecular dialect, '_' in the core's."""
    columns = dict(zip(("index_h", "index_k", "index_l"), HKL.T, strict=True)) | items
    tags = "\n".join(f"{category}{joint}{item}" for item in columns)
    rows = "\n".join(" ".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    return f"loop_\n{tags}\n{rows}\n"


INS = """TITL test
CELL 0.71073 8.5 9.5 12.5 90 103 90
ZERR 4 0 0 0 0 0 0
LATT 1
SYMM -x, 1/2+y, 1/2-z
SFAC C H O
UNIT 40 48 8
HKLF 4
END
"""


def hkl_text(batch: str = "   1", end: str = "   0   0   0    0.00    0.00   0\n") -> str:
    """Intensities as SHELX writes them (HKLF 4)."""
    lines = (
        f"{h[0]:4d}{h[1]:4d}{h[2]:4d}{f * f:8.2f}{2 * f * s:8.2f}{batch}\n"
        for h, f, s in zip(HKL.tolist(), F, SIGMA, strict=True)
    )
    return "".join(lines) + end
