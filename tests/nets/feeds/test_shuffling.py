import numpy as np

from patterson_gui.nets.feeds.shuffling import combined_seed, examples_at


def test_each_pass_contains_every_example_once_in_a_new_order() -> None:
    passes = [examples_at(first, 10, 10, seed=1) for first in (0, 10, 20)]
    assert all(sorted(p) == list(range(10)) for p in passes)
    assert len({tuple(p) for p in passes}) == 3


def test_parts_of_the_sequence_join_to_the_whole() -> None:
    whole = examples_at(0, 37, 10, seed=2)
    cut = np.concatenate(
        [examples_at(a, b - a, 10, seed=2) for a, b in ((0, 7), (7, 31), (31, 37))]
    )
    assert whole.tolist() == cut.tolist()


def test_other_seeds_give_other_orders() -> None:
    assert examples_at(0, 50, 50, 1).tolist() != examples_at(0, 50, 50, 2).tolist()
    assert len({combined_seed(a, b) for a in range(10) for b in range(10)}) == 100
