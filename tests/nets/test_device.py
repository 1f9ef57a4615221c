import subprocess
import sys

import pytest
import torch

from patterson_gui.nets.device import (
    free_memory,
    is_out_of_memory,
    keep_freed_memory,
    peak_memory,
)

_FAULTS = """
import resource, torch
from patterson_gui.nets.device import keep_freed_memory
if {kept}:
    keep_freed_memory()
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(12): torch.zeros(8 << 20)
before = faults()
for _ in range(10): torch.zeros(8 << 20)
print(faults() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing happens")
def test_freed_blocks_are_reused() -> None:
    """32 MiB ten times: 82,000 pages come fresh, or hardly any does."""
    faults = [
        int(subprocess.run(
            [sys.executable, "-c", _FAULTS.format(kept=kept)],
            capture_output=True, text=True, check=True,
        ).stdout)
        for kept in (False, True)
    ]  # fmt: skip
    if faults[0] < 1000:
        # musl, other allocators and huge pages leave nothing for the function to save, and so
        # nothing to see here of whether it works.
        pytest.skip("this C library keeps what is freed anyway, or pages are huge")
    assert faults[1] < 0.05 * faults[0]


def test_other_systems_do_not_call_the_c_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*words: object) -> None:
        raise AssertionError("it was asked")

    monkeypatch.setattr("ctypes.CDLL", never)
    monkeypatch.setattr(sys, "platform", "darwin")
    keep_freed_memory()


def test_a_c_library_without_these_settings_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for missing in (OSError, AttributeError):

        def fails(name: None, error: type[Exception] = missing) -> None:
            raise error

        monkeypatch.setattr("ctypes.CDLL", fails)
        keep_freed_memory()


def test_recognises_out_of_memory_errors() -> None:
    with pytest.raises(RuntimeError) as error:
        torch.empty(1 << 60)
    assert is_out_of_memory(error.value)
    with pytest.raises(RuntimeError) as error:
        torch.ones(2) @ torch.ones(3)
    assert not is_out_of_memory(error.value)


def test_free_and_peak_memory_are_positive() -> None:
    cpu = torch.device("cpu")
    assert peak_memory(cpu) > 50e6
    assert 10e6 < free_memory(cpu) < 1e15
