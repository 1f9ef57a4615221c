"""The feed of a data set of molecules: Patterson maps and densities made from atoms.

No map is stored. Each time an example is used, its molecule is rotated at random and put into its
cell; structure factors, Patterson and density are computed on the device for the whole batch.

A batch has one grid, but its cells may differ. Examples with a cell of their own are batched with
others of the same grid. Examples whose cell follows from the extent of the molecule ("auto") are
sorted by size, and a batch shares the cell of its largest molecule: a larger box is a valid example
of the same kind, while padding a grid would change the crystal.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.io.training.setting_groups import Augmentation
from patterson_gui.nets.architectures.registry import NetworkInputs, Scales
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.molecule_feed import MoleculeFeed
from patterson_gui.nets.feeds.molecules import (
    Molecules,
    random_rotations,
    rotate_clear_of_copies,
    stored,
)
from patterson_gui.nets.forward_model.grid import grid_for
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    Shape,
    density_from,
    orthogonalisation,
    patterson_from,
    resolution_mask,
    structure_factors,
)

AUTO_MARGIN = 3.0  # Å added to the extent of a molecule whose cell is "auto"
_SAMPLED = 256  # examples from which properties of all are determined
_ROOM = 1.05  # margin, as the largest of a sample is seldom the largest of all


class ProteinFeed(MoleculeFeed):
    """The `Feed` of a data set of molecules.

    Parameters
    ----------
    scales : None: such that the values lie within −1 … 1.
    """

    def __init__(
        self,
        data: DataSet,
        augmentation: Augmentation,
        *,
        spacing: float,
        multiple: int = 1,
        scales: Scales | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        if not 2 * spacing < data.settings.d_min:
            raise ValueError(
                f"a grid spacing of {spacing} Å cannot represent data to {data.settings.d_min} Å"
            )
        super().__init__(data, augmentation, spacing=spacing, multiple=multiple, device=device)
        self.d_min = data.settings.d_min
        self.scales = scales or self._measured_scales()

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[NetworkInputs]]:
        """The chosen training examples, augmented, in batches of at most `batch_size`."""
        rows = self.rows["train"][chosen]
        change = self.augmentation
        molecules, cells = self._molecules(rows), self._cells(rows)
        automatic = cells[:, 0].isnan()
        if change.cell_scale is not None:
            cells[:, :3] *= _uniform((len(rows), 3), change.cell_scale, generator)
        if change.rotations:
            rotated = molecules.rotated(random_rotations(len(rows), generator))
            positions = rotated.positions
            given = ~automatic
            if given.any():
                clear = rotate_clear_of_copies(molecules.chosen(given), cells[given], generator)
                positions[given] = clear.positions
            molecules = Molecules(positions, molecules.numbers)
        d_min = torch.full((len(rows),), self.d_min)
        if change.d_min is not None:
            d_min = _uniform((len(rows),), change.d_min, generator).clamp_min(self.d_min)
        b_iso = torch.full((len(rows),), self.data.settings.b_iso)
        if change.b_iso is not None:
            b_iso = _uniform((len(rows),), change.b_iso, generator)
        for group, shape, cell in self._groups(molecules, cells, batch_size):
            atoms = AtomBatch(
                molecules.positions[group], molecules.numbers[group], cell, b_iso[group]
            )
            yield self._batch(atoms, shape, d_min[group], change, generator)

    def validation(
        self, chosen: NDArray[np.int64], batch_size: int
    ) -> Iterator[Batch[NetworkInputs]]:
        """The chosen validation examples, unchanged, in batches of at most `batch_size`."""
        yield from self._as_stored(self.rows["val"][chosen], batch_size)

    def seen(self) -> SeenData:
        """The description of the training data for the card."""
        arrays, settings, change = self.data.arrays, self.data.settings, self.augmentation
        sample = self.rows["train"][:: max(1, self.n_training // _SAMPLED)]
        molecules, cells = self._molecules(sample), self._cells(sample)
        edges, shapes, volumes = [], set(), []
        for group, shape, cell in self._groups(molecules, cells, 1):
            edges.append(cell[0, :3])
            shapes.add(shape)
            volume = torch.linalg.det(orthogonalisation(cell))[0]
            volumes.append(float(volume / (molecules.numbers[group] > 0).sum()))
        all_edges = torch.stack(edges)
        scale = change.cell_scale or (1.0, 1.0)
        angles = cells[:, 3:]
        return SeenData(
            file=self.data.path.name,
            sha256=self.sha256,
            kind=settings.kind,
            lengths=(int(arrays.length.min()), int(arrays.length.max())),
            examples=self.n_training,
            validation_examples=self.n_validation,
            cell_edges=(float(all_edges.min()) * scale[0], float(all_edges.max()) * scale[1]),
            orthogonal=bool(((angles == 90) | angles.isnan()).all()),
            shapes=tuple(sorted(shapes)),
            spacing=self.spacing,
            d_min=change.d_min or (self.d_min, self.d_min),
            b_iso=change.b_iso or (settings.b_iso, settings.b_iso),
            volume_per_atom=(min(volumes) * scale[0] ** 3, max(volumes) * scale[1] ** 3),
        )

    def _molecules(self, rows: NDArray[np.int64]) -> Molecules:
        return stored(self.data, rows)

    def _cells(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self.data.arrays.cell[rows].astype(np.float32))

    def _groups(
        self, molecules: Molecules, cells: Tensor, batch_size: int
    ) -> Iterator[tuple[Tensor, Shape, Tensor]]:
        """Rows that share a grid, that grid, and their cells (B, 6)."""
        automatic = cells[:, 0].isnan()
        wanted = cells.clone()
        wanted[automatic, :3] = molecules.extent[automatic] + AUTO_MARGIN
        wanted[automatic, 3:] = 90.0
        volumes = wanted[:, :3].prod(1)
        free = torch.nonzero(automatic)[:, 0]
        for group in free[volumes[free].argsort(stable=True)].tensor_split(
            _cuts(len(free), batch_size)
        ):
            if len(group) == 0:
                continue
            shared = wanted[group].amax(0)
            yield group, self._shape(shared), shared.expand(len(group), -1)
        given: dict[Shape, list[int]] = {}
        for row in torch.nonzero(~automatic)[:, 0].tolist():
            given.setdefault(self._shape(cells[row]), []).append(row)
        for shape, members in sorted(given.items()):
            for group in torch.tensor(members).tensor_split(_cuts(len(members), batch_size)):
                yield group, shape, cells[group]

    def _shape(self, cell: Tensor) -> Shape:
        """The grid of a cell (6,)."""
        return grid_for(cell[:3], self.spacing, self.multiple)

    def _as_stored(
        self, rows: NDArray[np.int64], batch_size: int
    ) -> Iterator[Batch[NetworkInputs]]:
        molecules, cells = self._molecules(rows), self._cells(rows)
        b_iso, d_min = self.data.settings.b_iso, self.d_min
        for group, shape, cell in self._groups(molecules, cells, batch_size):
            n = len(group)
            atoms = AtomBatch(
                molecules.positions[group],
                molecules.numbers[group],
                cell,
                torch.full((n,), b_iso),
            )
            yield self._batch(atoms, shape, torch.full((n,), d_min), None, None)

    def _batch(
        self,
        atoms: AtomBatch,
        shape: Shape,
        d_min: Tensor,
        change: Augmentation | None,
        generator: torch.Generator | None,
    ) -> Batch[NetworkInputs]:
        atoms = atoms.to(self.device)
        f = structure_factors(atoms, shape, d_min.to(self.device))
        density = density_from(f, atoms.volume, shape)[:, None]
        moduli, observed = f.abs(), None
        if change is not None and generator is not None and (change.noise or change.missing):
            moduli, observed = _measured(moduli, atoms, shape, d_min, change, generator)
        patterson = patterson_from(moduli, atoms.volume, shape)[:, None]
        inputs = self.scales.inputs(
            patterson, moduli, atoms.volume, observed=observed, cells=atoms.cells
        )
        return Batch(inputs, density / self.scales.density, atoms.cells)

    def _measured_scales(self) -> Scales:
        """The largest values of some examples, with a margin."""
        rows = self.rows["train"][:: max(1, self.n_training // _SAMPLED)]
        self.scales = Scales(patterson=1.0, density=1.0)
        patterson = density = 0.0
        for batch in self._as_stored(rows, 32):
            patterson = max(patterson, float(batch.inputs.patterson.abs().max()))
            density = max(density, float(batch.true.abs().max()))
        return Scales(patterson=_ROOM * patterson, density=_ROOM * density)


def _cuts(n: int, size: int) -> list[int]:
    return list(range(size, n, size))


def _uniform(size: tuple[int, ...], limits: tuple[float, float], g: torch.Generator) -> Tensor:
    return limits[0] + (limits[1] - limits[0]) * torch.rand(size, generator=g)


def _measured(
    moduli: Tensor,
    atoms: AtomBatch,
    shape: Shape,
    d_min: Tensor,
    change: Augmentation,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Moduli with errors and gaps, and a mask of the observed ones.

    The errors are the real part of the transform of real noise, so that Friedel mates, which are
    both present in the plane l = 0, have equal errors.
    """
    n = len(moduli)

    def normal() -> Tensor:
        noise: Tensor = torch.fft.rfftn(torch.randn(n, *shape, generator=generator), dim=(1, 2, 3))
        deviates: Tensor = noise.real * (2 / math.prod(shape)) ** 0.5
        return deviates.to(moduli.device)

    def up_to(most: float) -> Tensor:
        return _uniform((n, 1, 1, 1), (0.0, most), generator).to(moduli.device)

    moduli = (moduli * (1 + up_to(change.noise) * normal())).clamp_min(0)
    lost = torch.special.ndtr(normal()) < up_to(change.missing)
    asked = resolution_mask(atoms.cells, shape, d_min.to(moduli.device)) > 0
    return moduli.masked_fill(lost, 0.0), ~(lost & asked)
