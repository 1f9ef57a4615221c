"""Build an atomic model into a phased density.

Peaks of the map and least squares against |F| (`refinement`), repair by difference maps
(`add_and_repair`), elements from weights, bond lengths and composition (`assign_elements`), the
hand from chiral centres (`chirality`). Only the prediction, which is based on |F| alone, and the
composition are used.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import gemmi
import numpy as np
import torch
from numpy.typing import NDArray

from patterson_gui.crystal.cells import orthogonalization
from patterson_gui.crystal.composition import Composition
from patterson_gui.crystal.models.lone_atoms import structure_of_atoms
from patterson_gui.crystal.prediction import BuiltAtoms, HandEvidence, Prediction, Progress
from patterson_gui.crystal.reciprocal.figures_of_merit import sim_fom
from patterson_gui.crystal.reciprocal.fourier import map_from_terms
from patterson_gui.crystal.reciprocal.reflections import Amplitudes
from patterson_gui.crystal.reciprocal.structure_factors import Scatterers, direct
from patterson_gui.crystal.reciprocal.wilson import wilson_scale
from patterson_gui.errors import Cancelled, UserError
from patterson_gui.solvers.atoms.add_and_repair import build, normal_matrix_work, repair
from patterson_gui.solvers.atoms.assign_elements import (
    AssignedAtoms,
    assign_elements,
    refine_against_all_data,
)
from patterson_gui.solvers.atoms.chirality import hand_of_atoms
from patterson_gui.solvers.atoms.count import add_until_explained, peaks_that_stand_out, prune
from patterson_gui.solvers.atoms.data import Shape, refinement_data
from patterson_gui.solvers.atoms.geometry import find_bonds, in_one_piece
from patterson_gui.solvers.atoms.model import FormFactors
from patterson_gui.solvers.device import choose_device, reason_for_cpu
from patterson_gui.solvers.parallel import Tick, run_tasks

Report = Callable[[Progress], None]

MOST_ATOMS = 300  # takes about a minute
_TOGETHER, _TOGETHER_ON_GPU = 8, 32  # crystals in a batch, for the cache of a core and for a GPU
_WORK = 3e9  # multiplications for one normal matrix, 0.2 s; about a hundred are calculated
_FEWEST_PER_ATOM, _ENOUGH_PER_ATOM = 4, 12  # reflections
_EXPLAINS = 0.10  # R1 below which phases of atoms replace others; data without errors
_EXPLAINS_MEASURED = 0.25  # the same for measured data: models lack hydrogen and anisotropy
_EXPLAINS_UNKNOWN = 0.15  # the same if the number of atoms is free
_PROVES = 0.05  # R1 that only the right atoms reach
_ROOM_PER_ATOM, _FULL = 10.0, 0.35  # Å³ for an atom; share of the cell that makes it full
_USUAL_B = 20.0  # Å²
_LOWEST_B, _HIGHEST_B = 2.0, 60.0


def build_atoms(
    predictions: Sequence[Prediction],
    compositions: Sequence[Composition | None],
    report: Report = lambda progress: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> list[Prediction]:
    """Build atoms into each prediction; add a note if none are built.

    If the atoms explain the data, phases, figures of merit and density are calculated from the
    refined atoms and the measured |F|. The Z-weighted centre of mass of the atoms is then at the
    middle of the cell, and the hand is that of L amino acids if the atoms show chiral centres.

    Parameters
    ----------
    predictions : on any grids; those that share a grid form a batch.
    compositions : non-hydrogen atoms in the P1 cell; None: their number is determined too.

    Raises
    ------
    Cancelled : soon after `cancelled()` turns true.
    """
    answers: list[Prediction] = list(predictions)
    groups: dict[Shape, list[int]] = {}
    for i, (prediction, composition) in enumerate(zip(predictions, compositions, strict=True)):
        reason = _why_not_built(prediction, composition)
        if reason:
            answers[i] = replace(prediction, notes=(*prediction.notes, reason))
        else:
            groups.setdefault(prediction.density.shape, []).append(i)
    if not groups:
        return answers
    device = choose_device(predictions[0].settings.device)
    together = _TOGETHER if device.type == "cpu" else _TOGETHER_ON_GPU
    parts = [g[k : k + together] for g in groups.values() for k in range(0, len(g), together)]
    done: list[int] = []

    def work(number: int, tick: Tick) -> list[Prediction]:
        mine = [predictions[i] for i in parts[number]]
        built = _build_or_fall_back_to_cpu(
            mine, [compositions[i] for i in parts[number]], tick, device
        )
        done.append(len(mine))
        return built

    def poll() -> None:
        if cancelled():
            raise Cancelled
        n = len(answers)
        message = f"building atoms, {sum(done)} of {n}" if n > 1 else "building atoms"
        report(Progress(sum(done) / n, message))

    poll()
    built = run_tasks(list(range(len(parts))), work, lambda _: False, poll)
    for places, part in zip(parts, built, strict=True):
        for i, answer in zip(places, part or [], strict=True):
            answers[i] = answer
    return answers


def _why_not_built(prediction: Prediction, composition: Composition | None) -> str:
    """The reason why atoms cannot be built; empty if they can."""
    data = prediction.amplitudes
    n = _expected_number(prediction, composition)
    if n == 0:
        return "No atoms were built: the composition is empty."
    unknown = [s for s in (composition.counts if composition else ()) if _has_no_form_factor(s)]
    if unknown:
        return f"No atoms were built: no scattering factor is tabulated for {', '.join(unknown)}."
    if n is not None and n > MOST_ATOMS:
        return (
            f"No atoms were built: {n} atoms in the P1 cell would take minutes "
            f"(up to {MOST_ATOMS} are built)."
        )
    if len(data) < _FEWEST_PER_ATOM * (n or 1):
        return (
            f"No atoms were built: {len(data)} reflections cannot place {n or 1} atoms; "
            "data of higher resolution could."
        )
    return ""


def _has_no_form_factor(symbol: str) -> bool:
    return gemmi.Element(symbol).it92 is None


def _expected_number(prediction: Prediction, composition: Composition | None) -> int | None:
    if prediction.settings.n_atoms is not None:
        return prediction.settings.n_atoms
    return composition.n_atoms if composition is not None else None


def _build_or_fall_back_to_cpu(
    predictions: list[Prediction],
    compositions: list[Composition | None],
    tick: Tick,
    device: torch.device,
) -> list[Prediction]:
    """Build atoms into predictions on one grid; on the CPU if the GPU fails."""
    try:
        return _build_batch(predictions, compositions, tick, device)
    except RuntimeError as error:
        if device.type == "cpu" or reason_for_cpu(error) is None:
            raise
        return _build_batch(predictions, compositions, tick, torch.device("cpu"))


def _build_batch(
    predictions: list[Prediction],
    compositions: list[Composition | None],
    tick: Tick,
    device: torch.device,
) -> list[Prediction]:
    known = [_expected_number(p, c) for p, c in zip(predictions, compositions, strict=True)]
    # To save time, most of the work uses only as many data as are needed to place the atoms.
    limits = [_working_limit(p.amplitudes, n) for p, n in zip(predictions, known, strict=True)]
    working = [p.amplitudes.cut(d) for p, d in zip(predictions, limits, strict=True)]
    shape = predictions[0].density.shape
    data = refinement_data(working, shape, device)
    phases = np.zeros(data.fo.shape, dtype=np.float32)
    for row, prediction, d in zip(phases, predictions, limits, strict=True):
        mine = prediction.phases_deg[prediction.amplitudes.d >= d - 1e-6]
        row[: len(mine)] = np.radians(mine)
    phased = torch.polar(data.fo, torch.from_numpy(phases).to(device))
    carbon = FormFactors.of(["C"], data)
    b = torch.tensor(
        [_first_b(p, c) for p, c in zip(predictions, compositions, strict=True)],
        dtype=torch.float32,
        device=device,
    )
    unknown = torch.tensor([n is None for n in known], device=device)
    wanted = torch.tensor([n or 0 for n in known], device=device)
    if bool(unknown.any()):
        most = min(MOST_ATOMS, min(map(len, working)) // _FEWEST_PER_ATOM)
        guess = peaks_that_stand_out(phased, carbon, b, data).clamp(max=most)
        wanted = torch.where(unknown, guess, wanted)
    built = build(data, phased, wanted, carbon, b, tick)
    if bool(unknown.any()):
        built = built.choose(unknown, prune(built, carbon, data))
        wanted = torch.where(unknown, built.atoms.used.sum(1).long(), wanted)
    built = repair(built, wanted, carbon, data, tick)
    if bool(unknown.any()):
        built = add_until_explained(built, unknown, carbon, data, tick)
    found = assign_elements(built, compositions, data, tick)
    whole = [p.amplitudes for p in predictions]
    if any(len(a) > len(w) for a, w in zip(whole, working, strict=True)):
        tick()
        found = refine_against_all_data(refinement_data(whole, shape, device), found)
    return [
        with_built_atoms(prediction, composition, atoms)
        for prediction, composition, atoms in zip(predictions, compositions, found, strict=True)
    ]


def _working_limit(data: Amplitudes, n_atoms: int | None) -> float:
    """Resolution limit (Å) of the data that atoms are built with."""
    n = n_atoms or min(MOST_ATOMS, len(data) // _FEWEST_PER_ATOM // 2)
    affordable = max(int(_WORK / normal_matrix_work(n, 1)), _ENOUGH_PER_ATOM * n)
    if affordable >= len(data):
        return data.d_min
    return float(np.sort(data.d)[-affordable])


def _first_b(prediction: Prediction, composition: Composition | None) -> float:
    """Initial B, Å², from a Wilson plot."""
    content = composition if composition is not None else Composition({"C": 1})
    try:
        b = wilson_scale(prediction.amplitudes, content)[1]
    except UserError:
        return _USUAL_B
    return float(np.clip(b, _LOWEST_B, _HIGHEST_B))


def with_built_atoms(
    prediction: Prediction, composition: Composition | None, atoms: AssignedAtoms
) -> Prediction:
    """The prediction recalculated from its atoms, in the fixed frame.

    If the atoms do not explain the data, only a note is added.
    """
    data = prediction.amplitudes
    expected = _expected_number(prediction, composition)
    limit = _EXPLAINS if data.sigma is None else _EXPLAINS_MEASURED
    if expected is None:
        limit = min(limit, _EXPLAINS_UNKNOWN)
    n = len(atoms.symbols)
    of = "" if expected is None else f" of {expected} expected"
    if n == 0 or not atoms.r1 < limit:
        return replace(
            prediction,
            notes=(
                *prediction.notes,
                f"Atoms were tried ({n}{of}) and explain the data too badly (R1 {atoms.r1:.3f}, "
                f"above {limit:.2f}): the density is left as it was, without atoms.",
            ),
        )
    xyz, hand = _in_fixed_frame(atoms, data.cell)
    f = _structure_factors(atoms, xyz, data)
    phases_deg = (np.degrees(np.angle(f)) % 360.0).astype(np.float32)
    fo = data.f.astype(np.float64)
    terms = fo * np.exp(1j * np.radians(phases_deg.astype(np.float64)))
    grid = map_from_terms(data.hkl, terms, data.cell, prediction.density.shape)
    verdict = f"{n} atoms{of} explain the data to R1 {atoms.r1:.3f}."
    built = BuiltAtoms(n, expected, atoms.r1, verdict)
    if not prediction.solved and atoms.r1 < _PROVES:
        prediction = replace(prediction, solved=True, certain=True, verdict=f"Solved: {verdict}")
    changed = replace(
        prediction,
        density=prediction.density.with_grid(grid),
        phases_deg=phases_deg,
        fom=sim_fom(fo, np.abs(f), data.d).astype(np.float32),
        model=_structure(atoms, xyz, data.cell),
        built=built,
    )
    if hand is None:
        return changed
    return replace(changed, hand=hand, hand_determined=True)


def _in_fixed_frame(
    atoms: AssignedAtoms, cell: gemmi.UnitCell
) -> tuple[NDArray[np.float64], HandEvidence | None]:
    """Positions (n, 3) Å in the fixed frame and the hand of L amino acids; evidence for the hand.

    In a cell full of molecules the centre of mass has no meaning, so the atoms are not moved.
    """
    orth = orthogonalization(cell)
    numbers = atoms.numbers
    bonds = find_bonds(atoms.xyz, numbers, orth)
    xyz = in_one_piece(atoms.xyz, bonds, orth)
    middle = orth @ np.full(3, 0.5)
    if len(xyz) * _ROOM_PER_ATOM < _FULL * cell.volume:
        xyz = xyz + middle - numbers @ xyz / numbers.sum()
    hand, inverted = hand_of_atoms(numbers, bonds)
    return (2 * middle - xyz if inverted else xyz), hand


def _structure_factors(
    atoms: AssignedAtoms, xyz: NDArray[np.float64], data: Amplitudes
) -> NDArray[np.complex64]:
    frac = xyz @ np.array(data.cell.frac.mat.tolist()).T
    scatterers = Scatterers(atoms.symbols, frac, atoms.b, np.ones(len(frac)))
    return direct(scatterers, data.cell, data.spacegroup, data.hkl)


def _structure(
    atoms: AssignedAtoms, xyz: NDArray[np.float64], cell: gemmi.UnitCell
) -> gemmi.Structure:
    """The atoms as a P1 model: one residue, names numbered by element."""
    elements = map(gemmi.Element, atoms.symbols)
    return structure_of_atoms("built", cell, elements, xyz, np.asarray(atoms.b, np.float64))
