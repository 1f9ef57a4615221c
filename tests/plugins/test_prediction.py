"""The plugins run `patterson-gui predict`."""

import sys
from pathlib import Path

import pytest

from tests.plugins.load import shared_module

prediction = shared_module("prediction")
BundleError = shared_module("text").BundleError


def program(tmp_path: Path, text: str) -> str:
    path = tmp_path / "patterson-gui"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_a_prediction_runs_as_a_process_and_its_failure_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = "import os; open(sys.argv[4] + '/prediction.pgz', 'w').write(' '.join(sys.argv[1:]))"
    good = program(tmp_path, writes)
    monkeypatch.setenv("PATTERSON_GUI", good)
    assert prediction.find_patterson_gui() == [good]
    running = prediction.Prediction([good], "in.pdb", str(tmp_path), ["--seed", "1"])
    assert Path(running.result()).read_text() == f"predict in.pdb -o {tmp_path} --seed 1"
    words = "print('Note: x'); sys.exit('patterson-gui: No cell: give one.')"
    bad = program(tmp_path, words)
    (tmp_path / "prediction.pgz").unlink()
    with pytest.raises(BundleError, match=r"^Nothing was predicted: No cell: give one\.$"):
        prediction.Prediction([bad], "in.pdb", str(tmp_path)).result()
    slow = prediction.Prediction([program(tmp_path, "time.sleep(60)")], "in.pdb", str(tmp_path))
    assert not slow.ended()
    slow.cancel()
    with pytest.raises(BundleError, match=r"^Nothing was predicted: it was stopped\.$"):
        slow.result()
    with pytest.raises(BundleError, match="could not be started"):
        prediction.Prediction([str(tmp_path / "none")], "in.pdb", str(tmp_path))


def test_without_patterson_gui_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATTERSON_GUI", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert prediction.find_patterson_gui() is None


def test_files_to_predict_from_keep_the_name_of_their_source() -> None:
    stem_of = shared_module("text").stem_of
    assert stem_of("/data/1aba.pdb", "model") == "1aba"
    assert stem_of("toy model (patterson_gui)", "model") == "toy-model"
    assert stem_of('a"; rm -rf $HOME', "model") == "a-rm--rf-HOME"
    assert stem_of("..", "model") == "model"
    assert stem_of("\u7d50\u6676", "model") == "model"
