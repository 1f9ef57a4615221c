"""A small protein model and a way to call the program."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gemmi
import pytest

from patterson_gui.cli import main

# Gly-Ala-Ser of an extended chain, Å; z grows downwards.
_CHAIN = """
GLY 1 N -3.95 1.06 0.30
GLY 1 CA -2.90 0.20 -0.21
GLY 1 C -1.54 0.62 0.32
GLY 1 O -1.41 1.60 1.06
ALA 2 N -0.51 -0.15 -0.05
ALA 2 CA 0.85 0.13 0.39
ALA 2 C 1.84 -0.88 -0.18
ALA 2 O 1.49 -1.80 -0.92
ALA 2 CB 1.27 1.55 -0.02
SER 3 N 3.11 -0.68 0.18
SER 3 CA 4.17 -1.57 -0.28
SER 3 C 5.53 -0.93 -0.05
SER 3 O 5.62 0.18 0.48
SER 3 CB 4.09 -2.93 0.43
SER 3 OG 2.85 -3.55 0.13
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run `patterson-gui` with the given words."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture
def own_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a tiny untrained network for 12 Å cells, among the user's own."""
    import torch

    from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData
    from patterson_gui.nets.architectures.registry import build
    from patterson_gui.nets.architectures.weights import save_weights

    folder = tmp_path / "networks"
    folder.mkdir()
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(folder))
    torch.manual_seed(0)
    network = build("resunet1", {"narrow": 2, "wide": 2, "blocks": 1})
    card = ModelCard(
        name="untrained",
        network="resunet1",
        config=network.config.model_dump(),
        scales=CardScales(patterson=60.0, density=4.0),
        data=SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 1.5)),
    )
    save_weights(folder / "untrained.safetensors", network.state_dict(), card)
    return card.name


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Three residues in a 30 Å cell, in a file whose name has spaces and umlauts."""
    structure = gemmi.Structure()
    structure.name = "1abc"
    structure.cell = gemmi.UnitCell(30, 31, 32, 90, 90, 90)
    structure.spacegroup_hm = "P 1"
    chain = gemmi.Chain("A")
    for line in _CHAIN.strip().splitlines():
        name, number, atom_name, *position = line.split()
        if not len(chain) or str(chain[-1].seqid) != number:
            residue = gemmi.Residue()
            residue.name, residue.seqid = name, gemmi.SeqId(number)
            chain.add_residue(residue)
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso = atom_name, gemmi.Element(atom_name[0]), 15.0
        x, y, z = (float(value) for value in position)
        atom.pos = gemmi.Position(15 + x, 15 + y, 15 - z)  # of L residues
        chain[-1].add_atom(atom)
    gemmi_model = gemmi.Model(1)
    gemmi_model.add_chain(chain)
    structure.add_model(gemmi_model)
    path = tmp_path / "ein kleines Eiweiß.pdb"
    structure.write_pdb(str(path))
    return path


@pytest.fixture
def bundle(call: Call, model: Path, tmp_path: Path) -> Path:
    """Two residues of `model` in a 12 Å cell, made by `fragment`."""
    path = tmp_path / "EX.pgz"
    assert call("fragment", model, "--residues", "A:2-3", "-o", path).code == 0
    return path
