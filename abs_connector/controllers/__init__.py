from . import auth
from . import health
