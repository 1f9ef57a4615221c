"""Phases of a protein from heavy atoms: `phases`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from patterson_gui.api.arguments import PathLike, number, one_of, path_of, whole_number
from patterson_gui.api.heavy_atoms.sites import element_named
from patterson_gui.api.patterson_maps.differences import KINDS, differences
from patterson_gui.api.progress import shown_in_bar, stopped_by_interrupt
from patterson_gui.api.types.phased_crystal import PhasedCrystal
from patterson_gui.crystal.heavy_atoms import SiteSearchSettings
from patterson_gui.crystal.heavy_phases import USUAL_SOLVENT, PhasingProgress, PhasingSettings
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
    solvent: float | None = None,
    seed: int = 0,
    progress: ShowPhasingProgress = None,
) -> PhasedCrystal:
    """Phases of a protein from heavy atoms, which are found first, in both hands.

    Isomorphous: one derivative or several against a native, with their anomalous differences
    where the file has them. Anomalous: one data set alone (SAD). Phase probabilities are those of
    Blow & Crick (Acta Cryst. 12, 794, 1959) as Hendrickson–Lattman coefficients; the density is
    modified by solvent flipping (Abrahams & Leslie, Acta Cryst. D52, 30, 1996).

    Parameters
    ----------
    source : path of a file of reflections.
    kind : "anomalous" or "isomorphous".
    derivatives : element of each data set of heavy atoms, by its name, such as {"FAU20": "AU"}.
    element : in place of `derivatives`, where the file has one data set of heavy atoms.
    native, native_column : as in `differences`.
    solvent : share of the cell that is solvent, 0.1 to 0.9; None: 0.5, which a note says.
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
    notes: list[str] = []
    if solvent is None:
        notes.append(
            f"The solvent was taken as {USUAL_SOLVENT:.0%} of the cell: state it if you know it."
        )
    settings = PhasingSettings(
        USUAL_SOLVENT if solvent is None else number(solvent, "solvent", least=0.1, most=0.9)
    )
    data = [
        differences(path, kind, native=native, native_column=native_column, derivative=name)
        for name, _ in wanted
    ]
    seed = whole_number(seed, "seed", least=0)

    def update(bar: Any, now: PhasingProgress) -> None:
        bar.n = now.fraction
        bar.set_postfix_str(f"{now.step} {now.text}".strip(), refresh=False)
        bar.update(0)

    with (
        stopped_by_interrupt() as cancelled,
        shown_in_bar(progress, update, desc="Phasing", total=1.0, bar_format=_LAYOUT) as report,
    ):
        reference = reference_of(data[0].read)
        crystals = []
        for i, (each, (_, symbol)) in enumerate(zip(data, wanted, strict=True)):
            report(PhasingProgress("Search", _SEARCH * i / len(data), each.read.differences.label))
            settings_of_search = SiteSearchSettings(symbol, None, seed)
            found = find_sites(each.read.differences, settings_of_search, cancelled=cancelled)
            sites = HeavySites(found.frac, found.score)
            crystals.append(derivative_of(each.read, symbol, reference, sites))

        def report_phasing(now: PhasingProgress) -> None:
            report(replace(now, fraction=_SEARCH + (1 - _SEARCH) * now.fraction))

        phased = phase(reference, crystals, settings, report_phasing, cancelled)
    every = (*notes, *(note for each in data for note in each.notes))
    return PhasedCrystal(replace(phased, notes=tuple(dict.fromkeys((*every, *phased.notes)))))
