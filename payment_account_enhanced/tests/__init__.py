from . import common
from . import test_workflow
from . import test_register
from . import test_bypass
