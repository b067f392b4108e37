"""Where the series behave differently and no respelling helps."""

from odoo.release import version_info

#: Since 19.0 Odoo matches the items of draft entries too.
DRAFTS_MATCH = version_info[0] >= 19


def commit_progress(env, done, remaining):
    """Commit, and tell Odoo how far a cron's run came.

    :param int done: what the run has done since it last said so
    :param int remaining: what is left for a run right after this one
    """
    cron = env["ir.cron"]
    if version_info[0] >= 19:
        cron._commit_progress(done, remaining=remaining)
    else:
        cron._notify_progress(done=done, remaining=remaining)
        env.cr.commit()  # pylint: disable=invalid-commit
