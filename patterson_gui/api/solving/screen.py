"""Solve all data sets in a folder, in parallel, into one table: `screen`."""

from collections.abc import Callable, Sequence
from typing import Any

from patterson_gui.api.arguments import PathLike, number, path_of, whole_number
from patterson_gui.api.progress import shown_in_bar, stopped_by_interrupt
from patterson_gui.api.solving.screen_sets import screen_sets
from patterson_gui.api.solving.solve import solve_settings
from patterson_gui.api.types.screening import Screening, ScreenProgress
from patterson_gui.crystal.measured.contents import contents_from_elements
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.screening.data_sets import find_sets


@machine_faults_as_sentences()
def screen(
    folder: PathLike,
    output: PathLike,
    *,
    jobs: int | None = None,
    dask: str | None = None,
    limit: float = 600.0,
    retry: bool = False,
    elements: str | Sequence[str] | None = None,
    space_group: str = "auto",
    laue: str | None = None,
    radiation: str = "auto",
    starts: int | None = None,
    time: float | None = None,
    seed: int = 0,
    hydrogens: bool = True,
    anisotropic: bool = True,
    device: str = "auto",
    progress: bool | Callable[[ScreenProgress], None] | None = None,
) -> Screening:
    """Solve all data sets in a folder and the folders in it, each in a process of its own.

    The table is in `screen.csv` and, with pictures and links to the reports, in `screen.html`. A
    run that was stopped continues where it was: finished crystals are kept, unless their files
    or the options have changed.

    Parameters
    ----------
    folder : with the data sets: files of reflections, each with its companions beside it.
    output : folder for the tables and a folder for each crystal.
    jobs : crystals that are solved at the same time; None: one for each core.
    dask : address of a Dask scheduler whose workers see the same folders; None: this machine.
    limit : seconds after which one crystal is given up.
    retry : try crystals that failed before again.
    elements : elements that may be present in all crystals; None: as their files say.
    space_group, laue, radiation, starts, time, seed, hydrogens, anisotropic, device : as in
        `solve`, for all crystals.
    progress : True, False, or a function that is called with a `ScreenProgress` after each
        crystal; None: a bar on a terminal and in a notebook.

    Returns
    -------
    The table; see `Screening`.

    Raises
    ------
    UserError : the folder holds no data sets, an argument is wrong, or a file cannot be written.
    KeyboardInterrupt : Ctrl-C; a further call continues.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> folder = pg.measured_example_path().parent
    >>> pg.screen(folder, "screened", jobs=1, progress=False)
    <Screening 'screened': 1 crystal: 1 solved.>
    """
    if not isinstance(retry, bool):
        raise UserError(f"retry must be True or False, not {retry!r}.")
    options = screen_options(
        elements=elements, space_group=space_group, laue=laue, radiation=radiation, starts=starts,
        time=time, seed=seed, hydrogens=hydrogens, anisotropic=anisotropic, device=device,
    )  # fmt: skip
    target = path_of(output, "output")
    sets = find_sets(path_of(folder, "folder"), leave_out=target)

    def update(bar: Any, now: ScreenProgress) -> None:
        bar.n, bar.total = now.done, now.total
        if now.row is not None:
            bar.set_postfix_str(f"{now.row['name']} {now.row['verdict']}", refresh=False)
        bar.update(0)

    with (
        stopped_by_interrupt() as cancelled,
        shown_in_bar(progress, update, desc="Screening", total=len(sets)) as report,
    ):
        return screen_sets(
            sets,
            target,
            options,
            jobs=None if jobs is None else whole_number(jobs, "jobs", least=1),
            dask=dask,
            limit=number(limit, "limit", above=0, unit="s"),
            retry=retry,
            report=report,
            cancelled=cancelled,
        )


def screen_options(
    *,
    elements: str | Sequence[str] | None = None,
    space_group: str = "auto",
    laue: str | None = None,
    radiation: str = "auto",
    starts: int | None = None,
    time: float | None = None,
    seed: int = 0,
    hydrogens: bool = True,
    anisotropic: bool = True,
    device: str = "auto",
) -> dict[str, Any]:
    """What `screen` hands to `solve` for each crystal; checked before any process starts.

    Raises
    ------
    UserError : an argument is wrong.
    """
    settings: dict[str, Any] = {
        "space_group": space_group, "laue": laue, "radiation": radiation, "starts": starts,
        "time": time, "seed": seed, "hydrogens": hydrogens, "anisotropic": anisotropic,
        "device": device,
    }  # fmt: skip
    solve_settings(**settings)
    words = elements if elements is None or isinstance(elements, str) else " ".join(elements)
    if words is not None:
        contents_from_elements(words)
    return {"elements": words, **settings}
