"""What the tests of this addon share: people with tokens, and things."""

from odoo.addons.base_json_api.testing import ApiCase

from . import example


def raising(error):
    """Return a trouble that raises an error."""

    def trouble(call):
        raise error

    return trouble


def database_error(state):
    """Return a trouble in which the database reports a state (SQLSTATE)."""

    def trouble(call):
        call.env.cr.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'internal' USING ERRCODE = '{state}'; END $$",
            log_exceptions=False,
        )

    return trouble


class ExampleCase(ApiCase):
    """Calls the example as an employee who may write contacts."""

    api = example.api

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls.env["res.users"].create(
            {
                "name": "Ada Agent",
                "login": "ada.api@example.com",
                "groups_id": [
                    (6, 0, [cls.env.ref("base.group_user").id]),
                    (4, cls.env.ref("base.group_partner_manager").id),
                ],
            }
        )
        cls.token = "token-of-ada"
        example.TOKENS[cls.token] = (cls.user.id, None)
        example.TOKENS["reader"] = (cls.user.id, frozenset({"things:read"}))
        cls.addClassCleanup(example.TOKENS.clear)

    def setUp(self):
        super().setUp()
        for seen in (example.TROUBLE, example.CALLS, example.OBSERVED):
            seen.clear()

    @classmethod
    def make_things(cls, count, **values):
        """Return so many things."""
        return cls.env["res.partner"].create(
            [
                {"name": f"Thing {number:03}", "ref": f"thing {number % 7}", **values}
                for number in range(count)
            ]
        )

    def forget_counts(self):
        """Forget what the rate limits have counted, which is committed at once."""
        with self.registry._db.cursor() as cr:
            cr.execute(
                "DELETE FROM base_json_api_rate WHERE bucket LIKE 'test_json_api%'"
            )
