from patterson_gui.api.crystals import Crystal as Crystal
from patterson_gui.api.fragments import fragment as fragment
from patterson_gui.api.maps import DensityMap as DensityMap
from patterson_gui.api.maps import PeakTable as PeakTable
from patterson_gui.api.opening import example as example
from patterson_gui.api.opening import example_path as example_path
from patterson_gui.api.opening import open as open
from patterson_gui.api.patterson import patterson as patterson
from patterson_gui.api.prediction import predict as predict
from patterson_gui.api.prediction_result import PredictionResult as PredictionResult
from patterson_gui.errors import UserError as UserError

__version__: str
