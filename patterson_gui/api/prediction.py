"""Predict density, phases and atoms from amplitudes alone: `predict`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from patterson_gui.api.arguments import PathLike, number, one_of, path_of, random_seed, whole_number
from patterson_gui.api.opening import crystal_of
from patterson_gui.api.patterson_maps.patterson import amplitudes_of
from patterson_gui.api.progress import Report, ShowProgress, shown, stopped_by_interrupt
from patterson_gui.api.types.crystals import Crystal
from patterson_gui.api.types.prediction_result import PredictionResult
from patterson_gui.crystal import crystal as ground
from patterson_gui.crystal.comparison.truth import refuse_other_cell, truth_of
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.prediction import METHODS, Prediction, PredictionSettings
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.errors import UserError
from patterson_gui.io.machine_faults import machine_faults_as_sentences
from patterson_gui.io.opening.models import read_model
from patterson_gui.nets.inference.trained_networks import TrainedNetworks
from patterson_gui.solvers import pipeline

DEVICES = ("auto", "cpu", "cuda")


@machine_faults_as_sentences()
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
    """Predict density and phases of a crystal from its amplitudes alone.

    Only amplitudes and composition enter the prediction. A model or a true map is only used
    afterwards, to compare with the result.

    Parameters
    ----------
    source : a crystal with amplitudes, or the path of a file.
    method : "retrieval" (phase retrieval from random starts), "network" (the density of a trained
        network, unchanged), "hybrid" (retrieval that starts with the network's phases) or "auto"
        (retrieval first; then a network if it fails or does not determine the hand).
    atoms : build atoms into the density; None: build them if the data reach 1.8 Å; to 2.5 Å keep
        them only if the data confirm them.
    model : trained weights, by name or file; None: the best for the data.
    d_min : Å; reflections with a smaller d are left out. None: use all.
    atoms_in_cell : number of non-hydrogen atoms in the whole P1 cell; None: from the composition.
    starts : largest number of random starts; None: chosen by the size of the problem.
    iterations : iterations of each start.
    seed : random seed.
    device : "auto", "cpu" or "cuda".
    truth : a model of the same crystal to compare the result with; None: the crystal's own model
        or map, if it has one.
    progress : True, False, or a function that is called with each
        `patterson_gui.crystal.prediction.Progress`; None: a bar on a terminal and in a notebook.

    Returns
    -------
    Density (e/Å³, P1, fixed frame), phases (degrees), atoms and figures; see `PredictionResult`.

    Raises
    ------
    UserError : there are no amplitudes or too few, an argument is wrong, the method needs a
        trained network and none suits the data, or the truth has another cell.
    KeyboardInterrupt : Ctrl-C.

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
    """The crystal with the true model or map that predictions are compared with.

    Parameters
    ----------
    truth : a model of the same crystal; None: the crystal's own model or map.

    Returns
    -------
    None if no truth is known.

    Raises
    ------
    UserError : the model has another cell, or cannot be read.
    """
    if truth is None:
        return truth_of(crystal)
    if isinstance(truth, ground.Crystal):
        model = truth.model
        if model is None:
            raise UserError(
                "The crystal given as truth has no model: give a model of the same crystal."
            )
    else:
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
    """Predict with the solvers, and with the trained networks of the program and the user.

    The window and the command line use this `patterson_gui.crystal.prediction.Predictor`. It never
    receives a model or a true map.

    Raises
    ------
    UserError : as in `predict`.
    Cancelled : `cancelled()` returned True.
    """
    return pipeline.predict(
        amplitudes, composition, settings, report, cancelled, networks=TrainedNetworks()
    )


def method_settings(
    *,
    method: str,
    atoms: bool | None,
    model: str | Path | None,
    starts: int | None,
    iterations: int | None,
    seed: int,
    device: str,
    d_min: float | None = None,
    atoms_in_cell: int | None = None,
) -> PredictionSettings:
    """Check the arguments of `predict` and return them as settings.

    Raises
    ------
    UserError : an argument is wrong.
    """
    if atoms is not None and not isinstance(atoms, bool):
        raise UserError(f"atoms must be True, False or None, not {atoms!r}.")
    if model is not None and not isinstance(model, str | Path):
        raise UserError("model must be the name or the file of trained weights.")
    return PredictionSettings(
        method=one_of(method, METHODS, "method"),
        model=None if model is None else str(model),
        atoms=atoms,
        seed=random_seed(seed),
        device=one_of(device, DEVICES, "device"),
        starts=None if starts is None else whole_number(starts, "starts", least=1),
        iterations=None if iterations is None else whole_number(iterations, "iterations", least=1),
        d_min=None if d_min is None else number(d_min, "d_min", above=0, unit="Å"),
        n_atoms=(
            None if atoms_in_cell is None else whole_number(atoms_in_cell, "atoms_in_cell", least=1)
        ),
    )
