from . import test_imei
from . import test_spreadsheet
