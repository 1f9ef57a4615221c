import errno
from pathlib import Path

import pytest
import torch

from patterson_gui.errors import UserError
from patterson_gui.io.training.model_cards import CardScales, ModelCard, SeenData, read_card
from patterson_gui.nets.architectures.registry import NetworkInputs, build
from patterson_gui.nets.architectures.weights import load_weights, save_weights

TINY = {"narrow": 2, "wide": 3, "blocks": 1}


def card(**changes: object) -> ModelCard:
    fields = {
        "name": "tiny",
        "network": "resunet1",
        "config": TINY,
        "scales": CardScales(patterson=100.0, density=2.0),
        "data": SeenData(cell_edges=(10.0, 10.0), d_min=(1.5, 1.5)),
    }
    return ModelCard.model_validate({**fields, **changes})


def inputs() -> NetworkInputs:
    generator = torch.Generator().manual_seed(3)
    patterson = torch.rand((1, 1, 8, 8, 8), generator=generator)
    return NetworkInputs(patterson, torch.ones(1, 8, 8, 5), torch.tensor([1000.0]))


def test_weights_are_stored_to_half_precision(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = build("resunet1", TINY).eval()
    save_weights(tmp_path / "tiny.safetensors", network.state_dict(), card())
    loaded, read = load_weights(tmp_path / "tiny.safetensors")
    assert read.name == "tiny"
    assert read.scales.patterson == 100.0
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value.half().to(value.dtype)), name
    with torch.no_grad():
        before, after = network(inputs()), loaded.eval()(inputs())
    assert torch.allclose(before, after, atol=3e-3)
    numbers = sum(value.numel() for value in network.state_dict().values())
    assert (tmp_path / "tiny.safetensors").stat().st_size < 2 * numbers + 8000


def test_values_beyond_half_precision_are_stored_exactly(tmp_path: Path) -> None:
    network = build("resunet1", TINY)
    state = network.state_dict()
    state["encoding.1.running_var"] = torch.tensor([1e6, 2.0])
    save_weights(tmp_path / "tiny.safetensors", state, card())
    loaded, _ = load_weights(tmp_path / "tiny.safetensors")
    assert loaded.state_dict()["encoding.1.running_var"].tolist() == [1e6, 2.0]


def test_rejects_truncated_or_exchanged_weights(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    network = build("resunet1", TINY)
    save_weights(path, network.state_dict(), card())
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    with pytest.raises(UserError, match="hash differs"):
        load_weights(path)
    path.unlink()
    with pytest.raises(UserError, match=r"tiny\.safetensors does not exist"):
        load_weights(path)


def test_rejects_weights_of_another_architecture(tmp_path: Path) -> None:
    path = tmp_path / "tiny.safetensors"
    other = build("resunet1", {**TINY, "blocks": 2})
    save_weights(path, other.state_dict(), card())
    with pytest.raises(UserError, match="another architecture"):
        load_weights(path)


def test_a_pickle_with_the_right_hash_is_not_executed(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "tiny.safetensors"
    written = save_weights(path, build("resunet1", TINY).state_dict(), card())
    torch.save({"anything": 1}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text = path.with_suffix(".json").read_text()
    path.with_suffix(".json").write_text(text.replace(written.weights_sha256, digest))
    with pytest.raises(UserError, match="no weights that can be read"):
        load_weights(path)


def test_a_full_disk_leaves_only_the_previous_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tiny.safetensors"
    network = build("resunet1", TINY)
    first = save_weights(path, network.state_dict(), card())
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    torch.manual_seed(9)
    with pytest.raises(UserError, match="the disk is full"):
        save_weights(path, build("resunet1", TINY).state_dict(), card(name="later"))
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    assert read_card(path).weights_sha256 == first.weights_sha256
