"""Successes of keys and calls: recorded once an hour, decided in memory.

Each worker remembers for itself; the unique `hour_key` of the table settles what two
workers see at the same time.
"""

import hmac
import secrets
import time
from collections import OrderedDict
from threading import Lock

_SECONDS = 3600
PROCESS_KEY = secrets.token_bytes(32)


class Memory:
    """A bounded memory of values by key, the least recently used forgotten first.

    :param int size: how many keys are remembered
    """

    def __init__(self, size=20_000):
        self._size = size
        self._values = OrderedDict()
        self._lock = Lock()

    def get(self, key):
        """Return the value of a key, None when it is not remembered."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key, value=True):
        """Remember the value of a key."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._size:
                self._values.popitem(last=False)

    def clear(self):
        """Forget everything."""
        with self._lock:
            self._values.clear()


recorded = Memory()
methods = Memory()


def fingerprint(secret):
    """Return a hash of a key or password that is worthless outside this process."""
    return keyed_hash(PROCESS_KEY, secret)


def keyed_hash(key, value):
    """Return a hash of a value that cannot be found by trying without the key.

    :param key: the hash's key, bytes or text
    :param value: what is hashed, usually a text
    :return: 64 hexadecimal digits
    """
    key = key if isinstance(key, bytes) else key.encode()
    text = value if isinstance(value, str) else repr(value)
    return hmac.digest(key, text.encode("utf-8", "replace"), "sha256").hex()


def hour():
    """Return the number of the current hour since the epoch."""
    return int(time.time() // _SECONDS)


def hour_key(secret, *parts):
    """Return the value of `hour_key` for a caller in the current hour.

    :param str secret: the database's key, the same in every worker
    :param parts: what tells callers apart: user or key, address, User-Agent
    :return: 32 hexadecimal digits
    """
    return keyed_hash(secret, "\0".join(str(part) for part in (*parts, hour())))[:32]
