"""The feed of the network that finds atoms: maps with realistic errors, and their atoms.

Each time an example is used, its molecule is rotated at random, inverted with probability ½ and put
into its own box, often with other molecules around it. Its structure factors are computed to a
random resolution. Then errors are added (`map_errors`). Moduli get errors and gaps as in measured
data. Phases get two kinds of error: a wave of random phase added to each term, stronger at high
resolution, and the phases of a model with misplaced and missing atoms.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.io.training.setting_groups import Augmentation
from patterson_gui.nets.architectures.organic import RADIUS
from patterson_gui.nets.architectures.registry import MapInputs, Scales
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.map_errors import Boxes, uniform_in, with_errors
from patterson_gui.nets.feeds.molecule_feed import MoleculeFeed
from patterson_gui.nets.feeds.molecules import Molecules, random_rotations, stored
from patterson_gui.nets.forward_model.synthesis import (
    Shape,
    density_from,
    orthogonalisation,
)

D_MIN, B_ISO = (1.0, 2.5), (5.0, 40.0)  # Å, Å²: defaults of the settings
MARGIN = 2.6  # Å, least difference between a box and the molecule's extent
_SMALLEST, _FINEST = 16, 0.8  # points along an edge; spacing / largest spacing allowed
_ROOMIER = 0.3  # fraction of boxes that are larger than necessary
_TOGETHER = 4  # molecules whose boxes share a grid
_CONTACT = 2.9  # Å, least distance between molecules
_MOST_GUESTS, _TRIES = 6, 4
_GUEST_B = (-8.0, 12.0)  # Å² added to the B of the first molecule
_WITH_SULPHUR = 0.4  # fraction of guests chosen for their sulphur, which few molecules contain
_SULPHUR = 16


class OrganicFeed(MoleculeFeed):
    """The `Feed` of maps of molecules, labelled with the elements and positions of their atoms.

    Parameters
    ----------
    augmentation : gives ranges of resolution, B, noise and gaps; molecules are always rotated.
    """

    def __init__(
        self,
        data: DataSet,
        augmentation: Augmentation,
        *,
        spacing: float,
        multiple: int,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__(data, augmentation, spacing=spacing, multiple=multiple, device=device)
        self.scales = Scales(patterson=1.0, density=1.0)
        self._d_min = augmentation.d_min or D_MIN
        self._b_iso = augmentation.b_iso or B_ISO
        self.d_min = self._d_min[0]
        self._guests = {name: _small(data, rows) for name, rows in self.rows.items()}

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[MapInputs]]:
        """The chosen training examples in new boxes, in batches of at most `batch_size`."""
        yield from self._batches("train", chosen, batch_size, generator)

    def validation(self, chosen: NDArray[np.int64], batch_size: int) -> Iterator[Batch[MapInputs]]:
        """The chosen validation examples, unchanged, in batches of at most `batch_size`."""
        for first in range(0, len(chosen), batch_size):
            part = chosen[first : first + batch_size]
            generator = torch.Generator().manual_seed(int(part[0]))
            yield from self._batches("val", part, len(part), generator)

    def seen(self) -> SeenData:
        """The description of the training data for the card."""
        settings, lengths = self.data.settings, self.data.arrays.length
        smallest = _FINEST * self.spacing * _SMALLEST
        sample = self.rows["train"][:: max(1, self.n_training // 256)]
        largest = float(stored(self.data, sample).extent.norm(dim=1).max()) + MARGIN
        return SeenData(
            file=self.data.path.name,
            sha256=self.sha256,
            kind=settings.kind,
            lengths=(int(lengths.min()), int(lengths.max())),
            examples=self.n_training,
            validation_examples=self.n_validation,
            cell_edges=(round(smallest, 1), round(largest, 1)),
            spacing=self.spacing,
            d_min=self._d_min,
            b_iso=self._b_iso,
        )

    def _batches(
        self, split: str, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[MapInputs]]:
        molecules = stored(self.data, self.rows[split][chosen])
        molecules = _randomly_oriented(molecules, generator)
        size = molecules.extent.amax(1).argsort(stable=True)
        for group in torch.split(size, min(batch_size, _TOGETHER)):
            boxes = self._boxes(molecules.chosen(group), split, generator)
            yield self._batch(boxes, generator)

    def _boxes(self, molecules: Molecules, split: str, generator: torch.Generator) -> Boxes:
        """Put each molecule into a box, with a random number of others as far as they fit."""
        # All grids are cubes, because a CPU must prepare its convolutions for each new shape.
        least = molecules.extent.amax(0) + MARGIN
        n = max(_SMALLEST, int(np.ceil(float(least.amax()) / self.spacing)))
        n += self.multiple * int(torch.rand((), generator=generator) < _ROOMIER)
        n = -(-n // self.multiple) * self.multiple
        finest = (least / n).clamp_min(_FINEST * self.spacing)
        edges = n * (finest + (self.spacing - finest) * torch.rand(3, generator=generator))
        cell = torch.cat((edges, torch.full((3,), 90.0)))
        frac, numbers = molecules.positions / edges, molecules.numbers
        n_first = numbers.shape[1]
        wanted = int(torch.randint(_MOST_GUESTS + 1, (), generator=generator))
        for _ in range(wanted):
            waiting = torch.ones(len(frac), dtype=torch.bool)
            placed: tuple[Tensor, Tensor] | None = None
            for _ in range(_TRIES):
                guests = _randomly_oriented(
                    self._some_guests(split, len(frac), generator), generator
                )
                where = guests.positions / edges + torch.rand(
                    (len(frac), 1, 3), generator=generator
                )
                fits = waiting & (guests.extent + _CONTACT < edges).all(1)
                fits &= _apart(where, guests.numbers, frac, numbers, edges) > _CONTACT
                kept = torch.where(fits[:, None], guests.numbers, 0)
                placed = (
                    (where, kept)
                    if placed is None
                    else (torch.cat((placed[0], where), 1), torch.cat((placed[1], kept), 1))
                )
                waiting &= ~fits
            assert placed is not None
            frac, numbers = (
                torch.cat((frac, placed[0]), 1),
                torch.cat((numbers, placed[1]), 1),
            )
            used = (numbers > 0).any(0)
            used[:n_first] = True
            frac, numbers = frac[:, used], numbers[:, used]
        frac = frac + torch.rand((len(frac), 1, 3), generator=generator)
        guest = torch.arange(numbers.shape[1]) >= n_first
        return Boxes(frac, numbers, guest, cell, (n, n, n))

    def _some_guests(self, split: str, n: int, generator: torch.Generator) -> Molecules:
        rows, with_sulphur = self._guests[split]
        drawn = rows[torch.randint(len(rows), (n,), generator=generator).numpy()]
        if len(with_sulphur):
            other = torch.randint(len(with_sulphur), (n,), generator=generator).numpy()
            special = (torch.rand(n, generator=generator) < _WITH_SULPHUR).numpy()
            drawn = np.where(special, with_sulphur[other], drawn)
        return stored(self.data, drawn)

    def _batch(self, boxes: Boxes, generator: torch.Generator) -> Batch[MapInputs]:
        n = len(boxes.frac)
        b = uniform_in((n,), self._b_iso, generator)
        other_b = (b + uniform_in((n,), _GUEST_B, generator)).clamp_min(2.0)
        d_min = uniform_in((n,), self._d_min, generator)
        boxes, shape = boxes.to(self.device), boxes.shape
        cells = boxes.cell.expand(n, 6)
        moduli, phases = with_errors(boxes, (b, other_b), d_min, self.augmentation, generator)
        f = torch.polar(moduli, phases)
        lattices = orthogonalisation(cells).transpose(1, 2)
        density = density_from(f, torch.linalg.det(lattices), shape)[:, None]
        true = label_grid_points(boxes.frac, boxes.numbers, lattices, shape)
        return Batch(MapInputs(density, lattices), true, cells)


def label_grid_points(frac: Tensor, numbers: Tensor, lattices: Tensor, shape: Shape) -> Tensor:
    """(B, 4, nu, nv, nw) the labels of periodic boxes. A point within `RADIUS` of an atom has the
    atom's number and the vector to the atom (Å along x, y, z); all others are zero.

    Parameters
    ----------
    frac, numbers : (B, A, 3) and (B, A); number 0 is padding.
    lattices : (B, 3, 3) Å, rows a, b, c.
    """
    device = frac.device
    sides = torch.tensor(shape, device=device)
    # The sphere's extent along an axis in grid steps is RADIUS / distance of lattice planes.
    planes = torch.linalg.inv(lattices).norm(dim=1)
    reach = torch.ceil(RADIUS * planes * sides).amax(0).long().tolist()
    steps = torch.cartesian_prod(*[torch.arange(-n, n + 1, device=device) for n in reach])
    box, atom = torch.nonzero(numbers > 0, as_tuple=True)
    where = frac[box, atom] * sides
    points = where.round().long()[:, None] + steps
    way = torch.einsum("nsx,nxy->nsy", (where[:, None] - points) / sides, lattices[box])
    squared = way.square().sum(-1)
    row, step = torch.nonzero(squared < RADIUS**2, as_tuple=True)
    u, v, w = (points[row, step] % sides).unbind(-1)
    place = ((box[row] * shape[0] + u) * shape[1] + v) * shape[2] + w
    # A point near several atoms belongs to the nearest one.
    order = squared[row, step].argsort(descending=True, stable=True)
    row, step, place = row[order], step[order], place[order]
    values = torch.cat((numbers[box, atom][row][:, None].to(way.dtype), way[row, step]), 1)
    truth = torch.zeros(len(frac) * shape[0] * shape[1] * shape[2], 4, device=device)
    truth[place] = values.to(truth.dtype)
    return truth.reshape(len(frac), *shape, 4).movedim(-1, 1).contiguous()


def _randomly_oriented(molecules: Molecules, generator: torch.Generator) -> Molecules:
    """Rotate each molecule at random, and invert half of them."""
    n = len(molecules.positions)
    hand = 1.0 - 2.0 * (torch.rand(n, generator=generator) < 0.5).float()
    rotations = random_rotations(n, generator) * hand[:, None, None]
    return molecules.rotated(rotations)


def _apart(where: Tensor, there: Tensor, frac: Tensor, numbers: Tensor, edges: Tensor) -> Tensor:
    """(B,) Å, the shortest distance between two sets of atoms in boxes with these edges."""
    step = where[:, :, None] - frac[:, None]
    squared = ((step - step.round()) * edges).square().sum(-1)
    nothing = (there == 0)[:, :, None] | (numbers == 0)[:, None]
    return squared.masked_fill(nothing, torch.inf).flatten(1).amin(1).sqrt()


def _small(data: DataSet, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The examples with the fewest residues, and those of them that contain sulphur."""
    arrays = data.arrays
    small = rows[arrays.length[rows] <= max(2, int(arrays.length[rows].min()))]
    heavy = np.concatenate(([0], np.cumsum(arrays.numbers == _SULPHUR)))
    first = arrays.first[small]
    begins, ends = arrays.residue_start[first], arrays.residue_start[first + arrays.length[small]]
    return small, small[heavy[ends] > heavy[begins]]
