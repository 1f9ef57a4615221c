# The commands of patterson_gui for this session of PyMOL alone, without installing anything:
# run this file in PyMOL (File > Run Script). It has to lie beside the folder patterson_gui.
python
import os, sys, pymol
_here = os.path.dirname(os.path.abspath(pymol.__script__))
if _here not in sys.path:
    sys.path.insert(0, _here)
import patterson_gui as _patterson
from pymol import cmd as _cmd
_patterson.add_commands(_cmd)
print(" patterson_gui: patterson_open, patterson_predict, patterson_cancel and patterson_list")
python end
