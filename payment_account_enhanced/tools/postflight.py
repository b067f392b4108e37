"""Look at a database after an upgrade: is everything as it was, and as it should be?

Run it as a script, with the Python that runs the server:

    python payment_account_enhanced/tools/postflight.py --database NAME --before F.json

It reads only. Without --before it finds payments that went apart from their entries or
from their approval, as SQL beside Odoo makes them.
"""

import sys

from flight import checks, command


def main(arguments=None):
    """Run the command and return its exit code.

    :param arguments: command line; the process's own when None
    """
    parser = command.parser(__doc__.splitlines()[0])
    parser.add_argument("--before", metavar="FILE", help="snapshot to compare with")
    parser.add_argument(
        "--in-use",
        action="store_true",
        help="people have worked since: warn about what is no longer equal",
    )
    return command.run(_work, parser.parse_args(arguments))


def _work(options):
    before = command.earlier(options.before)
    found = command.look(options, before)
    judged = checks.after_upgrade(found, before, options, command.own_version())
    return command.title("postflight", found), judged


if __name__ == "__main__":
    sys.exit(main())
