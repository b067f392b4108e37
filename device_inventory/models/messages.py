"""Texts of the pure functions under `tools/`, in the user's language.

They are marked there with a `_` that does nothing, so that the export of
translations finds them.
"""

from ..tools.problems import CODES


def code_text(env, code, params):
    """Return the text of a code of `tools.problems`, translated.

    :param env: environment with the user's language
    :param str code: key of `CODES`
    :param dict params: what the text names
    """
    return env._(CODES[code], **params) if params else env._(CODES[code])
