"""That a command could not do its work at all."""


class CouldNotRun(Exception):
    """Why there is no result, and what to do about it, in one or two sentences."""
