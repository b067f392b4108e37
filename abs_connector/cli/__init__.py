from . import add_global_root_admins
from . import govern_by_source
