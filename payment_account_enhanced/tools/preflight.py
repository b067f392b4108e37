"""Look at a database before an upgrade: may it begin, and what must it find again?

Run it as a script, with the Python that runs the server:

    python payment_account_enhanced/tools/preflight.py --database NAME --output F.json

It reads, and writes nothing but the file. The addon need not be installed.
"""

import sys

from flight import checks, command


def main(arguments=None):
    """Run the command and return its exit code.

    :param arguments: command line; the process's own when None
    """
    parser = command.parser(__doc__.splitlines()[0])
    parser.add_argument(
        "--at-least",
        metavar="N",
        type=int,
        default=1,
        help="warn about fewer posted payments or moves; default: 1",
    )
    parser.add_argument(
        "--same-as",
        metavar="FILE",
        help="snapshot that a restored copy must be equal to",
    )
    return command.run(_work, parser.parse_args(arguments))


def _work(options):
    same_as = command.earlier(options.same_as)
    found = command.look(options, same_as)
    judged = checks.before_upgrade(found, same_as, options, command.own_version())
    return command.title("preflight", found), judged


if __name__ == "__main__":
    sys.exit(main())
