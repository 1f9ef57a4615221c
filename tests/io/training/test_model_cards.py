import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import (
    CardScales,
    ModelCard,
    SeenData,
    read_card,
    write_card,
    write_network,
)
from patterson_gui.io.training.network_folders import (
    find_model,
    keep_model,
    list_models,
    models_folders,
)

# Keeps networks in children that are killed just before or after the replacement with a number.
KILLED = """
import hashlib, os, signal, sys
from pathlib import Path
from patterson_gui.io.training.network_folders import keep_model
new, target = Path(sys.argv[1]), Path(sys.argv[2])
replace, count = os.replace, 0
def replace_and_die(source, to, **keywords):
    global count
    count += 1
    if count == number and not after:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, to, **keywords)
    if count == number and after:
        os.kill(os.getpid(), signal.SIGKILL)
for number in (1, 2, 3):
    for after in (False, True):
        child = os.fork()
        if child == 0:
            os.replace = replace_and_die
            keep_model(new, target / f"{number}{after}")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
"""


def card(name: str = "small") -> ModelCard:
    return ModelCard(
        name=name,
        network="resunet1",
        scales=CardScales(patterson=300.0, density=3.0),
        data=SeenData(cell_edges=(12.0, 12.0), d_min=(1.5, 2.0), shapes=((24, 24, 24),)),
        metrics={"val_r_median": 0.9, "samples_per_s": float("nan")},
    )


def put(folder: Path, stem: str, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{stem}.safetensors").write_bytes(b"numbers")
    write_card(folder / f"{stem}.safetensors", card(name))
    return folder / f"{stem}.safetensors"


def test_reads_back_a_card_with_the_path_of_its_weights(tmp_path: Path) -> None:
    weights = put(tmp_path, "a", "small")
    read = read_card(weights)
    assert read == read_card(weights.with_suffix(".json"))
    assert read.weights == weights
    assert read.data.shapes == ((24, 24, 24),)
    assert read.metrics == {"val_r_median": 0.9, "samples_per_s": None}
    assert "folder" not in json.loads(weights.with_suffix(".json").read_text())


def test_lists_the_first_network_of_each_name_without_unreadable_ones(
    tmp_path: Path,
) -> None:
    own, program = tmp_path / "own", tmp_path / "program"
    put(own, "a", "small")
    put(program, "b", "small")
    put(program, "c", "large")
    (program / "d.safetensors").write_bytes(b"without a card")
    put(program, "e", "broken").with_suffix(".json").write_text("{")
    folders = [own, program, tmp_path / "absent"]
    cards = list_models(folders)
    assert [c.name for c in cards] == ["small", "large"]
    assert cards[0].weights.parent == own
    for broken in ("d", "e"):
        with pytest.raises(UserError, match=f"{broken}.json"):
            read_card(program / f"{broken}.safetensors")


def test_finds_a_network_by_name_stem_or_file(tmp_path: Path) -> None:
    weights = put(tmp_path, "a", "small one")
    for name in ("small one", "a", str(weights), str(weights.with_suffix(".json"))):
        assert find_model(name, [tmp_path]).weights == weights
    with pytest.raises(UserError, match=r"no trained network called 'b'.*small one"):
        find_model("b", [tmp_path])


def test_predictions_find_a_kept_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERSON_GUI_MODELS", str(tmp_path / "mine"))
    weights = put(tmp_path / "run", "best", "run 3/α")
    kept = keep_model(weights)
    assert kept.weights.parent == tmp_path / "mine" == models_folders()[0]
    assert kept.weights.read_bytes() == b"numbers"
    assert "run 3/α" in [c.name for c in list_models()]
    again = keep_model(weights, name="other")
    assert again.name == "other"
    assert len(list((tmp_path / "mine").glob("*.safetensors"))) == 2


def test_rejects_other_versions_and_files_in_one_sentence(tmp_path: Path) -> None:
    path = put(tmp_path, "a", "small").with_suffix(".json")
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "schema_version": 99}))
    with pytest.raises(UserError, match="version that this program does not know"):
        read_card(path)
    path.write_text(json.dumps({**values, "scales": {"patterson": -1, "density": 1}}))
    with pytest.raises(UserError, match="damaged"):
        read_card(path)
    path.write_text("[]")
    with pytest.raises(UserError, match="is not the card of a trained network"):
        read_card(path)


