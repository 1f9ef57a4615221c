import errno
import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from patterson_gui.errors import UserError
from patterson_gui.io.training.run_folder import EpochRecord, RunFolder
from patterson_gui.nets.architectures.registry import build
from patterson_gui.nets.training import checkpoints
from patterson_gui.nets.training.checkpoints import (
    Checkpoint,
    load_checkpoint,
    optimiser_state,
    refuse_other_run,
    restore_optimiser,
    save_checkpoint,
)
from patterson_gui.nets.training.state import Position

CONFIG = {"narrow": 2, "wide": 3, "blocks": 1}


def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimiser = torch.optim.AdamW(module.parameters(), lr=0.1)
    for _ in range(3):
        module(torch.rand(8, 5)).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad()
    return module, optimiser


def checkpoint(step: int = 3, **changes: object) -> Checkpoint:
    module, optimiser = trained()
    fields: dict[str, object] = {
        "network": "resunet1",
        "config": CONFIG,
        "data_sha256": "ab",
        "position": Position(epoch=2, step=step, batch_size=4, accumulation=1, seconds=0.1 + 0.2),
        "scales": {"patterson": 1.0, "density": 2.0},
        "records": (
            EpochRecord(
                epoch=1, step=1, samples=4, seconds=1.0, learning_rate=0.1, train_loss=0.3,
                shells=(2.0, 1.5), shell_phase_error_deg=(80.0, float("nan")),
            ),
        ),
        "module": module.state_dict(),
        "optimiser": optimiser_state(optimiser, module),
        "average": module.state_dict(),
        "average_updates": 3,
    }  # fmt: skip
    return Checkpoint(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_checkpoint_is_restored_exactly(tmp_path: Path) -> None:
    folder, saved = RunFolder(tmp_path), checkpoint()
    save_checkpoint(folder, saved)
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded.position == saved.position
    assert loaded.average_updates == 3
    for name, value in saved.module.items():
        assert torch.equal(loaded.module[name], value), name
    for name, kept in saved.optimiser.items():
        assert kept.keys() == loaded.optimiser[name].keys() == {"step", "exp_avg", "exp_avg_sq"}
        assert all(torch.equal(loaded.optimiser[name][key], kept[key]) for key in kept)
    assert loaded.records[0].shell_phase_error_deg[0] == 80.0
    assert loaded.records[0].shell_phase_error_deg[1] != loaded.records[0].shell_phase_error_deg[1]


def test_a_restored_optimiser_continues_exactly(tmp_path: Path) -> None:
    module, optimiser = trained()
    save_checkpoint(RunFolder(tmp_path), checkpoint())
    loaded = load_checkpoint(RunFolder(tmp_path))
    assert loaded is not None
    other = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    other.load_state_dict(dict(loaded.module))
    fresh = torch.optim.AdamW(other.parameters(), lr=0.1)
    restore_optimiser(fresh, other, loaded.optimiser)
    x = torch.rand(8, 5, generator=torch.Generator().manual_seed(5))
    for m, o in ((module, optimiser), (other, fresh)):
        m(x).square().mean().backward()
        o.step()
    for name, value in module.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_parts_have_limited_size_and_old_parts_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "PART_BYTES", 200)
    folder = RunFolder(tmp_path)
    save_checkpoint(folder, checkpoint(step=3))
    first = set(tmp_path.glob("checkpoint-*.pt"))
    save_checkpoint(folder, checkpoint(step=4))
    second = set(tmp_path.glob("checkpoint-*.pt"))
    assert len(first) == len(second) > 2
    assert not first & second
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded.position.step == 4
    for path in second:
        tensors = torch.load(path, weights_only=True)
        assert sum(t.numel() * t.element_size() for t in tensors.values()) <= 200


