"""Crons go on when one of their rows fails."""

import logging

_logger = logging.getLogger(__name__)


def run_isolated(records, step):
    """Run a step on a savepoint of its own; log its failure and go on.

    :param records: what the step works on, for the log
    :param step: callable without arguments
    :return: whether it went well
    """
    try:
        with records.env.cr.savepoint():
            step()
    except Exception:
        _logger.exception("%s failed and is due again: %s", step, records)
        return False
    return True
