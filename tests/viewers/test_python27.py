"""The plugin of Coot 0.9 in a Python 2.7."""

import subprocess
from pathlib import Path

import pytest

from patterson_gui.io.resources import example_path
from tests.plugins.load import PLUGINS

pytestmark = pytest.mark.timeout(180)


def run(python27: str, folder: Path, code: str, *arguments: str) -> str:
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [python27, str(script), *arguments], capture_output=True, text=True, timeout=150,
        check=False, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_texts_compile_and_a_bundle_is_read(python27: str, tmp_path: Path) -> None:
    code = """
import sys
assert sys.version_info[:2] == (2, 7), sys.version
names = {"PATTERSON_GUI_START": False, "__name__": "plugin"}
for path in sys.argv[1:3]:
    source = open(path).read()
    source.decode("ascii")
    exec(compile(source, path, "exec"), names)
scene = names["unpack"](sys.argv[3], sys.argv[4])
print(" ".join(sorted(item["key"] for item in scene["items"])))
print(scene["items"][0]["level"])
try:
    names["unpack"](sys.argv[1], sys.argv[4])
except names["BundleError"] as error:
    print(error)
"""
    out = run(
        python27, tmp_path, code, str(PLUGINS / "common" / "pgz.py"),
        str(PLUGINS / "coot" / "patterson_gui_coot.py"), str(example_path()), str(tmp_path),
    ).splitlines()  # fmt: skip
    assert out[0] == "model patterson true"
    assert float(out[1]) > 0
    assert "damaged zip archive" in out[2]


def test_the_listener_answers_who_knows_the_token_in_python_2(
    python27: str, tmp_path: Path
) -> None:
    code = """
import json, os, socket, struct, sys, threading, time
names = {"PATTERSON_GUI_START": False, "__name__": "plugin"}
exec(compile(open(sys.argv[1]).read(), "plugin", "exec"), names)
listener = names["Listener"](sys.argv[2])
told = json.load(open(os.path.join(sys.argv[2], os.listdir(sys.argv[2])[0])))
def talk(token):
    client = socket.create_connection(("127.0.0.1", told["port"]))
    asked = {"jsonrpc": "2.0", "id": 7, "method": "patterson.ping", "params": {"token": token}}
    body = json.dumps(asked).encode("utf-8")
    client.sendall(struct.pack(">I", len(body)) + body)
    answers.append(client.recv(1 << 16)[4:].decode("utf-8"))
    client.close()
answers = []
for token in (told["token"], "wrong"):
    thread = threading.Thread(target=talk, args=(token,))
    thread.start()
    while thread.is_alive():
        listener.poll()
        time.sleep(0.01)
    listener.poll()
listener.close()
print("\\n".join(answers))
print(os.listdir(sys.argv[2]))
"""
    folder = tmp_path / "listeners"
    folder.mkdir()
    plugin = str(PLUGINS / "coot" / "patterson_gui_coot.py")
    right, wrong, left = run(python27, tmp_path, code, plugin, str(folder)).splitlines()
    assert '"program": "coot"' in right
    assert '"id": "7"' in right
    assert "The token is wrong." in wrong
    assert left == "[]"
