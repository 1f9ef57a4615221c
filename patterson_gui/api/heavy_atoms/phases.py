"""Phases of a protein from heavy atoms: `phases`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from patterson_gui.api.arguments import PathLike, one_of, path_of, random_seed
from patterson_gui.api.heavy_atoms.phasing_arguments import (
    differences_of_derivative,
    phasing_settings,
    sites_of_derivatives,
)
from patterson_gui.api.heavy_atoms.sites import element_named
from patterson_gui.api.patterson_maps.differences import KINDS
from patterson_gui.api.progress import shown_in_bar, stopped_by_interrupt
from patterson_gui.api.types.phased_crystal import PhasedCrystal
from patterson_gui.crystal.differences.heavy_atoms import SiteSearchSettings
from patterson_gui.crystal.differences.heavy_phases import PhasingProgress
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.solvers.heavy_atoms.search import find_sites
from patterson_gui.solvers.heavy_phasing.inputs import HeavySites, derivative_of, reference_of
from patterson_gui.solvers.heavy_phasing.phase import phase

ShowPhasingProgress = bool | Callable[[PhasingProgress], None] | None
_LAYOUT = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"
_SEARCH = 0.5  # share of the time


@machine_faults_as_sentences()
def phases(
    source: PathLike,
    kind: str,
    *,
    derivatives: Mapping[str, str] | None = None,
    element: str | None = None,
    native: PathLike | None = None,
    native_column: str | None = None,
    sites: PathLike | Mapping[str, PathLike] | None = None,
    solvent: float | None = None,
    residues: int | None = None,
    sequence: PathLike | None = None,
    weight: float | None = None,
    copies: int | None = None,
    seed: int = 0,
    progress: ShowPhasingProgress = None,
) -> PhasedCrystal:
    """Phases of a protein from heavy atoms, found first or given, in both hands.

    Isomorphous: one derivative or several against a native, with their anomalous differences
    where the file has them. Anomalous: one data set alone (SAD). Phase probabilities are those of
    Blow & Crick (Acta Cryst. 12, 794, 1959) as Hendrickson–Lattman coefficients; the density is
    modified by solvent flipping (Abrahams & Leslie, Acta Cryst. D52, 30, 1996).

    Parameters
    ----------
    source : path of a file of reflections.
    kind : "anomalous" or "isomorphous".
    derivatives : element of each data set of heavy atoms, by its name, such as {"FAU20": "AU"};
        one in another file is named "au.mtz", or "au.mtz:FAU20" where that has several.
    element : in place of `derivatives`, where the file has one data set of heavy atoms.
    native, native_column : as in `differences`. The native of a derivative in another file is
        sought in `source` where it has no file of its own.
    sites : a file of sites (PDB, mmCIF, SHELX or a table), or one for each derivative by its name;
        these are not sought then. Sites of one file share an origin and a hand, and each
        derivative takes those of its element; those of different files are brought together.
    solvent : share of the cell that is solvent, 0.1 to 0.9.
    residues, sequence, weight : in place of `solvent`, one of: the number of residues of the
        protein, a file of its sequence (FASTA, PIR or letters), its mass in Da.
    copies : of the protein in the asymmetric unit; None: the number that leaves the solvent
        nearest to 50 %. Without any of these, the solvent is taken as 50 %. A note says so.
    seed : random seed of the search.
    progress : as in `find_sites`.

    Raises
    ------
    UserError : there are no such data, no derivative shows heavy atoms, or an argument is wrong.
    KeyboardInterrupt : Ctrl-C.

    Returns
    -------
    Phases, maps and figures of both hands, the better one first.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> found = pg.phases(  # doctest: +SKIP
    ...     "toxd.mtz", "isomorphous", derivatives={"FAU20": "AU", "FI100": "I"}
    ... )
    >>> found.save("phased")  # doctest: +SKIP
    """
    if (derivatives is None) == (element is None):
        raise UserError("Give either the element or the derivatives with the element of each.")
    path = path_of(source, "source")
    wanted: list[tuple[str | None, str]] = (
        [(None, element_named(element))]
        if derivatives is None
        else [(name, element_named(symbol)) for name, symbol in derivatives.items()]
    )
    one_of(kind, KINDS, "kind")
    if not wanted or (kind == "anomalous" and len(wanted) > 1):
        raise UserError(
            "Give one derivative: anomalous differences of several data sets are not combined."
        )
    data = [
        differences_of_derivative(path, kind, name, native, native_column) for name, _ in wanted
    ]
    given = sites_of_derivatives(sites, wanted, data[0].differences.cell)
    settings, notes = phasing_settings(
        data[0].differences, solvent, residues, sequence, weight, copies
    )
    notes += [note for each in given if each is not None for note in each.notes]
    seed = random_seed(seed)

    def update(bar: Any, now: PhasingProgress) -> None:
        bar.n = now.fraction
        bar.set_postfix_str(f"{now.step} {now.text}".strip(), refresh=False)
        bar.update(0)

    with (
        stopped_by_interrupt() as cancelled,
        shown_in_bar(progress, update, desc="Phasing", total=1.0, bar_format=_LAYOUT) as report,
    ):
        reference = reference_of(data[0])
        crystals = []
        for i, (read, (_, symbol)) in enumerate(zip(data, wanted, strict=True)):
            chosen = given[i]
            if chosen is None:
                report(PhasingProgress("Search", _SEARCH * i / len(data), read.differences.label))
                settings_of_search = SiteSearchSettings(symbol, None, seed)
                found = find_sites(read.differences, settings_of_search, cancelled=cancelled)
                start = HeavySites(found.frac, found.score)
            else:
                start = chosen.sites
            crystals.append(derivative_of(read, symbol, reference, start))

        def report_phasing(now: PhasingProgress) -> None:
            report(replace(now, fraction=_SEARCH + (1 - _SEARCH) * now.fraction))

        phased = phase(reference, crystals, settings, report_phasing, cancelled)
    every = (*notes, *(note for read in data for note in read.notes))
    return PhasedCrystal(replace(phased, notes=tuple(dict.fromkeys((*every, *phased.notes)))))
