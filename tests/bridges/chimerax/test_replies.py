"""Any reply from a port, however wrong, ends in one sentence."""

import json
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from patterson_gui.bridges.chimerax.bridge import ChimeraX
from patterson_gui.bridges.chimerax.rest import Rest, parse_reply
from patterson_gui.bridges.local_programs import ConnectionLostError
from patterson_gui.errors import UserError
from tests.bridges.chimerax_standin import StandIn
from tests.bridges.chimerax_standin_server import OK
from tests.bridges.conftest import aimed, scene_of, send

pytestmark = pytest.mark.usefixtures("no_real_chimerax")


def values(*said: object) -> bytes:
    return OK + json.dumps({"json values": said, "error": None}).encode()


JUNK = {
    "nothing": OK,
    "text": OK + b"not json",
    "page": OK + b"<html>\n<body>\n" + 1000 * b"<p>\n",
    "list": OK + b"[]",
    "empty object": OK + b"{}",
    "number for values": OK + b'{"json values": 5}',
    "error that is text": OK + b'{"json values": ["{"], "log messages": 3, "error": "odd"}',
    "values that are no text": OK + b'{"json values": [[1]], "error": {"type": [1]}}',
    "error alone": OK + b'{"json values": [], "error": {"type": "KeyError", "message": null}}',
    "null": values(None),
    "no json": values("{"),
    "numbers": values("[1, 2]"),
    "no specs": values('[{"spec": 5}]'),
    "odd specs": values('[{"spec": "all"}, {"spec": "#1;close"}, {"spec": "#x.1", "class": []}]'),
    "odd classes": values('[{"spec": "#1", "class": ["Volume"], "value": {"a": 1}}]'),
    "deep": OK + 100_000 * b"[",
    "deep value": values(100_000 * "["),
    "long number": values(5000 * "9"),
    "not utf-8": OK + b"\xff\xfe\x00",
    "lone surrogate": values('[{"spec": "#1", "class": "Volume", "value": "\\ud800"}]'),
    "status 500": b"HTTP/1.0 500 Oops\r\n\r\n",
    "status 404": b"HTTP/1.0 404 Oops\r\n\r\n" + values("[]").partition(b"\r\n\r\n")[2],
    "no status": b"\x00\x01\x02",
    "not http": b"220 ftp ready\r\n",
    "endless header": b"HTTP/1.0 200 OK\r\n" + 200 * b"X: y\r\n",
    "cut short": b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    "odd length": b"HTTP/1.0 200 OK\r\nContent-Length: -5\r\n\r\n{}",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_reports_an_unreadable_reply(chimerax, items, tmp_path, junk):
    standin = chimerax(junk=junk)
    report = send(standin, items, tmp_path, ChimeraX(timeout=1))
    assert not report.sent
    assert report.script is not None
    assert report.sentence.startswith(f"ChimeraX on port {standin.port} ")
    assert "\n" not in report.sentence
    assert len(report.sentence) < 600
    with pytest.raises(UserError) as refusal:
        ChimeraX(timeout=1).fetch(tmp_path / "out", aimed(standin))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_keeps_models_after_an_unreadable_reply(chimerax, items, tmp_path, junk):
    standin = chimerax()
    bridge = ChimeraX(timeout=5)
    send(standin, items, tmp_path, bridge)
    standin.junk = junk
    assert bridge.follow([replace(scene_of(items).items[0], level=1.0)]) is not None
    send(standin, items, tmp_path, bridge)
    standin.junk = b""
    assert send(standin, items, tmp_path, bridge).sent
    assert len(standin.top()) == len(items)


@pytest.mark.parametrize(
    ("junk", "flood"),
    [(OK, b" "), (b"HTTP/1.0 200 OK\r\n", b"X: y\r\n"), (b"HTT", b"P"),
     (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n")],
    ids=["body", "header", "status", "chunks"],
)  # fmt: skip
def test_gives_up_on_a_reply_that_never_ends(chimerax, items, tmp_path, junk, flood):
    standin = chimerax(junk=junk, flood=flood, pause=0.05)
    report = send(standin, items, tmp_path, ChimeraX(timeout=0.5))
    assert "did not answer within 0.5 s" in report.sentence


def test_limits_the_size_of_a_reply(chimerax, items, tmp_path, monkeypatch):
    monkeypatch.setattr("patterson_gui.bridges.chimerax.rest._LARGEST_REPLY", 10**6)
    standin = chimerax(junk=OK, flood=10**5 * b"[")
    report = send(standin, items, tmp_path, ChimeraX(timeout=10))
    assert "gave an answer that makes no sense" in report.sentence


@pytest.mark.parametrize("die_on", ["info", "open", "Predicted", "volume", "hide", "view"])
@pytest.mark.parametrize("said", [b"", OK[:20], JUNK["cut short"]], ids=["", "head", "body"])
def test_reports_a_server_that_closes_the_connection(chimerax, items, tmp_path, die_on, said):
    if said == OK[:20] and die_on == "view":
        return  # in text mode nothing at all is an answer, too
    standin = chimerax(die_on=die_on, die_after=said)
    report = send(standin, [items[0], replace(items[1], shown=False)], tmp_path)
    assert not report.sent
    assert "closed the connection" in report.sentence or said == OK[:20]
    assert report.script.exists()


def test_ignores_values_that_are_not_json() -> None:
    assert parse_reply('{"json values": ["{", 5, null, "7"]}').values == (None, None, None, 7)


def test_reports_the_message_of_an_error() -> None:
    said = {"json values": [], "error": {"type": "UserError", "message": "No\nsuch file"}}
    assert parse_reply(json.dumps(said)).reason == "No such file"
    said["error"] = {"type": "KeyError", "message": "'x'"}
    assert parse_reply(json.dumps(said)).reason == "KeyError: 'x'"
    assert parse_reply("").reason == "it gave no reason"


@pytest.mark.parametrize("command", ["close; open x", "close\nopen x", "open \ud800"])
def test_never_sends_several_commands_in_one(command) -> None:
    with pytest.raises(ValueError, match="not one single command"):
        Rest(1).run(command)


def test_names_in_text_mode_are_read_as_they_are_written(chimerax):
    standin = chimerax(json_mode=False)
    odd = ['a "b" c', "back\\slash", "two  blanks", 'q"', "", "name x", "tab\there"]
    for name in odd:
        standin.add("Model", name)
    assert [model.name for model in Rest(standin.port, 5).models()] == odd


def test_the_stand_in_takes_no_command_from_a_form(chimerax):
    standin: StandIn = chimerax()
    connection = HTTPConnection("127.0.0.1", standin.port, timeout=5)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/run", "command=close", form)
    assert "parameter missing" in connection.getresponse().read().decode()
    connection.close()
    assert standin.commands == []


def test_reports_a_closed_port(unused_port):
    with pytest.raises(ConnectionLostError):
        Rest(unused_port, 5).run("close")
