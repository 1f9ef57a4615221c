"""Make a crystal of intensities whose space group no file gives."""

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.io.opening.intensities import ReadIntensities
from patterson_gui.io.reflections.columns import Measurements, amplitudes_of
from patterson_gui.io.source_file import SourceFile


def crystal_of_intensities(read: ReadIntensities, source: SourceFile) -> Crystal:
    """A crystal in P1 with the amplitudes of measured intensities, equivalents not merged.

    Raises
    ------
    UserError : the values are impossible, or nothing is left of them.
    """
    data = read.intensities
    measurements = Measurements(data.hkl, data.value, data.sigma, "intensity")
    amplitudes, notes = amplitudes_of(measurements, data.cell, p1(), data.label, source.name)
    note = "The space group is not known yet: the maps are those of P 1."
    counts = None if read.contents is None else read.contents.counts
    heavy = {e: round(n) for e, n in (counts or {}).items() if e not in ("H", "D") and n >= 0.5}
    return Crystal(
        name=source.stem,
        cell=data.cell,
        spacegroup=p1(),
        amplitudes=amplitudes,
        composition=Composition(heavy) if heavy else None,
        source=source.path,
        provenance=(
            f"{amplitudes.label}: {len(amplitudes):,} measured amplitudes to "
            f"{amplitudes.d_min:.2f} Å, space group not known."
        ),
        notes=(*notes, note),
    )
