"""The feed of the network that finds atoms: maps with realistic errors, and their atoms.

Each time an example is seen, its molecule is turned at random, inverted half of the time, put into
a box of its own, often with others around it, and becomes structure factors to a resolution drawn
for it. What is wrong with retrieved phases is put on them in two ways: a wave of random phase added
to each term, stronger at high resolution, and the phases of a model whose atoms are misplaced and
partly missing. The moduli have errors and gaps as measured ones do.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from patterson_gui.errors import UserError
from patterson_gui.io.datasets.proteins import DataSet
from patterson_gui.io.training.model_cards import SeenData
from patterson_gui.io.training.settings import Augmentation
from patterson_gui.nets.architectures.organic import RADIUS
from patterson_gui.nets.architectures.registry import MapInputs, Scales
from patterson_gui.nets.feeds.base import Batch
from patterson_gui.nets.feeds.map_errors import Boxes, uniform_in, with_errors
from patterson_gui.nets.feeds.molecules import Molecules, random_rotations, stored
from patterson_gui.nets.forward_model.synthesis import (
    Shape,
    density_from,
    orthogonalisation,
)

D_MIN, B_ISO = (1.0, 2.5), (5.0, 40.0)  # Å, Å²: where the settings do not say otherwise
MARGIN = 2.6  # Å, the least that a box has beyond a molecule's extent
_SMALLEST, _FINEST = 16, 0.8  # points along an edge; their distance over the greatest allowed
_ROOMIER = 0.3  # share of the boxes that are larger than they need be
_TOGETHER = 4  # molecules whose boxes share a grid
_CONTACT = 2.9  # Å between molecules
_MOST_GUESTS, _TRIES = 6, 4
_GUEST_B = (-8.0, 12.0)  # Å² more than the first molecule's
_WITH_SULPHUR = 0.4  # share of the guests that are chosen to have some: few molecules do
_SULPHUR = 16


class OrganicFeed:
    """Maps of molecules, with the elements and places of their atoms as the truth.

    Parameters
    ----------
    augmentation : of it, resolution, B, noise and gaps; molecules are always turned.
    spacing : Å, the greatest distance of grid points.
    multiple : of which the grid's sides must be multiples.
    device : where the maps are made.

    Raises
    ------
    UserError : a split that is needed has no example.
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
        self.data, self.augmentation = data, augmentation
        self.spacing, self.multiple, self.device = spacing, multiple, torch.device(device)
        self.scales = Scales(patterson=1.0, density=1.0)
        self.sha256 = data.sha256
        self._d_min = augmentation.d_min or D_MIN
        self._b_iso = augmentation.b_iso or B_ISO
        self.d_min = self._d_min[0]
        self._splits = {name: data.in_split(name) for name in ("train", "val")}
        for name, rows in self._splits.items():
            if len(rows) == 0:
                raise UserError(
                    f"The data set {data.path} has no example of the split '{name}': build it "
                    "from more models or with a table of splits."
                )
        self.n_training, self.n_validation = (len(self._splits[n]) for n in ("train", "val"))
        self._guests = {name: _small(data, rows) for name, rows in self._splits.items()}

    def training(
        self, chosen: NDArray[np.int64], batch_size: int, generator: torch.Generator
    ) -> Iterator[Batch[MapInputs]]:
        """The chosen training examples in new boxes, at most `batch_size` at once."""
        yield from self._batches("train", chosen, batch_size, generator)

    def validation(self, chosen: NDArray[np.int64], batch_size: int) -> Iterator[Batch[MapInputs]]:
        """The chosen validation examples, always the same, at most `batch_size` at once."""
        for first in range(0, len(chosen), batch_size):
            part = chosen[first : first + batch_size]
            generator = torch.Generator().manual_seed(int(part[0]))
            yield from self._batches("val", part, len(part), generator)

    def validation_name(self, place: int) -> str:
        """Which residues a validation example is made of."""
        return self.data.example(int(self._splits["val"][place])).name

    def seen(self) -> SeenData:
        """For the card: what a network trained with this has seen."""
        settings, lengths = self.data.settings, self.data.arrays.length
        smallest = _FINEST * self.spacing * _SMALLEST
        sample = self._splits["train"][:: max(1, self.n_training // 256)]
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
        molecules = stored(self.data, self._splits[split][chosen])
        molecules = _turned(molecules, generator)
        size = molecules.extent.amax(1).argsort(stable=True)
        for group in torch.split(size, min(batch_size, _TOGETHER)):
            boxes = self._boxes(molecules.chosen(group), split, generator)
            yield self._batch(boxes, generator)

    def _boxes(self, molecules: Molecules, split: str, generator: torch.Generator) -> Boxes:
        """The molecules in boxes, each with as many others as fit and are drawn."""
        # Cubes of points: a processor prepares its convolutions anew for each shape it meets.
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
                guests = _turned(self._some_guests(split, len(frac), generator), generator)
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
        true = labelled(boxes.frac, boxes.numbers, lattices, shape)
        return Batch(MapInputs(density, lattices), true, cells)


def labelled(frac: Tensor, numbers: Tensor, lattices: Tensor, shape: Shape) -> Tensor:
    """(B, 4, nu, nv, nw) the truth of periodic boxes: at points nearer to an atom than `RADIUS` its
    number and, Å along x, y, z, the way to it; else zeros.

    Parameters
    ----------
    frac, numbers : (B, A, 3) and (B, A), 0 for none.
    lattices : (B, 3, 3) Å, rows a, b, c.
    """
    device = frac.device
    sides = torch.tensor(shape, device=device)
    # The farthest point of the ball along an axis, in grid steps: RADIUS over the planes' distance.
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
    # Where atoms are close, the nearer one has the point.
    order = squared[row, step].argsort(descending=True, stable=True)
    row, step, place = row[order], step[order], place[order]
    values = torch.cat((numbers[box, atom][row][:, None].to(way.dtype), way[row, step]), 1)
    truth = torch.zeros(len(frac) * shape[0] * shape[1] * shape[2], 4, device=device)
    truth[place] = values.to(truth.dtype)
    return truth.reshape(len(frac), *shape, 4).movedim(-1, 1).contiguous()


def _turned(molecules: Molecules, generator: torch.Generator) -> Molecules:
    """Each in a random orientation, half of them inverted."""
    n = len(molecules.positions)
    hand = 1.0 - 2.0 * (torch.rand(n, generator=generator) < 0.5).float()
    rotations = random_rotations(n, generator) * hand[:, None, None]
    return molecules.turned(rotations)


def _apart(where: Tensor, there: Tensor, frac: Tensor, numbers: Tensor, edges: Tensor) -> Tensor:
    """(B,) Å, the shortest distance between two sets of atoms in boxes with these edges."""
    step = where[:, :, None] - frac[:, None]
    squared = ((step - step.round()) * edges).square().sum(-1)
    nothing = (there == 0)[:, :, None] | (numbers == 0)[:, None]
    return squared.masked_fill(nothing, torch.inf).flatten(1).amin(1).sqrt()


def _small(data: DataSet, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Examples of the fewest residues there are, all and those with sulphur."""
    arrays = data.arrays
    small = rows[arrays.length[rows] <= max(2, int(arrays.length[rows].min()))]
    heavy = np.concatenate(([0], np.cumsum(arrays.numbers == _SULPHUR)))
    first = arrays.first[small]
    begins, ends = arrays.residue_start[first], arrays.residue_start[first + arrays.length[small]]
    return small, small[heavy[ends] > heavy[begins]]
