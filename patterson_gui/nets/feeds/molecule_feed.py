"""What the feeds of proteins and of maps of organic molecules have in common."""

import torch

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.io.training.setting_groups import Augmentation


class MoleculeFeed:
    """The examples of a data set of molecules, by split; a part of a `Feed`.

    Parameters
    ----------
    spacing : largest distance between grid points, Å.
    multiple : `Network.multiple`.
    device : on which the maps are computed.

    Raises
    ------
    UserError : the data set has no training or no validation example.
    """

    def __init__(
        self,
        data: DataSet,
        augmentation: Augmentation,
        *,
        spacing: float,
        multiple: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        self.data, self.augmentation = data, augmentation
        self.spacing, self.multiple, self.device = spacing, multiple, torch.device(device)
        self.sha256 = data.sha256
        self.rows = {name: data.in_split(name) for name in ("train", "val")}
        for name, rows in self.rows.items():
            if len(rows) == 0:
                raise UserError(
                    f"The data set {data.path} has no example of the split '{name}': build it "
                    "from more models or with a table of splits."
                )
        self.n_training, self.n_validation = len(self.rows["train"]), len(self.rows["val"])

    def validation_name(self, place: int) -> str:
        """The residues of a validation example."""
        return self.data.example(int(self.rows["val"][place])).name
