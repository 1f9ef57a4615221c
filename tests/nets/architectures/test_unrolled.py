"""The unrolled phase retrieval, and its projection, centring and inversion."""

import pytest
import torch

from patterson_gui.crystal.maps.density_map import invert_grid
from patterson_gui.nets.architectures.registry import NetworkInputs, build
from patterson_gui.nets.architectures.unrolled import Unrolled, centred, inverted, project, r_factor
from patterson_gui.nets.forward_model.synthesis import (
    AtomBatch,
    Shape,
    density_from,
    structure_factors,
)

SMALL = {"channels": 8, "blocks": 1, "memory": 2, "steps": 3, "starts": 2}
SHAPE: Shape = (12, 14, 16)


def molecules(n: int = 2, shape: Shape = SHAPE) -> tuple[NetworkInputs, torch.Tensor]:
    """Inputs, and the scaled true densities that they come from."""
    generator = torch.Generator().manual_seed(3)
    atoms = AtomBatch(
        positions=1.2 * torch.randn(n, 6, 3, generator=generator),
        numbers=torch.tensor([[6, 7, 8, 6, 6, 8]]).expand(n, -1),
        cells=torch.tensor([[8.0, 9.0, 10.0, 90.0, 85.0, 90.0]]).expand(n, -1),
        b_iso=torch.full((n,), 20.0),
    )
    density = density_from(structure_factors(atoms, shape, 1.6), atoms.volume, shape)[:, None]
    moduli = torch.fft.rfftn(density, dim=(-3, -2, -1)).abs()[:, 0]
    inputs = NetworkInputs(
        patterson=torch.fft.irfftn(moduli[:, None].square(), shape, dim=(-3, -2, -1)),
        amplitudes=moduli,
        cell_volume=atoms.volume,
        cells=atoms.cells,
    )
    return inputs, density


def test_inverted_agrees_with_the_inversion_of_a_density_map() -> None:
    density = torch.randn(2, 1, 5, 6, 8, generator=torch.Generator().manual_seed(0))
    for inverse, grid in zip(inverted(density)[:, 0], density[:, 0], strict=True):
        torch.testing.assert_close(inverse, torch.from_numpy(invert_grid(grid.numpy())))


def network(**changes: int) -> Unrolled:
    torch.manual_seed(0)
    net = build("unrolled", SMALL | changes)
    assert isinstance(net, Unrolled)
    with torch.no_grad():  # an untrained step changes nothing
        for parameter in net.step.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return net.eval()


def test_projected_density_has_the_given_moduli() -> None:
    inputs, _ = molecules()
    with torch.no_grad():
        density = network()(inputs)
    moduli = torch.fft.rfftn(density, dim=(-3, -2, -1)).abs()[:, 0]
    assert (moduli - inputs.amplitudes).abs().max() < 0.02 * inputs.amplitudes.max()


def test_projection_does_not_change_the_true_density() -> None:
    inputs, truth = molecules()
    moved = project(truth, inputs.amplitudes[:, None])
    assert (moved - truth).abs().max() < 0.02 * truth.abs().max()


def test_projection_keeps_moduli_of_unmeasured_terms() -> None:
    inputs, truth = molecules()
    free = torch.zeros_like(inputs.amplitudes[:, None], dtype=torch.bool)
    free[:, :, 2, 1, 3] = True
    other = truth + 0.3 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))
    before, after = (
        torch.fft.rfftn(d, dim=(-3, -2, -1)).abs()[:, 0, 2, 1, 3]
        for d in (other, project(other, inputs.amplitudes[:, None], free))
    )
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)


