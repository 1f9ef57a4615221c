"""Write amplitudes and map coefficients of a solved structure as MTZ, which Coot opens."""

from pathlib import Path

import gemmi
import numpy as np

import patterson_gui
from patterson_gui.crystal.models.model_maps import MapTerms
from patterson_gui.io.files import replace_file
from patterson_gui.io.text.plain_text import plain

_COLUMNS = (
    ("FP", "F"), ("SIGFP", "Q"), ("FC", "F"), ("PHIC", "P"),
    ("FWT", "F"), ("PHWT", "P"), ("DELFWT", "F"), ("PHDELWT", "P"),
)  # fmt: skip
_WIDTH = 80


def write_map_coefficients(
    path: Path, terms: MapTerms, name: str, wavelength: float | None = None
) -> None:
    """Write H K L FP SIGFP FC PHIC FWT PHWT DELFWT PHDELWT in the CCP4 asymmetric unit.

    FWT and PHWT give the density 2Fo − Fc, DELFWT and PHDELWT the difference map; phases are in
    degrees, amplitudes on absolute scale.
    """
    mtz = gemmi.Mtz(with_base=True)
    mtz.title = plain(f"{name}: refined structure")[:70]
    mtz.spacegroup = terms.spacegroup
    dataset = mtz.add_dataset("patterson_gui")
    dataset.project_name = "patterson_gui"
    dataset.crystal_name = plain(name)[:40] or "crystal"
    dataset.wavelength = wavelength or 0.0
    mtz.set_cell_for_all(terms.cell)
    for label, kind in _COLUMNS:
        mtz.add_column(label, kind)
    pairs = []
    for f in (terms.fc, terms.density_terms, terms.difference_terms):
        pairs += [np.abs(f), np.degrees(np.angle(f))]
    table = np.column_stack([terms.hkl, terms.fo, terms.sigma, *pairs])
    mtz.set_data(table.astype(np.float32))
    mtz.ensure_asu()
    mtz.sort()
    mtz.history = [
        plain(f"From patterson_gui {patterson_gui.__version__}")[:_WIDTH],
        "FWT/PHWT: 2Fo-Fc, of centric reflections Fo; DELFWT/PHDELWT: Fo-Fc",
    ]
    with replace_file(path) as temporary:
        temporary.write_bytes(_with_origin_choice(mtz))


def _with_origin_choice(mtz: gemmi.Mtz) -> bytes:
    """The file, its space group named with the origin choice where there are two.

    The operations in the header tell the choice, but some readers, gemmi among them, go by the
    name alone.
    """
    content = mtz.write_to_bytes()
    group = mtz.spacegroup
    if group.ext in ("1", "2"):
        name, full = f"  '{group.hm}'", f"'{group.hm}:{group.ext}'"
        content = content.replace(name.encode(), full.encode(), 1)
    return content
