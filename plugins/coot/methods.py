"""The requests that patterson_gui sends to Coot, and their answers."""

import json
import os

from .molecules import save_open, scene_in_coot
from .state import STATE
from .text import BundleError, one_line, reason


def answer(method, params):
    """The answer to a request. Raises BundleError."""
    if method == "patterson.ping":
        return {"program": "coot", "pid": os.getpid()}
    if method == "patterson.show":
        return scene_in_coot().show(params["scene"])
    if method == "patterson.restyle":
        return scene_in_coot().restyle(params["items"])
    if method == "patterson.save":
        return save_open(params["folder"])
    if method == "patterson.close":
        return {"closed": scene_in_coot().close()}
    if method == "patterson.stop":
        listener = getattr(STATE, "listener", None)
        if listener is not None and not listener.stays:
            listener.stopping = True
        return {}
    raise BundleError("There is no method '%s'." % method)


def remote(request):
    """`answer` for Coot's own remote control: JSON text in, JSON text out. It never raises, because
    Coot 1.1.20 runs an expression that raises a second time."""
    try:
        content = json.loads(request)
        return json.dumps({"result": answer(content["method"], content.get("params") or {})})
    except Exception as error:
        return json.dumps({"error": error_text(error)})


def error_text(error):
    """An error as text on one line."""
    if isinstance(error, BundleError):
        return one_line(str(error))
    return "%s: %s" % (type(error).__name__, reason(error))
