"""What a record of a prediction says of the device."""

import pytest
import torch

from patterson_gui.solvers.device import describe


@pytest.mark.parametrize(("threads", "words"), [(1, "cpu (1 thread)"), (2, "cpu (2 threads)")])
def test_describes_one_thread_in_the_singular_and_more_in_the_plural(
    threads: int, words: str
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert describe(torch.device("cpu")) == words
    finally:
        torch.set_num_threads(before)
