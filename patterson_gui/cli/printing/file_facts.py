"""What `info` prints of a file: crystal, data, data sets, pseudo-translation and twinning."""

from pathlib import Path

from patterson_gui.app.document.statistics import Rows, crystal_rows, data_rows, pathology_rows
from patterson_gui.app.patterson_maps import source_choices
from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.measured.pathologies import pathologies


def fact_lines(path: Path, crystal: Crystal) -> list[str]:
    """Groups of lines "name: value" under a heading each.

    Parameters
    ----------
    crystal : as it was read from `path`.
    """
    groups: list[tuple[str, Rows]] = [("Crystal", crystal_rows(crystal))]
    data = crystal.amplitudes
    if data is not None:
        groups.append(("Data", data_rows(data)))
    choices = source_choices(path)
    if choices.sets:
        mates = ", ".join(choices.with_mates) or "none"
        groups.append(
            ("Data sets", (("All", ", ".join(choices.sets)), ("With Friedel mates", mates)))
        )
    if data is not None and data.sigma is not None:
        groups.append(("Pseudo-translation and twinning", pathology_rows(pathologies(data))))
    lines = []
    for heading, rows in groups:
        lines += [heading, *(f"    {name}: {value}" for name, value in rows)]
    return lines
