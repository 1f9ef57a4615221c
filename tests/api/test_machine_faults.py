"""Memory or a GPU that fails while something is computed ends in one sentence."""

import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

import patterson_gui as pg
from patterson_gui.api.solving.solve import read_measured
from patterson_gui.io.machine_faults import machine_fault
from patterson_gui.io.resources import resources_folder
from patterson_gui.solvers.structure import solve as solving

FAULTS = [
    (MemoryError(), "too little free memory"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "GPU has too little free"),
    (torch.AcceleratorError("CUDA error: device lost\nmore"), r"GPU stopped .*\(CUDA error: .*CPU"),
    (RuntimeError("CUDA error: an illegal memory access"), "choose the CPU"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate"), "This computer has too"),
    (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
    (OSError(errno.ENOMEM, "Cannot allocate memory"), "This computer has too little"),
]


def failing(real: Callable[..., Any], at: int, error: Exception) -> Callable[..., Any]:
    """A function that raises at its call number `at` and later ones."""
    calls = count(1)

    def call(*arguments: Any, **keywords: Any) -> Any:
        if next(calls) >= at:
            raise error
        return real(*arguments, **keywords)

    return call


@pytest.mark.parametrize(("error", "sentence"), FAULTS)
@pytest.mark.parametrize("at", [1, 40])
def test_predict_tells_a_fault_in_its_threads(
    error: Exception, sentence: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.fft, "rfftn", failing(torch.fft.rfftn, at, error))
    with pytest.raises(pg.UserError, match=sentence) as told:
        pg.predict(
            pg.example(), method="retrieval", starts=2, iterations=50, atoms=False, device="cpu",
            progress=False,
        )  # fmt: skip
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("error", "sentence"), FAULTS[:4])
def test_solve_tells_a_fault(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("rfftn", "irfftn", "fftn", "ifftn"):
        monkeypatch.setattr(torch.fft, name, failing(getattr(torch.fft, name), 5, error))
    with pytest.raises(pg.UserError, match=sentence):
        pg.solve(pg.measured_example_path(), progress=False)


def test_solve_goes_on_on_the_cpu_when_the_gpu_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    devices: list[str] = []
    real = solving._solve

    def fails_on_the_gpu(*arguments: Any) -> Any:
        devices.append(arguments[2].device)
        if len(devices) == 1:
            raise torch.AcceleratorError("CUDA error: device lost")
        return real(*arguments)

    monkeypatch.setattr(solving, "_solve", fails_on_the_gpu)
    monkeypatch.setattr(solving, "choose_device", lambda _: torch.device("meta"))
    monkeypatch.setattr(solving.PhaseSearch, "run", _no_phases)
    with pytest.raises(NoPhasesError):
        pg.solve(pg.measured_example_path(), device="auto", progress=False)
    assert devices == ["auto", "cpu"]


class NoPhasesError(Exception):
    """Ends a solution that has begun on the CPU."""


def _no_phases(*_: Any) -> Any:
    raise NoPhasesError


@pytest.mark.parametrize("error", [FAULTS[1][0], FAULTS[2][0]])
def test_a_training_that_loses_its_gpu_names_the_option(error: Exception) -> None:
    sentence = machine_fault(error)
    assert sentence is not None
    assert "--device cpu" in sentence


def test_other_errors_are_no_fault_of_the_machine() -> None:
    for error in (RuntimeError("shapes differ"), KeyError("a"), OSError(errno.ENOENT, "no")):
        assert machine_fault(error) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of memory of Unix")
def test_a_real_lack_of_memory_is_told(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        import resource

        code = 1
        try:
            limit = 400 * 1024**2
            with open("/proc/self/statm", encoding="ascii") as file:
                limit += int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
            pg.patterson(pg.example(), spacing=0.02)
        except pg.UserError as error:
            code = 0 if "too little free memory" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def test_a_file_that_is_removed_after_it_was_opened_is_not_needed_again(tmp_path: Path) -> None:
    path = tmp_path / "1yjp.pdb"
    path.write_bytes((resources_folder() / "examples" / "1yjp.pdb").read_bytes())
    crystal = pg.open(path)
    path.unlink()
    assert pg.fragment(crystal, "A:2-3").model is not None
    crystal.save(tmp_path / "again.pgz")
    assert (tmp_path / "again.pgz").is_file()


def test_tells_that_the_file_of_a_crystal_to_solve_is_gone(tmp_path: Path) -> None:
    crystal = pg.open(_measured_copy(tmp_path))
    (tmp_path / "sucrose.hkl").unlink()
    _, read = read_measured(crystal)
    assert "sucrose.hkl is no longer there" in " ".join(read.notes)


def _measured_copy(folder: Path) -> Path:
    for ending in (".hkl", ".ins"):
        there = pg.measured_example_path().with_suffix(ending)
        (folder / f"sucrose{ending}").write_bytes(there.read_bytes())
    return folder / "sucrose.hkl"


@pytest.mark.parametrize("ending", [".hkl", ".ins"])
def test_refuses_to_solve_a_crystal_whose_file_was_changed(tmp_path: Path, ending: str) -> None:
    crystal = pg.open(_measured_copy(tmp_path))
    changed = tmp_path / f"sucrose{ending}"
    changed.write_bytes(changed.read_bytes().replace(b"1", b"2"))
    with pytest.raises(pg.UserError, match=rf"sucrose\{ending} was changed after the crystal"):
        pg.solve(crystal)


def test_solves_a_crystal_whose_file_is_unchanged(tmp_path: Path) -> None:
    path = _measured_copy(tmp_path)
    _, of_crystal = read_measured(pg.open(path))
    _, of_path = read_measured(path)
    assert of_crystal.intensities.value.tolist() == of_path.intensities.value.tolist()
