"""Find heavy atoms from differences of amplitudes: `find_sites`."""

from collections.abc import Callable
from typing import Any

import gemmi

from patterson_gui.api.arguments import PathLike, path_of, random_seed, whole_number
from patterson_gui.api.patterson_maps.differences import differences
from patterson_gui.api.progress import shown_in_bar, stopped_by_interrupt
from patterson_gui.api.types.differences import DifferenceData
from patterson_gui.api.types.heavy_sites import HeavySites
from patterson_gui.crystal.differences.heavy_atoms import SiteSearchSettings, SitesProgress
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.solvers.heavy_atoms.search import find_sites as search_sites

ShowSitesProgress = bool | Callable[[SitesProgress], None] | None
_LAYOUT = "{desc} {percentage:3.0f}%|{bar:24}| {elapsed} {postfix}"


@machine_faults_as_sentences()
def find_sites(
    source: DifferenceData | PathLike,
    kind: str | None = None,
    *,
    element: str,
    n: int | None = None,
    native: PathLike | None = None,
    native_column: str | None = None,
    derivative: str | None = None,
    seed: int = 0,
    progress: ShowSitesProgress = None,
) -> HeavySites:
    """Find the sites of heavy atoms from anomalous or isomorphous differences.

    First sites are peaks of the symmetry minimum function of the Patterson map (Simpson, Dobrott
    & Lipscomb, Acta Cryst. 18, 169, 1965); further ones are peaks of the slope of the likelihood
    of the differences, against which all are refined. The same search on shuffled differences
    tells which score a site reaches by chance. Sites with a lower one are not reported.

    Parameters
    ----------
    source : differences (of `differences`), or the path of a file of reflections.
    kind : "anomalous" or "isomorphous", with the path of a file.
    element : symbol of the element that is sought, such as "SE".
    n : largest number of sites in the asymmetric unit; None: as many as the data show.
    native, native_column, derivative : as in `differences`, with the path of a file.
    seed : random seed of the shuffled differences.
    progress : True, False, or a function that is called with each
        `patterson_gui.crystal.differences.heavy_atoms.SitesProgress`; None: a bar on a
        terminal and in a notebook.

    Returns
    -------
    The sites, strongest first, on one of the possible origins and in one of both hands, which
    such differences do not tell apart. There may be none.

    Raises
    ------
    UserError : there are no such differences, or an argument is wrong.
    KeyboardInterrupt : Ctrl-C.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> found = pg.find_sites(  # doctest: +SKIP
    ...     "toxd.mtz", "isomorphous", element="AU", native="toxd.mtz", derivative="FAU20"
    ... )
    >>> found.save("sites")  # doctest: +SKIP
    """
    settings = SiteSearchSettings(
        element_named(element),
        None if n is None else whole_number(n, "n", least=1),
        random_seed(seed),
    )
    data = differences_of(source, kind, native, native_column, derivative)

    def update(bar: Any, now: SitesProgress) -> None:
        bar.n = now.fraction
        bar.set_postfix_str(f"{now.step} {now.text}".strip(), refresh=False)
        bar.update(0)

    with (
        stopped_by_interrupt() as cancelled,
        shown_in_bar(progress, update, desc="Heavy atoms", total=1.0, bar_format=_LAYOUT) as report,
    ):
        other = data.read.other_kind()
        found = search_sites(data.read.differences, settings, report, cancelled, other)
    return HeavySites(found, data.read)


def differences_of(
    source: DifferenceData | PathLike,
    kind: str | None,
    native: PathLike | None,
    native_column: str | None,
    derivative: str | None,
) -> DifferenceData:
    """The differences that are given, or those of a file.

    Raises
    ------
    UserError : differences are given together with words that choose them, or a file without.
    """
    if isinstance(source, DifferenceData):
        if any(word is not None for word in (kind, native, native_column, derivative)):
            raise UserError(
                "The differences are given: leave out kind, native, native_column and derivative."
            )
        return source
    if kind is None:
        raise UserError("Give the kind of the differences: 'anomalous' or 'isomorphous'.")
    return differences(
        path_of(source, "source"),
        kind,
        native=native,
        native_column=native_column,
        derivative=derivative,
    )


def element_named(symbol: object) -> str:
    """The symbol of an element as it is written ("Se").

    Raises
    ------
    UserError : there is no such element.
    """
    text = symbol.strip().capitalize() if isinstance(symbol, str) else ""
    element = gemmi.Element(text or "X")  # gemmi looks at the first two letters alone
    if element.atomic_number < 3 or element.name != text:
        raise UserError(
            f"element must be the symbol of a heavy element such as 'SE', not {symbol!r}."
        )
    return str(element.name)
