from . import test_imei
from . import test_spreadsheet
from . import test_receiving
from . import test_returns
from . import test_vendor_bill