def test_lists_only_networks_for_one_task(tmp_path: Path) -> None:
    roles = {"phases": "phasing", "cells": "crystals", "atoms": "atoms"}
    for name, role in roles.items():
        weights = put(tmp_path, name, name)
        write_card(weights, card(name).model_copy(update={"role": role}))
    assert [c.name for c in list_models([tmp_path])] == ["phases"]
    for name, role in roles.items():
        assert [c.name for c in list_models([tmp_path], role)] == [name]  # type: ignore[arg-type]
        assert find_model(name, [tmp_path], role).name == name  # type: ignore[arg-type]
    assert {c.name for c in list_models([tmp_path], None)} == set(roles)
    with pytest.raises(
        UserError, match=r"called 'cells': choose one of those there are \(phases\)"
    ):
        find_model("cells", [tmp_path])
    with pytest.raises(UserError, match="for encoding crystals, not for predicting densities"):
        find_model(str(tmp_path / "cells.json"))


def test_a_card_without_a_role_is_for_phasing(tmp_path: Path) -> None:
    """Those written before there were roles have none."""
    path = put(tmp_path, "old", "old").with_suffix(".json")
    values = json.loads(path.read_text())
    del values["role"]
    path.write_text(json.dumps(values))
    assert [c.name for c in list_models([tmp_path])] == ["old"]
    assert list_models([tmp_path], "crystals") == []


def test_lists_the_networks_of_the_program_by_task() -> None:
    folders = [models_folders()[-1]]
    files = list(folders[0].glob("*.safetensors"))
    assert len(list_models(folders, None)) == len(files)
    for role in ("phasing", "crystals", "atoms"):
        cards = list_models(folders, role)  # type: ignore[arg-type]
        assert cards
        assert {c.role for c in cards} == {role}
    assert not {c.name for c in list_models(folders)} & {
        c.name for c in list_models(folders, "crystals")
    }


def write(weights: Path, content: bytes, name: str) -> None:
    weights.parent.mkdir(parents=True, exist_ok=True)
    described = card(name).model_copy(
        update={"weights_sha256": hashlib.sha256(content).hexdigest()}
    )
    write_network(weights, content, described)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("replaced", [True, False])
def test_a_kill_at_any_replacement_leaves_weights_that_fit_their_card(
    tmp_path: Path, replaced: bool
) -> None:
    write(tmp_path / "new.safetensors", b"new numbers", "net")
    folders = [tmp_path / f"{number}{after}" for number in (1, 2, 3) for after in (False, True)]
    if replaced:
        for folder in folders:
            write(folder / "net.safetensors", b"old", "net")
    subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path / "new.safetensors", tmp_path],
        check=True, timeout=60,
    )  # fmt: skip
    for folder in folders:
        weights = folder / "net.safetensors"
        if not replaced and not weights.is_file():
            assert list_models([folder]) == []
            continue
        read = read_card(weights)
        assert read.weights == weights
        assert hashlib.sha256(weights.read_bytes()).hexdigest() == read.weights_sha256
        assert [found.name for found in list_models([folder])] == ["net"]
    # The next run completes the pair.
    keep_model(tmp_path / "new.safetensors", folders[1])
    assert {path.name for path in folders[1].glob("net*")} == {"net.safetensors", "net.json"}


def test_a_network_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "net.safetensors"
    write(weights, b"old", "net")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="the disk is full"):
        write(weights, b"new", "net")
    assert {path.name for path in tmp_path.iterdir()} == {"net.safetensors", "net.json"}
    assert weights.read_bytes() == b"old"
