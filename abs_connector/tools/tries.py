"""Counting what somebody tries.

A refusal does not roll the count back, and it is taken before anything is known, so
that a thousand tries at once are no more than those that pass.
"""

from hashlib import sha256

from odoo.addons.base_json_api.api import problems


def bucket(purpose, text, *more):
    """Return what tries are counted under; the text itself is not kept."""
    digest = sha256(text.encode("utf-8", "replace")).hexdigest()
    return "/".join(("abs_connector", purpose, digest, *more))


def count(env, limits):
    """Count a try in each bucket.

    :param limits: how many pass in how many seconds, by bucket
    :return: names of the buckets
    :raises TooManyRequests: when it is one too many in one of them
    """
    rates = env["base.json.api.rate"]
    rows = rates._hit([(one, seconds) for one, (_most, seconds) in limits.items()])
    late = [reset for one, hits, reset in rows if hits > limits[one][0]]
    if late:
        raise problems.TooManyRequests(retry_after=max(late))
    return list(limits)


def exceeds(env, name, most, seconds):
    """Count a try and tell whether it is one too many."""
    ((_name, hits, _reset),) = env["base.json.api.rate"]._hit([(name, seconds)])
    return hits > most


def forget(env, names):
    """Count anew in buckets."""
    env["base.json.api.rate"]._forget(names)
