"""Draw random problems (a few residues in a P1 cell) from a folder of protein models."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import gemmi
import numpy as np

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.models.fragment import make_fragment
from patterson_gui.crystal.models.residues import ResidueRun, residue_choices
from patterson_gui.errors import UserError
from patterson_gui.io.dataset_building.find_models import entry_of, models_below
from patterson_gui.io.dataset_building.parts import atoms_of
from patterson_gui.io.datasets.proteins import ProteinKindName
from patterson_gui.io.datasets.splits import read_split_table
from patterson_gui.io.opening.models import read_model

_TRIES_PER_CASE = 200


@dataclass(frozen=True)
class Recipe:
    """The kind of problem to draw.

    Attributes
    ----------
    length : number of bonded residues.
    cell_edge : edge of a cubic cell, Å; None: the extent of the residues plus 3 Å.
    d_min : Å, resolution of the amplitudes.
    kind : kind of problem; the residues of a dialanine keep only the atoms of an alanine.
    noise : relative standard deviation of normal errors added to the amplitudes. The truth has
        no errors.
    """

    length: int
    cell_edge: float | None
    d_min: float
    kind: ProteinKindName = "fragment"
    noise: float = 0.0


class Sampler:
    """Draws residue ranges at random: every model is equally likely, no range comes twice.

    The same folder, recipe and seed give the same problems. `rejected` counts the ranges that
    could not be used, by reason.
    """

    def __init__(self, models: list[Path], recipe: Recipe, seed: int) -> None:
        self.rejected: Counter[str] = Counter()
        self._models = models
        self._recipe = recipe
        self._random = random.Random(seed)
        self._errors = np.random.default_rng(seed)
        self._drawn: set[tuple[Path, str, str]] = set()

    def draw(self, n: int) -> Iterator[Crystal]:
        """Yield up to n problems."""
        found = 0
        for _ in range(n * _TRIES_PER_CASE):
            if found == n:
                return
            crystal = self._attempt()
            if crystal is not None:
                found += 1
                yield self._measured(crystal)

    def _measured(self, crystal: Crystal) -> Crystal:
        data, noise = crystal.amplitudes, self._recipe.noise
        if noise == 0 or data is None:
            return crystal
        errors = 1 + noise * self._errors.standard_normal(len(data))
        f = np.clip(data.f * errors, 0.0, None).astype(data.f.dtype)
        return replace(crystal, amplitudes=replace(data, f=f))

    def _attempt(self) -> Crystal | None:
        path = self._random.choice(self._models)
        try:
            structure, runs = _runs(path)
        except UserError:
            self.rejected["model not readable"] += 1
            return None
        length = self._recipe.length
        windows = [(run, i) for run in runs for i in range(len(run) - length + 1)]
        if not windows:
            self.rejected["no run of bonded residues long enough"] += 1
            return None
        run, i = self._random.choice(windows)
        chosen = run.residues[i : i + length]
        key = (path, run.chain, chosen[0].seqid)
        if key in self._drawn:
            self.rejected["drawn before"] += 1
            return None
        self._drawn.add(key)
        if not all(residue.complete for residue in chosen):
            self.rejected["residue incomplete"] += 1
            return None
        try:
            return make_fragment(
                structure,
                run.chain,
                chosen[0].seqid,
                chosen[-1].seqid,
                cell_edge=self._recipe.cell_edge,
                d_min=self._recipe.d_min,
                atoms_of=atoms_of(self._recipe.kind),
            )
        except UserError:
            self.rejected["too large for the cell"] += 1
            return None


@lru_cache(maxsize=64)
def _runs(path: Path) -> tuple[gemmi.Structure, tuple[ResidueRun, ...]]:
    structure = read_model(path)
    return structure, residue_choices(structure)


def models_in(folder: Path, table: Path | None = None, split: str | None = None) -> list[Path]:
    """Sorted model files below `folder`; with a table, only those whose entry is in `split`."""
    models = models_below([folder])
    if table is None:
        return models
    entries = read_split_table(table).in_split(split)
    models = [path for path in models if entry_of(path) in entries]
    if not models:
        raise UserError(
            f"There is no model in {folder} that belongs to the split '{split}' of {table}: "
            "choose another split."
        )
    return models
