"""Write the curves of a training for TensorBoard, if asked for and installed."""

from typing import Any

from patterson_gui.io.training.events import Notice
from patterson_gui.io.training.run_folder import EpochRecord
from patterson_gui.nets.training.run import Run

_FIGURES = (
    "learning_rate", "train_loss", "val_loss", "val_r_median", "val_r_mean",
    "val_phase_error_deg", "samples_per_s",
)  # fmt: skip


class Curves:
    """Writes the figures of each epoch to the run folder for TensorBoard."""

    def __init__(self, run: Run) -> None:
        self._writer: Any = None
        if not run.settings.tensorboard or not run.fabric.is_global_zero:
            return
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            run.tell(
                Notice(
                    sentence="TensorBoard is not installed, so the curves are in metrics.csv only: "
                    "install the package tensorboard to see them there."
                )
            )
            return
        self._writer = SummaryWriter(str(run.folder.tensorboard))

    def add(self, record: EpochRecord) -> None:
        """Add one point to each curve, against the number of examples used."""
        if self._writer is None:
            return
        for name in _FIGURES:
            self._writer.add_scalar(name, getattr(record, name), record.samples)
        for d, error in zip(record.shells, record.shell_phase_error_deg, strict=True):
            self._writer.add_scalar(f"phase_error_deg/to_{d:.2f}_A", error, record.samples)
        self._writer.flush()
