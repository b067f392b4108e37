from . import api
from . import models
