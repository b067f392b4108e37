import argparse
import sys
from email.utils import parseaddr

from odoo import SUPERUSER_ID, api
from odoo.cli.command import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config


class AddGlobalRootAdmins(Command):
    """Make people admins of the Global Root, who see and control every company."""

    name = "add_global_root_admins"

    def run(self, args):
        """Enrol the people, or tell who was an admin already; all of them, or none.

        :param list args: of the command line; what is not known here is Odoo's
        """
        parser = argparse.ArgumentParser(
            prog=f"odoo {self.name}", description=self.__doc__
        )
        parser.add_argument("-d", "--database", required=True)
        parser.add_argument(
            "--company", help="of new employees; the first company by default"
        )
        parser.add_argument(
            "--invite",
            action="store_true",
            help="mail each new admin how to set a password",
        )
        parser.add_argument(
            "people",
            nargs="+",
            metavar="PERSON",
            help="work e-mail, or 'Name <e-mail>' for somebody who is new",
        )
        wanted, rest = parser.parse_known_args(args)
        config.parse_config(["-d", wanted.database, "--no-http", *rest])
        people = [parseaddr(person) for person in wanted.people]
        try:
            with Registry(wanted.database).cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                enrolled = env["ov.membership"]._enrol_global_admins(
                    people, wanted.company, wanted.invite
                )
        except UserError as error:
            sys.exit(f"error: {error.args[0]}")
        for email, is_new in enrolled:
            sys.stdout.write(f"{email}: {'added' if is_new else 'was one already'}\n")
