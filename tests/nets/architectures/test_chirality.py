"""The network for the hand: invariant under rotation, and odd under inversion."""

import torch

from patterson_gui.nets.architectures.chirality import ChiralityNetwork
from patterson_gui.nets.architectures.unrolled import inverted
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    Shape,
    density_from,
    structure_factors,
)

SHAPE: Shape = (36, 36, 36)  # fine, so that products of fields do not alias


def molecule(
    turned_by: torch.Tensor | None = None, cell: tuple[float, ...] = (16, 16, 16, 90, 90, 90)
) -> tuple[torch.Tensor, torch.Tensor]:
    """A density of ten atoms, and its cell."""
    generator = torch.Generator().manual_seed(1)
    positions = 1.2 * torch.randn(1, 10, 3, generator=generator).clamp(-2, 2)
    if turned_by is not None:
        positions = positions @ turned_by.T
    cells = torch.tensor([cell], dtype=torch.float32)
    numbers = torch.tensor([[6, 7, 8, 6, 6, 6, 8, 7, 6, 16]])
    atoms = AtomBatch(positions, numbers, cells, torch.tensor([20.0]))
    f = structure_factors(atoms, SHAPE, 1.5)
    return density_from(f, atoms.volume, SHAPE)[:, None] / 0.5, cells


def network() -> ChiralityNetwork:
    torch.manual_seed(0)
    net = ChiralityNetwork().eval()
    with torch.no_grad():  # the triple products of untrained weights are below rounding errors
        net.mix.weight *= 30
    return net


def rotation() -> torch.Tensor:
    q, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(7)))
    return q * torch.det(q)


def test_inverting_the_density_reverses_the_sign() -> None:
    density, cells = molecule()
    net = network()
    here, there = net(density, cells), net(inverted(density), cells)
    assert here.abs().item() > 1e-8
    torch.testing.assert_close(there, -here, rtol=1e-3, atol=0)


def test_rotating_the_molecule_does_not_change_the_result() -> None:
    """The rotation does not map grid points to grid points."""
    net = network()
    still, turned = (net(*molecule(by)).item() for by in (None, rotation()))
    assert abs(turned - still) < 0.1 * abs(still)


def test_other_cell_angles_do_not_change_the_result() -> None:
    net = network()
    cube = net(*molecule()).item()
    oblique = net(*molecule(cell=(16.5, 17.0, 16.5, 82, 95, 105))).item()
    assert abs(oblique - cube) < 0.1 * abs(cube)


def test_training_separates_a_molecule_from_its_inverse() -> None:
    density, cells = molecule()
    density = density[:, :, ::2, ::2, ::2]  # a coarse grid is faster
    torch.manual_seed(0)
    net = ChiralityNetwork()
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(30):
        loss = torch.nn.functional.softplus(net(density, cells)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    assert net(density, cells) < -1.0
    assert net(inverted(density), cells) > 1.0
