"""Add the menu to Coot and start the listener."""

from .coot_functions import log_line
from .dialogs import call_every
from .listener import POLL_MS, Listener, listeners_folder
from .menu import make_menu
from .methods import error_text
from .state import STATE


def start():
    """Add the menu and start the listener, once for each Coot however often this text runs."""
    if not getattr(STATE, "started", False):
        STATE.started = True
        try:
            make_menu()
        except Exception as error:  # Coot has no window; scenes are shown nevertheless
            log_line("no menu (%s)" % error_text(error))
    try:
        listener = getattr(STATE, "listener", None)
        if listener is None or listener.stopping:
            STATE.listener = Listener(listeners_folder())
            try:
                call_every(POLL_MS, STATE.listener.poll)
            except Exception:
                STATE.listener.close()
                raise
        else:
            listener.stays = True
            listener.announce(listeners_folder())
    except Exception as error:
        log_line("nothing can be sent to this Coot (%s)" % error_text(error))
