"""What stays when the plugin's text runs twice, for example at the start and from a script."""

import sys
import types

STATE = sys.modules.setdefault("_patterson_gui_coot", types.ModuleType("_patterson_gui_coot"))