def test_a_compact_checkpoint_rounds_means_but_not_weights(tmp_path: Path) -> None:
    saved = checkpoint()
    save_checkpoint(RunFolder(tmp_path), saved, "compact")
    loaded = load_checkpoint(RunFolder(tmp_path))
    assert loaded is not None
    assert torch.equal(loaded.module["0.weight"], saved.module["0.weight"])
    means = loaded.optimiser["0.weight"]
    assert means["exp_avg"].dtype == torch.float32
    assert torch.allclose(means["exp_avg_sq"], saved.optimiser["0.weight"]["exp_avg_sq"], rtol=5e-3)
    stored = {}
    for path in tmp_path.glob("*.pt"):
        stored.update(torch.load(path, weights_only=True))
    assert stored["optimiser/0.weight/exp_avg"].dtype == torch.bfloat16
    assert stored["average/0.weight"].dtype == torch.float16
    assert stored["module/0.weight"].dtype == torch.float32


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_full_disk_leaves_only_the_previous_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    monkeypatch.setattr(checkpoints, "PART_BYTES", 400)
    folder = RunFolder(tmp_path)
    save_checkpoint(folder, checkpoint(step=3))
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    real, calls = checkpoints.replace_file, []

    def filling(path: Path):  # type: ignore[no-untyped-def]
        calls.append(path)
        if len(calls) > step:
            from patterson_gui.io import files

            monkeypatch.setattr(files, "_flush", _full)
        return real(path)

    def _full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "replace_file", filling)
    with pytest.raises(UserError, match="the disk is full"):
        save_checkpoint(folder, checkpoint(step=4))
    monkeypatch.undo()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before
    loaded = load_checkpoint(folder)
    assert loaded is not None
    assert loaded.position.step == 3


def test_rejects_damaged_missing_and_foreign_parts(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert load_checkpoint(folder) is None
    save_checkpoint(folder, checkpoint())
    (part,) = tmp_path.glob("*.pt")
    whole = part.read_bytes()
    part.write_bytes(whole[:-3])
    with pytest.raises(UserError, match="hash differs"):
        load_checkpoint(folder)
    part.unlink()
    with pytest.raises(UserError, match="it is missing"):
        load_checkpoint(folder)
    folder.checkpoint.write_text(folder.checkpoint.read_text()[:-30])
    with pytest.raises(UserError, match="cannot be used to resume"):
        load_checkpoint(folder)


def test_rejects_a_checkpoint_of_another_architecture_or_data_set() -> None:
    saved = checkpoint(config=build("resunet1", CONFIG).config.model_dump(mode="json"))
    refuse_other_run(saved, build("resunet1", CONFIG), "ab")
    with pytest.raises(UserError, match="another architecture"):
        refuse_other_run(saved, build("resunet1", {**CONFIG, "blocks": 2}), "ab")
    with pytest.raises(UserError, match="another data set"):
        refuse_other_run(saved, build("resunet1", CONFIG), "cd")


class _Code:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_code_in_a_part_with_the_right_hash_is_not_executed(tmp_path: Path) -> None:
    folder, trace = RunFolder(tmp_path), tmp_path / "executed"
    save_checkpoint(folder, checkpoint())
    (part,) = tmp_path.glob("checkpoint-*.pt")
    torch.save({"module/0.weight": _Code(trace)}, part)
    index = json.loads(folder.checkpoint.read_text())
    index["parts"][0]["sha256"] = hashlib.sha256(part.read_bytes()).hexdigest()
    folder.checkpoint.write_text(json.dumps(index))
    with pytest.raises(UserError, match="it holds something else than tensors") as raised:
        load_checkpoint(folder)
    assert "weights_only" not in str(raised.value)
    assert not trace.exists()


@pytest.mark.parametrize("records", [["x"], "x", [[1]], {"a": 1}, 3])
def test_records_that_are_no_list_of_records_are_damage(tmp_path: Path, records: object) -> None:
    folder = RunFolder(tmp_path)
    save_checkpoint(folder, checkpoint())
    index = json.loads(folder.checkpoint.read_text())
    folder.checkpoint.write_text(json.dumps({**index, "records": records}))
    with pytest.raises(UserError, match="cannot be used to resume"):
        load_checkpoint(folder)


def test_a_part_with_an_impossible_name_is_damage(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    save_checkpoint(folder, checkpoint())
    (part,) = tmp_path.glob("*.pt")
    text = folder.checkpoint.read_text()
    folder.checkpoint.write_text(text.replace(part.name, 1000 * "1"))
    with pytest.raises(UserError, match="at most 200 characters"):
        load_checkpoint(folder)
