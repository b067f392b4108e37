from . import core_log
