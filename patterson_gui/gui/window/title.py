"""The title of the main window: what is open and what is running."""

from patterson_gui.app.predict import PredictState
from patterson_gui.app.solving.solving import SolveState
from patterson_gui.app.workbench import Workbench

PROGRAM = "patterson_gui"


def window_title(workbench: Workbench) -> str:
    """For example "1yjp – predicting 40 % – patterson_gui"."""
    crystal = workbench.document.crystal
    parts = [] if crystal is None else [crystal.name]
    predicting, training, solving = workbench.predicting, workbench.training, workbench.solving
    states = (predicting.state, solving.state)
    if predicting.state is PredictState.RUNNING:
        progress = predicting.progress
        share = f" {100 * progress.fraction:.0f} %" if progress is not None else ""
        parts.append(f"predicting{share}")
    elif solving.state is SolveState.RUNNING:
        done = solving.progress.fraction if solving.progress is not None else 0.0
        parts.append(f"{solving.doing} {100 * done:.0f} %")
    elif PredictState.STOPPING in states or SolveState.STOPPING in states:
        parts.append("stopping")
    if training.active:
        parts.append(f"training {100 * training.fraction:.0f} %")
    return " – ".join([*parts, PROGRAM])
