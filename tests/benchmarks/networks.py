"""Measure the time and memory of a training step of the networks, per example.

A step is forward, backward and AdamW on random maps. Other programs may be running: the compared
steps take turns in one process, and the shortest time of each counts. On a busy machine,
`--one-core` measures the CPU time of one thread instead. Memory is the highest resident size of a
process that does nothing else, minus its size before the first step.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as fn
from table import Row, print_table
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from patterson_gui.nets.architectures.registry import Network, build, names
from patterson_gui.nets.convolution.direct_or_spectral import convolutions
from patterson_gui.nets.convolution.layers import CircularConv3d
from tests.nets.plain_layers import inputs_of, plain_resunet

BATCH = 32
STEP_BY_STEP = ("unrolled",)
"""Networks that are not trained by one pass from the Patterson to the density: left out."""


@dataclass(frozen=True)
class Clock:
    """How time is taken, and on how many threads."""

    threads: int
    now: Callable[[], float]
    arguments: tuple[str, ...] = ()


WALL = Clock(2, time.perf_counter)
ONE_CORE = Clock(1, time.process_time, ("--one-core",))


def measure_networks(share: float = 1.0, clock: Clock = WALL) -> list[Row]:
    """All figures of this module as rows of a table."""
    turns = 1 + round(3 * share)
    threads = torch.get_num_threads()
    torch.set_num_threads(clock.threads)
    try:
        return [
            *compare_forms(turns, clock),
            *compare_layers(turns, clock),
            *compare_networks(turns, clock),
        ]
    finally:
        torch.set_num_threads(threads)


def compare_forms(turns: int, clock: Clock) -> list[Row]:
    """The paper's first network at 24³: torch's direct circular convolutions and ours."""
    direct, ours = seconds_of_forms(24, turns, clock)
    memory = {form: in_a_child("resunet1", 24, form, 1, clock) for form in ("torch", "ours")}
    return [
        Row(f"the first network, 24³, batch {BATCH}, {clock.threads} threads:", None),
        Row("  direct circular convolutions", 1e3 * direct / BATCH, "ms/example", digits=0),
        Row("  by reciprocal space", 1e3 * ours / BATCH, "ms/example", digits=0),
        Row("  times as fast", direct / ours, at_least=3, digits=1),
        Row(
            "  memory over that of the direct form",
            memory["ours"]["bytes"] / memory["torch"]["bytes"],
            at_most=1,
        ),
    ]


def seconds_of_forms(grid: int, turns: int, clock: Clock) -> tuple[float, float]:
    """A training step with torch's layers and with ours, taking turns."""
    network = build("resunet1")
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    patterson, density = torch.randn(2, BATCH, 1, grid, grid, grid)

    def with_torch() -> None:
        learn(optimiser, plain_resunet(network, patterson), density)

    def with_ours() -> None:
        learn(optimiser, network(inputs_of(patterson)), density)

    direct, ours = quickest([with_torch, with_ours], turns, clock)
    return direct, ours


def compare_layers(turns: int, clock: Clock) -> list[Row]:
    """Single circular convolutions in both forms; the rates of `direct_or_spectral` follow."""
    rows = [Row("one convolution, forward and backward, batch 8, direct over spectral:", None)]
    for grid, into, out, size in [
        (12, 25, 25, 3), (12, 64, 64, 3), (12, 25, 25, 5), (12, 25, 25, 7), (12, 64, 64, 7),
        (24, 25, 25, 3), (24, 25, 25, 5), (24, 25, 25, 7), (24, 1, 23, 7), (40, 8, 8, 7),
    ]:  # fmt: skip
        layer = CircularConv3d(into, out, size)
        x = torch.randn(8, into, grid, grid, grid, requires_grad=True)

        def run(form: str, layer: nn.Module = layer, x: Tensor = x) -> None:
            with convolutions(form):
                layer(x).sum().backward()

        steps: list[Callable[[], None]] = [lambda: run("direct"), lambda: run("spectral")]
        direct, spectral = quickest(steps, turns, clock)
        rows.append(Row(f"  {grid}³, {into} → {out}, {size}³", direct / spectral, digits=1))
    return rows


def compare_networks(turns: int, clock: Clock) -> list[Row]:
    """Every network that phases, with its default configuration: size, time, memory of a step."""
    rows = []
    for name in names():
        if name in STEP_BY_STEP or build(name).role != "phasing":
            continue
        small, large = (in_a_child(name, grid, "ours", turns, clock) for grid in (12, 24))
        rows += [
            Row(f"{name}:", None),
            Row("  parameters", large["parameters"] / 1e6, "million", digits=2),
            Row("  step at 12³", 1e3 * small["seconds"] / BATCH, "ms/example", digits=1),
            Row("  step at 24³", 1e3 * large["seconds"] / BATCH, "ms/example", digits=1),
            Row("  memory at 24³", large["bytes"] / BATCH / 2**20, "MiB/example", digits=0),
        ]
    return rows


def quickest(steps: list[Callable[[], None]], turns: int, clock: Clock) -> list[float]:
    """The shortest time, s, of each step in several turns, after one turn that does not count."""
    best = [float("inf")] * len(steps)
    for turn in range(turns + 1):
        for number, step in enumerate(steps):
            start = clock.now()
            step()
            if turn:
                best[number] = min(best[number], clock.now() - start)
    return best


def learn(optimiser: torch.optim.Optimizer, predicted: Tensor, density: Tensor) -> None:
    """One step of training: loss, gradient and update."""
    optimiser.zero_grad()
    fn.mse_loss(predicted, density).backward()
    optimiser.step()


def in_a_child(name: str, grid: int, form: str, turns: int, clock: Clock) -> dict[str, float]:
    """`one_network` in a process of its own."""
    arguments = ["--network", name, "--grid", str(grid), "--form", form, "--turns", str(turns)]
    arguments += clock.arguments
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def one_network(name: str, grid: int, form: str, turns: int, clock: Clock) -> dict[str, float]:
    """Seconds, bytes and parameters of a training step in this process."""
    network: Network = build(name)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    patterson, density = torch.randn(2, BATCH, 1, grid, grid, grid)
    inputs = inputs_of(patterson, network.extra_channels)
    before = resident_bytes()

    def step() -> None:
        torch_does = form == "torch"
        predicted = plain_resunet(network, patterson) if torch_does else network(inputs)
        learn(optimiser, predicted, density)

    (seconds,) = quickest([step], turns, clock)
    return {
        "seconds": seconds,
        "bytes": resident_bytes() - before,
        "parameters": network.n_parameters,
    }


def resident_bytes() -> float:
    """The highest resident size of this process so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage includes the parent's size
        lines = status.read_text(encoding="ascii").splitlines()
        return 1024 * next(float(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", help="measure only this one; print JSON")
    parser.add_argument("--grid", type=int, default=24)
    parser.add_argument("--form", choices=("ours", "torch"), default="ours")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one-core", action="store_true", help="CPU time of one thread")
    asked = parser.parse_args()
    clock = ONE_CORE if asked.one_core else WALL
    torch.set_num_threads(clock.threads)
    if asked.network is None:
        print_table(measure_networks(clock=clock))
    else:
        figures = one_network(asked.network, asked.grid, asked.form, asked.turns, clock)
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
