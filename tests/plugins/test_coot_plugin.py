"""The plugin inside Coot: its menu in both kinds of Coot, its listener, and predictions."""

import json
import os
import socket
import stat
import struct
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.inside_coot import NAMES, Inside, frame


@pytest.fixture(params=["0.9", "1.3"])
def inside(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inside]:
    before = {name: sys.modules.get(name) for name in NAMES}
    for name in NAMES:
        sys.modules.pop(name, None)
    coot = Inside(tmp_path / "listeners", request.param)
    yield coot
    coot.names["STATE"].listener.close()
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def test_adds_the_menu_once_however_often_the_text_runs(inside: Inside) -> None:
    inside.run()
    assert inside.menus == ["Patterson"]
    assert list(inside.menu) == [
        "Open prediction...", "Predict from this molecule...", "Stop the prediction",
        "Reset levels", "Close what was sent", "About",
    ]  # fmt: skip
    assert len(list(inside.folder.iterdir())) == 1
    inside.menu["About"]()
    assert "The window can send to this Coot." in inside.dialogs[-1]


def test_leaves_the_names_of_coot_and_of_other_scripts(inside: Inside) -> None:
    inside.main.pop("__builtins__")
    inside.main.pop("__doc__", None)
    assert inside.main == {"__name__": "__main__", "call": "theirs", "json": 1}
    inside.main["answer"] = inside.main["same"] = None
    assert inside.ask("patterson.ping")["result"]["program"] == "coot"


