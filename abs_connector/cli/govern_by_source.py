import argparse
import sys

from odoo import SUPERUSER_ID, api
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class GovernBySource(Command):
    """Bring records that nobody ever held under the Service Account of their source."""

    name = "govern_by_source"

    def run(self, args):
        """Do it company by company; what was done stays when it is stopped.

        :param list args: of the command line; what is not known here is Odoo's
        """
        parser = argparse.ArgumentParser(
            prog=f"odoo {self.name}", description=self.__doc__
        )
        parser.add_argument("-d", "--database", required=True)
        wanted, rest = parser.parse_known_args(args)
        config.parse_config(["-d", wanted.database, "--no-http", *rest])
        with Registry(wanted.database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            for company in env["res.company"].search([]):
                counts = env["ov.governance_coverage"]._backfill(company)
                cr.commit()  # pylint: disable=invalid-commit
                told = ", ".join(f"{kind} {count}" for kind, count in counts.items())
                sys.stdout.write(f"{company.name}: {told}\n")
