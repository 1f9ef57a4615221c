"""Which of several networks is best for some data."""

import math

import gemmi
import numpy as np
import pytest

from patterson_gui.crystal.cells import p1
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.io.training.model_cards import CardScales, ModelCard, Role, SeenData
from patterson_gui.io.training.ranking import (
    HOPELESS,
    cautious_accuracy,
    n_validated,
    preference,
    why_hopeless,
)

DATA = Amplitudes(
    np.array([[1, 0, 0]], np.int32), np.ones(1, np.float32), gemmi.UnitCell(12, 12, 12, 90, 90, 90),
    p1(),
)  # fmt: skip
N_ATOMS = 12  # 144 Å³ to each


def card(
    r: float | None,
    edges: tuple[float, float] = (10.0, 20.0),
    room: tuple[float, float] | None = None,
    role: Role = "phasing",
    validated_on: int = 10_000,
) -> ModelCard:
    return ModelCard(
        name="net",
        network="resunet1",
        role=role,
        scales=CardScales(patterson=1.0, density=1.0),
        data=SeenData(
            cell_edges=edges, d_min=(1.5, 1.5), volume_per_atom=room,
            validation_examples=validated_on,
        ),
        metrics={} if r is None else {"val_r_median": r},
    )  # fmt: skip


def best(*cards: ModelCard) -> ModelCard:
    return min(cards, key=lambda card: preference(card, DATA, N_ATOMS))


@pytest.mark.parametrize("room", [None, (100.0, 200.0)])
def test_two_epochs_never_come_before_a_trained_network(room) -> None:
    """Neither do cells and volume per atom that fit exactly make up for an accuracy of chance."""
    shipped = card(0.9957, room=(70.0, 100.0))
    assert best(card(0.012, edges=(12.0, 12.0), room=room), shipped) is shipped
    assert best(card(0.102, edges=(12.0, 12.0), room=room), shipped) is shipped


def test_the_more_accurate_network_is_best_whatever_cells_it_has_seen() -> None:
    wide = card(0.97, edges=(5.0, 50.0))
    assert best(card(0.95, edges=(12.0, 12.0)), wide) is wide
    narrow = card(0.9701, edges=(12.0, 12.0))
    assert best(narrow, wide) is narrow


def test_a_similar_accuracy_counts_more_where_it_was_validated_on_such_crystals() -> None:
    crowded = card(0.97, room=(10.0, 20.0))
    similar = card(0.96, room=(100.0, 200.0))
    assert best(crowded, similar) is similar
    assert best(crowded, card(0.80, room=(100.0, 200.0))) is crowded


def test_a_network_validated_on_few_structures_does_not_come_before_one_validated_on_many() -> None:
    shipped = card(0.97)
    assert best(card(0.999, validated_on=2), shipped) is shipped
    assert best(card(0.999, edges=(12.0, 12.0), validated_on=20), shipped) is shipped
    assert best(card(0.999, validated_on=0), shipped) is not shipped  # not recorded how many
    better = card(0.999, validated_on=10_000)
    assert best(better, shipped) is better


def test_structures_are_counted_that_were_really_used() -> None:
    assert n_validated(card(0.9)) == 10_000
    used = card(0.9).model_copy(update={"settings": {"validation_samples": 64}})
    assert n_validated(used) == 64
    assert cautious_accuracy(used) == pytest.approx(0.9 - 0.5 / 8)


def test_hopeless_networks_come_last_and_say_so() -> None:
    hopeless, unknown, poor = card(0.29), card(None), card(0.31)
    assert sorted((hopeless, unknown, poor), key=lambda card: preference(card, DATA, N_ATOMS)) == [
        poor,
        unknown,
        hopeless,
    ]
    assert why_hopeless(hopeless) == (
        "it was hardly better than chance on unseen structures (median r 0.29)"
    )
    assert why_hopeless(poor) is None
    assert why_hopeless(unknown) is None
    assert why_hopeless(card(0.1, role="atoms")) is None  # another figure than density


def test_hopeless_is_a_phase_error_of_more_than_seventy_degrees() -> None:
    """Maps of the same moduli with phases off by one angle, either way, correlate as its cosine."""
    rng = np.random.default_rng(1)
    f = rng.normal(size=(32, 32, 32))
    terms = np.fft.rfftn(f - f.mean())
    angle = math.acos(HOPELESS)
    sign = np.sign(np.fft.rfftn(rng.normal(size=f.shape)).imag)  # −h has the other sign
    turned = np.fft.irfftn(terms * np.exp(1j * angle * sign), s=f.shape, axes=(0, 1, 2))
    assert np.corrcoef(f.ravel(), turned.ravel())[0, 1] == pytest.approx(HOPELESS, abs=0.02)
    assert 70 < math.degrees(angle) < 75
