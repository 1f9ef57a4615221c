"""Evaluate a method on many problems made from models or crystals: `evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from patterson_gui.api.arguments import (
    PathLike,
    cell_edge,
    number,
    one_of,
    path_of,
    random_seed,
    whole_number,
)
from patterson_gui.api.crystal_evaluation import evaluate_crystals
from patterson_gui.api.prediction import method_settings
from patterson_gui.api.progress import ShowProgress, shown, stopped_by_interrupt
from patterson_gui.api.types.evaluation import Evaluation
from patterson_gui.crystal.prediction import PredictionSettings, Progress
from patterson_gui.crystal.problem_kinds import CRYSTAL_KINDS, D_MIN, PROTEIN_KINDS
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.nets.inference.trained_networks import TrainedNetworks
from patterson_gui.solvers import evaluate as solver_evaluation
from patterson_gui.solvers.sampling import Recipe, Sampler, models_in

if TYPE_CHECKING:
    from patterson_gui.crystal.materials.cube import SampleKind
    from patterson_gui.io.datasets.proteins import ProteinKindName

KINDS = (*PROTEIN_KINDS, *CRYSTAL_KINDS)


@machine_faults_as_sentences()
def evaluate(
    source: PathLike,
    kind: str = "dipeptide",
    *,
    n: int = 200,
    method: str = "auto",
    atoms: bool = False,
    model: str | Path | None = None,
    length: int | None = None,
    cell: float | str | None = None,
    d_min: float = D_MIN,
    noise: float = 0.0,
    splits: PathLike | None = None,
    split: str = "test",
    segment: bool = False,
    starts: int | None = None,
    iterations: int | None = None,
    seed: int = 0,
    device: str = "auto",
    progress: ShowProgress = None,
) -> Evaluation:
    """Predict many problems, or encode and decode many crystals, and compare with the truth.

    A prediction never sees the truth, which is used only to compare afterwards.

    Parameters
    ----------
    source : a folder of protein models; for the kinds "crystal" and "lattice" a file of crystals
        (CIF, extended XYZ, .h5 data set ...).
    kind : "dialanine", "dipeptide" or "fragment": residues alone in a P1 cell; "crystal": unit
        cells in a cube of 10 Å; "lattice": windows of 10 Å cut out of crystals.
    n : number of problems.
    method, model, starts, iterations, seed, device : as of `predict`. Problem i has the seed
        `seed + i`.
    atoms : build atoms into each density.
    length : number of residues of a "fragment" (default 15).
    cell : edge of a cube, Å, or "auto", the extent of the residues plus 3 Å; None: 20 for
        dialanines, 12 for dipeptides, "auto" for fragments.
    d_min : Å, resolution of the amplitudes.
    noise : relative standard deviation of the errors added to the amplitudes, 0..1.
    splits : a table with the columns entry and split; None: all models, or the splits that a file
        of crystals holds.
    split : the split whose entries are used.
    segment : also compare the atoms that a network finds in each density.
    progress : as of `predict`.

    Raises
    ------
    UserError : an argument is wrong, no file can be read, or no problem can be made.
    KeyboardInterrupt : Ctrl-C.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> from patterson_gui.io.resources import resources_folder
    >>> models = resources_folder() / "examples"
    >>> found = pg.evaluate(models, "dipeptide", n=1, method="retrieval")
    >>> found.figures["n"]
    1
    """
    one_of(kind, KINDS, "kind")
    n = whole_number(n, "n", least=1)
    table = None if splits is None else path_of(splits, "splits")
    if kind in CRYSTAL_KINDS:
        with stopped_by_interrupt() as cancelled, shown("Evaluating", progress) as report:

            def report_unless_cancelled(now: Progress) -> None:
                if cancelled():
                    raise Cancelled
                report(now)

            return evaluate_crystals(
                path_of(source, "source"),
                cast("SampleKind", kind),
                n=n,
                seed=random_seed(seed),
                model=None if model is None else str(model),
                splits=table,
                split=split,
                report=report_unless_cancelled,
            )
    return _evaluate_proteins(
        path_of(source, "source"),
        kind,
        n=n,
        settings=method_settings(
            method=method,
            atoms=bool(atoms),
            model=model,
            starts=starts,
            iterations=iterations,
            seed=seed,
            device=device,
        ),
        length=_length(kind, length),
        cell=_cell(kind, cell),
        d_min=number(d_min, "d_min", above=0, unit="Å"),
        noise=number(noise, "noise", least=0, most=1),
        table=table,
        split=split,
        segment=segment,
        progress=progress,
    )


def _evaluate_proteins(
    folder: Path,
    kind: str,
    *,
    n: int,
    settings: PredictionSettings,
    length: int,
    cell: float | str,
    d_min: float,
    noise: float,
    table: Path | None,
    split: str,
    segment: bool,
    progress: ShowProgress,
) -> Evaluation:
    models = models_in(folder, table, None if table is None else split)
    edge = None if isinstance(cell, str) else cell
    recipe = Recipe(length, edge, d_min, cast("ProteinKindName", kind), noise)
    sampler = Sampler(models, recipe, settings.seed)
    with stopped_by_interrupt() as cancelled, shown("Evaluating", progress) as report:
        cases = solver_evaluation.evaluate(
            sampler,
            n,
            settings,
            report,
            cancelled,
            networks=TrainedNetworks(),
            central_edge=PROTEIN_KINDS[kind].central_edge,
            segment=segment,
        )
    if not cases:
        reasons = ", ".join(f"{reason} ({n})" for reason, n in sampler.rejected.most_common())
        raise UserError(
            f"No problem of this kind could be made from {folder} ({reasons}): choose another kind "
            "or folder."
        )
    figures: dict[str, Any] = {
        "kind": kind,
        "length": length,
        "cell": cell,
        "d_min": d_min,
        "method": settings.method,
        "noise": noise,
        "seed": settings.seed,
        "models": len(models),
        **solver_evaluation.summary(cases),
        "rejected": dict(sorted(sampler.rejected.items())),
        "cases": [case.row() for case in cases],
    }
    few = f"Only {len(cases)} of the {n} requested problems could be made."
    return Evaluation(figures, (few,) if len(cases) < n else ())


def _length(kind: str, length: int | None) -> int:
    defaults = PROTEIN_KINDS[kind]
    if length is None:
        return defaults.length
    given = whole_number(length, "length", least=1)
    if defaults.fixed_length and given != defaults.length:
        raise UserError(f"A {kind} has two residues: use the kind 'fragment' for other lengths.")
    return given


def _cell(kind: str, cell: float | str | None) -> float | str:
    edge = PROTEIN_KINDS[kind].cell_edge if cell is None else cell_edge(cell)
    return "auto" if edge is None else edge