def test_a_coot_with_the_plugin_announces_itself_in_both_folders(
    inside: Inside, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    inside.run(other)
    (first,), (second,) = inside.folder.iterdir(), other.iterdir()
    assert first.read_text() == second.read_text()
    inside.ask("patterson.stop")  # it listened before we came, and goes on
    inside.loop.turn()
    assert inside.ask("patterson.ping")["result"]["program"] == "coot"
    inside.names["STATE"].listener.close()
    assert list(other.iterdir()) == list(inside.folder.iterdir()) == []


def test_announces_under_another_name_if_the_process_number_is_taken(
    inside: Inside, tmp_path: Path
) -> None:
    theirs = tmp_path / "other" / f"coot-{os.getpid()}.json"
    theirs.parent.mkdir()
    theirs.write_text("of another sandbox")
    inside.run(theirs.parent)
    assert len(list(theirs.parent.glob(f"coot-{os.getpid()}*.json"))) == 2
    inside.names["STATE"].listener.close()
    assert [file.read_text() for file in theirs.parent.iterdir()] == ["of another sandbox"]


def test_a_bundle_is_opened_with_levels_and_hidden_patterson(inside: Inside, bundle: Path) -> None:
    scene = inside.names["open_bundle"](str(bundle))
    coot = inside.coot
    true = coot.by_name("toy true (patterson_gui)")
    level = next(item["level"] for item in scene["items"] if item["key"] == "true")
    assert true.settings["level"] == pytest.approx(level)
    assert true.settings["solid"] == 1
    assert coot.by_name("toy patterson (patterson_gui)").settings["shown"] == 0
    assert coot.centre == pytest.approx(tuple(scene["centre"]))
    inside.names["open_bundle"](str(bundle))
    assert len(coot.names) == 5
    coot.set_contour_level_absolute(coot.molecules.index(coot.by_name(true.name)), 99.0)
    inside.menu["Reset levels"]()
    assert coot.by_name(true.name).settings["level"] == pytest.approx(level)
    coot.open_by_hand("theirs")
    inside.menu["Close what was sent"]()
    assert coot.names == ["theirs"]
    inside.menu["Close what was sent"]()
    assert inside.dialogs[-1] == "Nothing from patterson_gui is open, so there is nothing to close."


def test_draws_the_cell_of_a_model_where_maps_have_none(inside: Inside, bundle: Path) -> None:
    inside.names["open_bundle"](str(bundle))
    drawn = [m for m in inside.coot.molecules if m is not None and m.settings.get("cell")]
    assert [m.kind for m in drawn] == ["model"]


class Chooser:
    """The dialog of either GTK, answered at once."""

    FILE_CHOOSER_ACTION_OPEN = STOCK_CANCEL = STOCK_OPEN = RESPONSE_CANCEL = 0
    RESPONSE_OK = -5
    FileChooserAction = types.SimpleNamespace(OPEN=0)
    ResponseType = types.SimpleNamespace(ACCEPT=-3)

    def __init__(self, path: Path | None, accepted: int) -> None:
        self.path, self.accepted = path, accepted
        self.patterns: list[str] = []
        self.FileFilter = lambda: types.SimpleNamespace(
            set_name=lambda _: None, add_pattern=self.patterns.append
        )
        self.FileChooserNative = self.FileChooserDialog = lambda *_, **__: self

    def add_filter(self, _: Any) -> None:
        pass

    def connect(self, signal: str, answered: Callable[[Any, int], None]) -> None:
        assert signal == "response"
        self.answered = answered

    def show(self) -> None:
        self.answered(self, self.run())

    def run(self) -> int:
        return self.accepted if self.path else -6

    def get_filename(self) -> str | None:
        return str(self.path) if self.path else None

    def get_file(self) -> Any:
        return types.SimpleNamespace(get_path=self.get_filename)

    def destroy(self) -> None:
        pass


def test_opens_a_bundle_from_the_dialog_of_gtk_2_and_4(
    inside: Inside, bundle: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.pgz"
    damaged.write_bytes(b"no archive")
    for path in (None, bundle, damaged):
        chooser = Chooser(path, -5 if inside.kind == "0.9" else -3)
        if inside.kind == "0.9":
            sys.modules["gtk"] = chooser  # type: ignore[assignment]
        else:
            sys.modules["gi.repository"].Gtk = chooser  # type: ignore[attr-defined]
        inside.menu["Open prediction..."]()
        assert chooser.patterns == ["*.pgz"]
    assert len(inside.coot.names) == 5
    assert len(inside.dialogs) == 1
    assert "damaged.pgz" in inside.dialogs[0]
    assert any("Solved: it is a toy." in str(call) for call in inside.coot.calls)


def test_reports_a_file_outside_the_sandbox(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLATPAK_ID", "io.github.pemsley.coot")
    item = {"name": "x", "kind": "map", "path": "/none.ccp4", "key": "x"}
    reply = inside.ask("patterson.show", scene={"items": [item]})
    assert reply["result"]["refused"] == [
        "Coot's sandbox cannot see none.ccp4: move it to your home folder."
    ]


def test_shows_errors_in_a_dialog_of_one_sentence(inside: Inside, tmp_path: Path) -> None:
    inside.menu["Reset levels"]()
    inside.menu["Stop the prediction"]()
    inside.menu["Predict from this molecule..."]()
    assert inside.dialogs[:2] == [
        "Nothing was sent from patterson_gui yet: send a scene first.", "No prediction is running.",
    ]  # fmt: skip
    assert all("\n" not in told for told in inside.dialogs)
    assert len(inside.dialogs) == 3


# ---------------------------------------------------------------------- the listener
def test_only_the_user_can_read_the_announcement_and_close_deletes_it(
    inside: Inside,
) -> None:
    (file,) = inside.folder.iterdir()
    assert file.name == f"coot-{os.getpid()}.json"
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(inside.folder.stat().st_mode) == 0o700
    assert inside.ask("patterson.ping")["result"]["program"] == "coot"
    assert inside.ask("patterson.stop")["result"] == {}
    inside.loop.turn()
    assert list(inside.folder.iterdir()) == []
    assert inside.loop.timers == []


def test_listens_on_this_computer_only(inside: Inside) -> None:
    assert inside.names["STATE"].listener._server.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("token", ["", "wrong", "é", 5, None, ["x"]])
def test_refuses_requests_without_the_token(inside: Inside, bundle: Path, token: Any) -> None:
    reply = inside.ask("patterson.stop", token=token)
    assert reply["error"]["message"] == "The token is wrong."
    assert len(inside.loop.timers) == 1  # it goes on listening


def test_gives_no_answer_to_a_request_that_has_no_token(inside: Inside) -> None:
    for params in ({}, {"Token": inside.announced["token"]}):
        request = {"jsonrpc": "2.0", "id": 5, "method": "patterson.stop", "params": params}
        assert inside.raw(frame(json.dumps(request).encode())) == b""
    assert len(inside.loop.timers) == 1  # it goes on listening


@pytest.mark.parametrize("method", ["python.exec", "python.exec_multiline", "exec", "__class__"])
def test_runs_no_code_that_it_receives(inside: Inside, tmp_path: Path, method: str) -> None:
    trace = tmp_path / "trace"
    reply = inside.ask(method, code=f"open({str(trace)!r}, 'w')")
    assert "There is no method" in reply["error"]["message"]
    assert not trace.exists()


@pytest.mark.parametrize(
    "data",
    [
        frame(b"not json"), frame(b"[]"), frame(b"{}"), frame(b"\xff\xfe"),
        frame(b'{"method": "patterson.ping"}'), frame(b'{"method": 1, "id": 1, "params": 3}'),
        frame(b"[" * 100000),
        struct.pack(">I", 2**31) + b"x", b"GET / HTTP/1.0\r\n\r\n", b"\x00\x00",
    ],
)  # fmt: skip
def test_survives_unreadable_requests(inside: Inside, data: bytes) -> None:
    inside.raw(data)
    assert inside.ask("patterson.ping")["result"]["program"] == "coot"


def test_drops_a_client_that_announces_too_long_a_request(inside: Inside) -> None:
    with socket.create_connection(("127.0.0.1", inside.announced["port"])) as client:
        client.sendall(struct.pack(">I", inside.names["LARGEST_FRAME"] + 1))
        inside.loop.turn()
        client.settimeout(5)
        assert client.recv(1) == b""  # closed


def test_answers_while_other_clients_are_silent(inside: Inside) -> None:
    most = inside.names["MOST_CLIENTS"]
    address = ("127.0.0.1", inside.announced["port"])
    silent = []
    for _ in range(most + 4):
        silent.append(socket.create_connection(address))
        inside.loop.turn()
    assert inside.ask("patterson.ping")["result"]["program"] == "coot"
    assert len(inside.names["STATE"].listener._clients) < most + 1
    for client in silent:
        client.close()


def test_announces_itself_only_once_the_main_loop_runs(tmp_path: Path, inside: Inside) -> None:
    folder = tmp_path / "later"
    listener = inside.names["Listener"](str(folder))
    assert not folder.exists()
    assert listener.poll()
    assert len(list(folder.iterdir())) == 1
    listener.close()
    assert list(folder.iterdir()) == []


def test_drops_a_silent_client(inside: Inside) -> None:
    with socket.create_connection(("127.0.0.1", inside.announced["port"])) as client:
        inside.loop.turn()
        inside.names["SILENCE_S"] = -1.0  # any silence is too long
        inside.loop.turn()
        client.settimeout(5)
        assert client.recv(1) == b""  # closed


def test_closes_what_was_sent_on_request(inside: Inside, bundle: Path) -> None:
    scene = inside.names["unpack"](str(bundle), str(bundle.parent))
    assert len(inside.ask("patterson.show", scene=scene)["result"]["shown"]) == 5
    assert inside.ask("patterson.close")["result"] == {"closed": 5}
    assert inside.coot.names == []


def test_reports_what_coot_cannot_write(inside: Inside, tmp_path: Path) -> None:
    inside.coot.open_by_hand("/data/m.map", "map")
    sys.modules["coot"].export_map = lambda *_: 0  # type: ignore[attr-defined]
    answer = inside.ask("patterson.save", folder=str(tmp_path))["result"]
    assert answer["map"] is None
    assert answer["refused"] == [f"Coot could not write m.map into {tmp_path}"]


def test_remote_always_returns_json(inside: Inside) -> None:
    remote = inside.names["remote"]
    assert json.loads(remote('{"method": "patterson.ping"}'))["result"]["program"] == "coot"
    for request in ("nonsense", "{}", '{"method": "patterson.show", "params": {}}'):
        assert "Error" in json.loads(remote(request))["error"]


def test_returns_errors_as_answers(inside: Inside) -> None:
    reply = inside.ask("patterson.show")
    assert "KeyError" in reply["error"]["message"]
    item = {"name": "x", "kind": "map", "path": "/none.ccp4", "key": "x"}
    reply = inside.ask("patterson.show", scene={"items": [item]})
    refused = ["none.ccp4 no longer exists: send it again."]
    assert reply["result"] == {"shown": [], "refused": refused}


# ---------------------------------------------------------------------- predicting
@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script with a first line")
def test_runs_a_prediction_and_shows_it_in_coot(
    inside: Inside, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "patterson-gui"
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"assert sys.argv[1] == 'predict' and 'ATOM' in open(sys.argv[2]).read()\n"
        f"shutil.copy({str(bundle)!r}, sys.argv[4] + '/prediction.pgz')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATTERSON_GUI", str(program))
    model = tmp_path / "m.pdb"
    model.write_text(
        "ATOM      1  CA  ALA A   1       6.000   6.000   6.000  1.00 20.00           C\n"
    )
    inside.coot.read_pdb(str(model))
    inside.coot.molecules[0].settings["shown"] = 1
    inside.menu["Predict from this molecule..."]()
    assert inside.dialogs == []
    inside.menu["Predict from this molecule..."]()
    assert "A prediction is running" in inside.dialogs[-1]
    inside.names["STATE"].prediction.result()  # waits for its end
    inside.loop.turn()
    assert "toy predicted (aligned to the truth) (patterson_gui)" in inside.coot.names
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('patterson-gui: No cell.')\n")
    inside.menu["Predict from this molecule..."]()
    with pytest.raises(inside.names["BundleError"]):
        inside.names["STATE"].prediction.result()
    inside.loop.turn()
    assert inside.dialogs[-1] == "Nothing was predicted: No cell."
