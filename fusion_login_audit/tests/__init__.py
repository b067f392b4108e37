from . import common
from . import test_geo
from . import test_geo_place
from . import test_geo_service
from . import test_geo_workers
