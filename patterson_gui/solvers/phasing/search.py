"""Phases in P1 from intensities alone: batches of starts until two agree.

Starts begin from random phases or from the Patterson function (`starts`). At atomic resolution
they are improved by charge flipping with normalised E(h), beyond it by RAAR with √(|E||F|) and
extrapolated reflections. Each is iterated in blocks. After each block its phases are
refined by `keep_atoms`, whose R falls abruptly once a start has found the structure. The search
ends when two starts with low R agree, whatever their origin and hand: random solutions do not.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.solution import Start
from patterson_gui.errors import Cancelled
from patterson_gui.solvers.phasing.align import superimpose
from patterson_gui.solvers.phasing.batches import Batch, Batches
from patterson_gui.solvers.phasing.charge_flipping import keep_atoms, random_phases, weak_intensity
from patterson_gui.solvers.phasing.grid import PhasingGrid
from patterson_gui.solvers.phasing.imposed_group import ImposedGroup
from patterson_gui.solvers.phasing.starts import Superpose, Vectors

AT_ONCE = 4  # starts in one batch
BLOCKS = (40, 40, 40, 60, 60, 80, 80, 100)  # iterations between two looks at R
POLISHING = 8  # cycles of `keep_atoms` at a look
# A start has found something when its R is below this share of the R of random phases.
LOW_R = 0.9
# The same with extrapolated reflections, which lower R for wrong phases too. Seven simulated
# organics cut at 1.1 to 1.3 Å: right phases 0.26 to 0.48, wrong ones 0.64 and more; nket cut at
# 1.2 Å: wrong ones 0.61.
LOW_R_EXTRAPOLATED = 0.6
AGREE = 0.6  # correlation of two starts that have found the same
# The same where R is not low: cells of few atoms have a low R anyway. With extrapolated reflections
# wrong starts agree by up to 0.86.
AGREE_ALONE, AGREE_ALONE_EXTRAPOLATED = 0.85, 0.95
_UNTIL_CANCELLED = 0.2  # s between two looks at `cancelled`, about
_CONFIRMING = 40  # iterations after the first agreement, in which the phases still improve
SEARCH_LIMIT = 0.8  # Å; reflections beyond are not needed to find atoms
_HIGHEST_E = 5.0  # larger E are truncated: one strong reflection must not rule


@dataclass(frozen=True, eq=False)
class PhasedIntensities:
    """Phases of the reflections that were used, in P1.

    Attributes
    ----------
    rows : (n,) rows of the input that were used.
    hkl : (n, 3) one of each Friedel pair.
    e : (n,) complex128, |E| measured, phases found; unknown origin and hand.
    weight : (n,) 0..1, how far the phases can be trusted, by the modulus calculated from the
        highest density and the measured one.
    starts : all starts with their figures.
    agreement : correlation of the two best starts, 0 where only one has low R.
    r : R of the combined phases, see `charge_flipping.keep_atoms`.
    group : that starts imposed which agree, with one another or with one without; "" for none.
    """

    rows: NDArray[np.intp]
    hkl: NDArray[np.int32]
    e: NDArray[np.complex128]
    weight: NDArray[np.float64]
    starts: tuple[Start, ...]
    agreement: float
    r: float
    group: str = ""


# Called with all starts so far, the rows of the input that are used, and E of each start there.
Report = Callable[[tuple[Start, ...], NDArray[np.intp], tuple[NDArray[np.complex64], ...]], None]


@dataclass(eq=False)
class _Found:
    """Starts that have been looked at, with the rows of the input that they use."""

    rows: NDArray[np.intp]
    starts: list[Start] = field(default_factory=list)
    e: list[NDArray[np.complex128]] = field(default_factory=list)  # calculated E of each
    groups: list[str] = field(default_factory=list)  # that each imposed, "" for none
    low_r: float = 0.0  # R of a start that has found something is lower
    agree_alone: float = AGREE_ALONE


def find_phases(
    hkl: NDArray[np.int32],
    e: NDArray[np.float64],
    cell: gemmi.UnitCell,
    *,
    f: NDArray[np.float64] | None = None,
    seed: int = 0,
    superpose: Superpose = "auto",
    groups: Callable[[], Sequence[ImposedGroup]] = tuple,
    starts: int | None = None,
    seconds: float = 60.0,
    device: torch.device | None = None,
    report: Report = lambda _starts, _rows, _e: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> PhasedIntensities:
    """Find the phases of |E| `e` (n,) at `hkl` (n, 3), one hemisphere of a P1 cell.

    Parameters
    ----------
    f : (n,) |F| on any scale, used where the data end before atomic resolution; None: `e` is used.
    cell : primitive: a centred one costs its centring factor in time and solves less often.
    superpose : Patterson vectors that starts begin from, in fractions of `cell`; see `Starts`.
    groups : called where no two starts of the first batch agree: the space groups that later
        batches impose, the likeliest first.
    starts : most starts; None: as many as fit into `seconds` of processor time.
    report : called after each look.

    Raises
    ------
    Cancelled : `cancelled()` became true.
    """
    near = np.asarray(cell.calculate_d_array(hkl)) >= SEARCH_LIMIT
    rows = np.flatnonzero(near)
    hkl, e = hkl[rows], np.minimum(e[rows], _HIGHEST_E)
    batches = Batches(
        hkl, e, None if f is None else f[rows], cell,
        superpose=superpose, groups=groups, seed=seed, device=device,
    )  # fmt: skip
    grid, begun = batches.grid, time.process_time()
    random = random_phases(grid, AT_ONCE, torch.Generator().manual_seed(seed))
    r_random = float(keep_atoms(grid, random, POLISHING)[1].median())
    found = _Found(rows, low_r=LOW_R * r_random)
    if not batches.atomic:
        found = _Found(
            rows, low_r=LOW_R_EXTRAPOLATED * r_random, agree_alone=AGREE_ALONE_EXTRAPOLATED
        )
    while True:
        first = len(found.starts)
        wanted = AT_ONCE if starts is None else min(AT_ONCE, starts - first)
        _run_batch(grid, batches.next(wanted), found, report, cancelled)
        best, agreement = _best_two(hkl, found)
        spent = time.process_time() - begun
        enough = starts is not None and len(found.starts) >= starts
        if agreement >= AGREE or enough or spent > seconds:
            break
    return _combined(grid, rows, e, batches.modulus, found, best, agreement)


def _run_batch(
    grid: PhasingGrid,
    batch: Batch,
    found: _Found,
    report: Report,
    cancelled: Callable[[], bool],
) -> None:
    """Run a batch of starts until two of all agree or their iterations are spent."""
    first = len(found.starts)
    done, confirmed, at_once = 0, False, 20
    for block in (*BLOCKS, _CONFIRMING):
        left = block
        while left:
            if cancelled():
                raise Cancelled
            part, begun = min(at_once, left), time.monotonic()
            spectra = batch.starts.advance(part)
            left -= part
            if time.monotonic() - begun > _UNTIL_CANCELLED:
                at_once = max(at_once // 2, 1)  # a large grid: look more often
        done += block
        if batch.grid is not grid:  # R of all starts is that of one grid, without symmetry
            spectra = grid.spectrum(batch.grid.values(spectra))
        polished, r = keep_atoms(grid, spectra, POLISHING)
        weak = weak_intensity(grid, polished)
        values = grid.values(polished).cpu().numpy().astype(np.complex128)
        del found.starts[first:], found.e[first:], found.groups[first:]
        for i, superposed in enumerate(batch.vectors):
            low = float(r[i]) < found.low_r
            found.e.append(values[i])
            found.groups.append(batch.group)
            figures = (float(r[i]), float(weak[i]))
            name = batch.starts.name
            found.starts.append(_start(first + i, name, superposed, done, *figures, low))
        agreement = _best_two(grid.hkl, found)[1]
        report(tuple(found.starts), found.rows, _kept(found))
        if confirmed:
            break
        confirmed = agreement >= AGREE


def _kept(found: _Found) -> tuple[NDArray[np.complex64], ...]:
    return tuple(e.astype(np.complex64) for e in found.e)


def _start(
    number: int, method: str, vectors: Vectors, iterations: int, r: float, weak: float, low: bool
) -> Start:
    return Start(
        number=number + 1,
        method=method,
        iterations=iterations,
        r=r,
        agreement=math.nan,
        r_weak=weak,
        figure=1.0 - r,
        solved=low,
        vectors=vectors,
    )


def _best_two(hkl: NDArray[np.int32], found: _Found) -> tuple[list[int], float]:
    """The starts that agree with the best one, best first, and the highest agreement."""
    # R ranks better than R(weak), which is lowest for a pseudo-solution of fluorite.
    order = sorted(range(len(found.starts)), key=lambda i: found.starts[i].r)[:AT_ONCE]
    if len(order) < 2:
        return order, 0.0
    best, others = order[0], order[1:]
    fixed = found.e[best]
    agreements = {i: superimpose(hkl, found.e[i], fixed)[1] for i in others}
    for i, value in agreements.items():
        found.starts[i] = replace(found.starts[i], agreement=value)
    found.starts[best] = replace(found.starts[best], agreement=max(agreements.values()))
    low = found.starts[best].solved
    needed = {i: AGREE if low and found.starts[i].solved else found.agree_alone for i in others}
    agreeing = [i for i in others if agreements[i] >= needed[i]]
    return [best, *agreeing], max((agreements[i] for i in agreeing), default=0.0)


def agreement_of(starts: Sequence[Start]) -> float:
    """Agreement of the two best of the starts that found the same structure; 0 where none did."""
    enough = [s.agreement for s in starts if s.agreement >= (AGREE if s.solved else AGREE_ALONE)]
    return sorted(enough)[-2] if len(enough) > 1 else 0.0


def _combined(
    grid: PhasingGrid,
    rows: NDArray[np.intp],
    e: NDArray[np.float64],
    modulus: NDArray[np.float64],
    found: _Found,
    best: list[int],
    agreement: float,
) -> PhasedIntensities:
    """The mean of the starts that agree, refined once more."""
    hkl, fixed = grid.hkl, found.e[best[0]]
    total = fixed.copy()
    for i in best[1:]:
        total += superimpose(hkl, found.e[i], fixed)[0]
    phased = torch.as_tensor(
        modulus * np.exp(1j * np.angle(total)), dtype=torch.complex64, device=grid.modulus.device
    )
    refined, r = keep_atoms(grid, grid.spectrum(phased[None]), 2 * POLISHING)
    calculated = grid.values(refined)[0].cpu().numpy().astype(np.complex128)
    return PhasedIntensities(
        rows=rows,
        hkl=hkl,
        e=e * np.exp(1j * np.angle(calculated)),
        weight=_weights(modulus, calculated),
        starts=tuple(found.starts),
        agreement=agreement,
        r=float(r[0]),
        group=next((found.groups[i] for i in best if found.groups[i]), ""),
    )


def _weights(e: NDArray[np.float64], calculated: NDArray[np.complex128]) -> NDArray[np.float64]:
    """(n,) tanh(|E||Ecalc|), Ecalc on the scale of the moduli `e` of the search: reflections whose
    calculated modulus is small have uncertain phases (Sim, Acta Cryst. 13, 511, 1960)."""
    modulus = np.abs(calculated)
    scale = (e * modulus).sum() / max(float((modulus**2).sum()), 1e-12)
    return np.asarray(np.tanh(e * modulus * scale))
