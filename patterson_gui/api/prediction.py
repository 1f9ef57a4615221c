"""Predicting density, phases and atoms from amplitudes alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from patterson_gui.api.arguments import PathLike, number, one_of, path_of, whole_number
from patterson_gui.api.opening import crystal_of
from patterson_gui.api.patterson import amplitudes_of
from patterson_gui.api.progress import Report, ShowProgress, shown, stopped_by_interrupt
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.api.types.prediction_result import PredictionResult
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.comparison.truth import refuse_other_cell, truth_of
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import METHODS, Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError

DEVICES = ("auto", "cpu", "cuda")


def predict(
    source: ground.Crystal | PathLike,
    *,
    method: str = "auto",
    atoms: bool | None = None,
    model: str | Path | None = None,
    d_min: float | None = None,
    atoms_in_cell: int | None = None,
    starts: int | None = None,
    iterations: int | None = None,
    seed: int = 0,
    device: str = "auto",
    truth: ground.Crystal | PathLike | None = None,
    progress: ShowProgress = None,
) -> PredictionResult:
    """Density and phases of a crystal from its amplitudes alone.

    Only amplitudes and composition enter the prediction. A model or a true map is looked at
    afterwards, to judge the result.

    Parameters
    ----------
    source : a crystal with amplitudes, or the path of a file.
    method : "retrieval" (random starts), "network" (what a trained network says, nothing
        added), "hybrid" (the network's phases begin the retrieval) or "auto" (random starts
        first, a network where these fail or leave the hand open).
    atoms : build atoms into the density; None: where the data reach 1.8 Å, and to 2.5 Å where
        they prove the atoms.
    model : trained weights, by name or file; None: the best for the data.
    d_min : Å; the data are cut here. None: all are used.
    atoms_in_cell : non-hydrogen atoms in the whole P1 cell; None: as the composition says.
    starts : most random starts; None: as many as the problem asks for.
    iterations : length of each start.
    seed : random seed.
    device : "auto", "cpu" or "cuda".
    truth : a model of the same crystal to judge the result by; None: the crystal's own model or
        map, where it has one.
    progress : True, False, or a function that is called with each
        `patterson_gui.crystal.prediction.Progress`; None: a bar on a terminal and in a notebook.

    Returns
    -------
    Density (e/Å³, P1, fixed frame), phases (degrees), atoms and figures; see `PredictionResult`.

    Raises
    ------
    UserError : there are no amplitudes or too few, an argument is wrong, no trained network
        suits the data and the method needs one, or the truth has another cell.
    KeyboardInterrupt : Ctrl-C; nothing was written.

    Examples
    --------
    >>> import patterson_gui as pg
    >>> result = pg.predict(pg.example(), method="retrieval", atoms=False)
    >>> result.solved
    True
    """
    settings = method_settings(
        method=method,
        atoms=atoms,
        model=model,
        d_min=d_min,
        atoms_in_cell=atoms_in_cell,
        starts=starts,
        iterations=iterations,
        seed=seed,
        device=device,
    )
    crystal = crystal_of(source)
    amplitudes = amplitudes_of(crystal)
    known = judged_by(crystal, truth)
    with stopped_by_interrupt() as cancelled, shown("Predicting", progress) as report:
        prediction = predict_density(amplitudes, crystal.composition, settings, report, cancelled)
    return PredictionResult.judged(prediction, crystal, known)


def judged_by(crystal: Crystal, truth: ground.Crystal | PathLike | None) -> ground.Crystal | None:
    """The crystal with the truth that predictions for it are compared with.

    Parameters
    ----------
    truth : a model of the same crystal; None: what the crystal itself has, its model or map.

    Returns
    -------
    None where there is no truth.

    Raises
    ------
    UserError : the model has another cell, or cannot be read.
    """
    if truth is None:
        return truth_of(crystal)
    if isinstance(truth, ground.Crystal):
        model = truth.model
        if model is None:
            raise UserError("The crystal given as truth has no model: give one of a model.")
    else:
        from patterson_gui.io.opening.models import read_model

        model = read_model(path_of(truth, "truth"))
    refuse_other_cell(model, crystal)
    return replace(crystal, model=model, truth=None)


def predict_density(
    amplitudes: Amplitudes,
    composition: Composition | None,
    settings: PredictionSettings,
    report: Report = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prediction:
    """Predict with the solvers and the trained networks of this program and of the user.

    This is the `patterson_gui.crystal.prediction.Predictor` that the window and the command
    line use: it is never handed a model or a true map.

    Raises
    ------
    UserError : as of `predict`.
    Cancelled : soon after `cancelled()` turns true.
    """
    from patterson_gui.nets.inference.trained_networks import TrainedNetworks
    from patterson_gui.solve import pipeline

    return pipeline.predict(
        amplitudes, composition, settings, report, cancelled, networks=TrainedNetworks()
    )


def method_settings(
    *,
    method: str = "auto",
    atoms: bool | None = None,
    model: str | Path | None = None,
    d_min: float | None = None,
    atoms_in_cell: int | None = None,
    starts: int | None = None,
    iterations: int | None = None,
    seed: int = 0,
    device: str = "auto",
) -> PredictionSettings:
    """Settings of a prediction, checked; the arguments are those of `predict`.

    Raises
    ------
    UserError : one of them cannot be.
    """
    if atoms is not None and not isinstance(atoms, bool):
        raise UserError(f"atoms must be True, False or None, not {atoms!r}.")
    if model is not None and not isinstance(model, str | Path):
        raise UserError("model must be the name or the file of trained weights.")
    settings = PredictionSettings(
        method=one_of(method, METHODS, "method"),
        model=None if model is None else str(model),
        atoms=atoms,
        seed=whole_number(seed, "seed"),
        device=one_of(device, DEVICES, "device"),
    )
    return replace(
        settings,
        starts=None if starts is None else whole_number(starts, "starts", least=1),
        iterations=None if iterations is None else whole_number(iterations, "iterations", least=1),
        d_min=None if d_min is None else number(d_min, "d_min", above=0, unit="Å"),
        n_atoms=(
            None if atoms_in_cell is None else whole_number(atoms_in_cell, "atoms_in_cell", least=1)
        ),
    )
