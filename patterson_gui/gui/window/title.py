"""The title of the main window: what is open and what is running."""

from patterson_gui.app.predict import PredictState
from patterson_gui.app.workbench import Workbench

PROGRAM = "patterson_gui"


def window_title(workbench: Workbench) -> str:
    """For example "1yjp – predicting 40 % – patterson_gui"."""
    crystal = workbench.document.crystal
    parts = [] if crystal is None else [crystal.name]
    predicting, training = workbench.predicting, workbench.training
    if predicting.state is PredictState.RUNNING:
        progress = predicting.progress
        share = f" {100 * progress.fraction:.0f} %" if progress is not None else ""
        parts.append(f"predicting{share}")
    elif predicting.state is PredictState.STOPPING:
        parts.append("stopping")
    if training.active:
        parts.append(f"training {100 * training.fraction:.0f} %")
    return " – ".join([*parts, PROGRAM])