def test_inversion_keeps_moduli_and_the_middle_of_the_cell() -> None:
    _, truth = molecules()
    other = inverted(truth)
    middle = tuple(n // 2 for n in SHAPE)
    torch.testing.assert_close(other[0, 0][middle], truth[0, 0][middle])
    torch.testing.assert_close(inverted(other), truth)
    ours, theirs = (torch.fft.rfftn(d, dim=(-3, -2, -1)).abs() for d in (truth, other))
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


def test_r_is_zero_only_for_the_true_density_on_any_scale() -> None:
    inputs, truth = molecules()
    moduli = inputs.amplitudes[:, None]
    free = torch.zeros_like(moduli, dtype=torch.bool)
    assert r_factor(3.0 * truth, moduli, free).max() < 1e-4
    assert r_factor(truth.flip(0), moduli, free).min() > 0.1


def test_centring_moves_an_atom_between_grid_points_to_the_middle() -> None:
    shape: Shape = (20, 22, 24)
    cells = torch.tensor([[10.0, 11.0, 12.0, 90.0, 90.0, 90.0]])
    away, there = (
        AtomBatch(torch.tensor([[where]]), torch.tensor([[8]]), cells, torch.tensor([20.0]))
        for where in ([0.8, -1.3, 0.37], [0.0, 0.0, 0.0])
    )
    moved, expected = (
        density_from(structure_factors(a, shape, 1.5), a.volume, shape)[:, None]
        for a in (away, there)
    )
    found = centred(moved)
    before = (moved - expected).abs().max()
    assert (found - expected).abs().max() < 0.1 * before


def test_no_further_start_after_a_low_r() -> None:
    inputs, _ = molecules()
    net = network(starts=3)
    taken = []
    net.step.register_forward_hook(lambda *_: taken.append(1))
    with torch.no_grad():
        net.settings = net.settings.model_copy(update={"enough": 100.0})
        net(inputs)
        assert len(taken) == net.settings.steps
        net.settings = net.settings.model_copy(update={"enough": 1e-9})
        net(inputs)
    assert len(taken) == 4 * net.settings.steps


def test_a_prediction_does_not_depend_on_the_rest_of_the_batch() -> None:
    inputs, _ = molecules(3)
    net = network()
    with torch.no_grad():
        together = net(inputs)
        alone = net(
            NetworkInputs(
                patterson=inputs.patterson[1:2],
                amplitudes=inputs.amplitudes[1:2],
                cell_volume=inputs.cell_volume[1:2],
                cells=inputs.cells[1:2] if inputs.cells is not None else None,
            )
        )
    torch.testing.assert_close(together[1:2], alone, rtol=1e-3, atol=1e-4)


def test_the_predicted_hand_is_the_one_with_positive_log_odds() -> None:
    inputs, _ = molecules()
    net = network(hand_kinds=2, hand_triples=2)
    with torch.no_grad():
        net.hand.mix.weight *= 30
        density = net(inputs) * net.settings.gain
        assert inputs.cells is not None
        assert (net.hand(density, inputs.cells) >= 0).all()


def test_training_lowers_the_loss_and_changes_every_weight() -> None:
    inputs, truth = molecules(4)
    net = network(taught=4).train()
    optimiser = torch.optim.Adam(net.parameters(), 3e-3)
    losses = []
    for step in range(25):
        torch.manual_seed(step % 3)
        loss = net.own_loss(inputs, truth)
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-6:]) < 0.8 * sum(losses[:6])


def test_the_loss_is_the_same_for_both_hands_of_the_steps() -> None:
    inputs, truth = molecules()
    net = network()
    values = []
    for density in (truth, inverted(truth)):
        torch.manual_seed(0)
        without_cells = NetworkInputs(inputs.patterson, inputs.amplitudes, inputs.cell_volume)
        values.append(net.own_loss(without_cells, density).item())
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_inputs_contain_no_phases() -> None:
    """Densities with the same moduli give the same inputs, and so the same result."""
    inputs, truth = molecules()
    moduli = torch.fft.rfftn(inverted(truth), dim=(-3, -2, -1)).abs()[:, 0]
    torch.testing.assert_close(moduli, inputs.amplitudes, rtol=1e-3, atol=1e-3)
    assert set(vars(inputs)) == {
        "patterson", "amplitudes", "cell_volume", "extra", "observed", "cells",
    }  # fmt: skip


@pytest.mark.parametrize("shape", [(12, 13, 16), (4, 12, 12)])
def test_rejects_a_grid_that_cannot_be_halved(shape: Shape) -> None:
    from patterson_gui.errors import UserError

    with pytest.raises(UserError, match="multiple of 2"):
        network().check_grid(shape)
