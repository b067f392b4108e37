"""Lists: pages, cursors, order, fields; as many queries for many rows as for few."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..api import listing
from . import example
from .common import ExampleCase


@tagged("post_install", "-at_install")
class TestListing(ExampleCase):
    def list(self, status=200, **params):
        """Return the answer to a list with these parameters."""
        return self.call(
            "GET", "/things", params=params, token=self.token, status=status
        )

    def names(self, **params):
        """Return the names on a page."""
        return [row["name"] for row in self.list(**params).json["things"]]

    def walk(self, **params):
        """Return the ids of all pages, going behind cursors."""
        found, cursor = [], None
        while True:
            page = {**params, "cursor": cursor} if cursor else params
            answer = self.list(**page).json
            found += [row["id"] for row in answer["things"]]
            cursor = answer["next_cursor"]
            self.assertEqual(answer["has_more"], bool(cursor))
            if not cursor:
                return found

    def made(self, sort, default_sort):
        """Return a listing of things that sorts by other fields."""
        return listing.Listing(
            "res.partner",
            "things",
            example.Thing,
            example.serialize,
            sort=sort,
            default_sort=default_sort,
        )

    def test_pages_are_numbered_and_counted(self):
        self.make_things(12)
        first = self.list().json
        self.assertEqual((first["total"], first["page"], first["limit"]), (12, 1, 5))
        self.assertEqual(len(first["things"]), 5)
        self.assertTrue(first["has_more"])
        last = self.list(page=3).json
        self.assertEqual(
            [row["name"] for row in last["things"]], ["Thing 010", "Thing 011"]
        )
        self.assertFalse(last["has_more"])
        self.assertEqual(last["total"], 12)

    def test_page_behind_the_last_is_empty(self):
        self.make_things(2)
        answer = self.list(page=9).json
        self.assertEqual((answer["things"], answer["total"]), ([], 2))

    def test_nothing_is_an_empty_page(self):
        answer = self.list().json
        self.assertEqual((answer["things"], answer["total"]), ([], 0))

    def test_limit_is_limited(self):
        self.assertEqual(self.list(422, limit=51).wrong, {"/limit": "too_large"})
        self.assertEqual(self.list(422, limit=0).wrong, {"/limit": "too_small"})
        self.assertEqual(self.list(422, page=0).wrong, {"/page": "too_small"})

    def test_total_is_capped_unless_asked(self):
        self.make_things(12)
        with patch.object(listing, "TOTAL_CAP", 7):
            capped = self.list().json
            exact = self.list(total="exact").json
            uncounted = self.list(total="none").json
        self.assertEqual((capped["total"], capped["total_capped"]), (7, True))
        self.assertEqual((exact["total"], exact["total_capped"]), (12, False))
        self.assertEqual((uncounted["total"], uncounted["total_capped"]), (None, False))

    def test_all_rows_are_counted_however_the_page_was_found(self):
        things = self.make_things(12)
        # Nothing is read with the page but the ids, which the query then knows.
        made = self.made({"id": "id"}, "id")
        query = made.query(limit=5, page=2)
        found = made.slice(self.env, query, [("id", "in", things.ids)])
        self.assertEqual((len(found.records), found.total), (5, 12))

    def test_query_of_one_page_says_how_all_rows_are_counted(self):
        self.make_things(12)
        partners = type(self.env["res.partner"])
        search = partners._search

        def paged(model, domain, offset=0, limit=None, order=None, **options):
            query = search(model, domain, offset, limit, order, **options)
            if order and limit == 6:
                first_ten = search(model, [("name", "<", "Thing 010"), *domain])
                setattr(query, listing.WHOLE, lambda: first_ten)
            return query

        with patch.object(partners, "_search", paged):
            self.assertEqual(self.list().json["total"], 10)

    def test_order_is_of_the_declared_ones(self):
        self.make_things(3)
        self.assertEqual(self.names(sort="-name")[0], "Thing 002")
        answer = self.list(422, sort="password")
        self.assertEqual(answer.wrong, {"/sort": "choice"})

    def test_filters_are_validated(self):
        self.make_things(3)
        self.assertEqual(self.names(name="002"), ["Thing 002"])
        self.assertEqual(self.list(422, kind="robot").wrong, {"/kind": "choice"})
        self.assertEqual(self.list(422, colour="red").wrong, {"/colour": "unknown"})

    def test_cursor_walks_every_order_without_gap_or_repetition(self):
        things = self.make_things(23)
        moment = datetime(2025, 6, 15, 8, 0, 0, 123456)
        for number, thing in enumerate(things):
            self.env.cr.execute(
                "UPDATE res_partner SET create_date = %s, color = %s, ref = %s "
                "WHERE id = %s",
                [
                    moment + timedelta(microseconds=number // 3),
                    None if number % 4 == 0 else number // 5,
                    f"thing {number % 6}",
                    thing.id,
                ],
            )
        self.env.invalidate_all()
        for name in ("name", "created", "ref", "color"):
            for order in (name, f"-{name}"):
                with self.subTest(order=order):
                    by_cursor = self.walk(sort=order, limit=4)
                    by_page = [
                        row["id"]
                        for page in range(1, 7)
                        for row in self.list(sort=order, limit=4, page=page).json[
                            "things"
                        ]
                    ]
                    self.assertEqual(by_cursor, by_page)
                    self.assertEqual(sorted(by_cursor), things.ids)

    def test_cursor_misses_nothing_when_others_come_and_go(self):
        things = self.make_things(10)
        first = self.list(limit=5).json
        things[:2].unlink()
        self.env["res.partner"].create({"name": "Thing 000a", "ref": "thing"})
        second = self.list(limit=5, cursor=first["next_cursor"]).json
        self.assertEqual([row["id"] for row in second["things"]], things[5:].ids)
        self.assertEqual((second["page"], second["total"]), (None, None))

    def test_cursor_that_is_not_ours_is_422(self):
        self.make_things(10)
        cursor = self.list().json["next_cursor"]
        for params in (
            {"cursor": "AAAA"},
            {"cursor": "é"},
            {"cursor": cursor[:-2] + "AA"},
            {"cursor": cursor, "sort": "-name"},
        ):
            with self.subTest(params=params):
                self.assertEqual(self.list(422, **params).wrong, {"/cursor": "invalid"})
        answer = self.list(422, cursor=cursor, page=2)
        self.assertEqual(answer.wrong, {"/page": "conflict"})

    def test_cursor_has_the_total_when_asked(self):
        self.make_things(10)
        cursor = self.list().json["next_cursor"]
        self.assertEqual(self.list(cursor=cursor, total="exact").json["total"], 10)

    def test_fields_trim_and_include_widens(self):
        parent = self.make_things(1)
        child = self.env["res.partner"].create({"name": "Lid", "parent_id": parent.id})
        row = self.list(fields="id,name").json["things"][0]
        self.assertEqual(row, {"id": parent.id, "name": "Thing 000"})
        self.assertNotIn("children", self.list().json["things"][0])
        row = self.list(fields="id", include="children").json["things"][0]
        self.assertEqual(set(row), {"id", "children"})
        self.assertEqual(row["children"][0]["id"], child.id)

    def test_fields_and_includes_are_of_the_declared_ones(self):
        wrong = self.list(422, fields="id,password", include="secrets").wrong
        self.assertEqual(wrong, {"/fields/1": "choice", "/include/0": "choice"})

    def test_relations_and_empty_values(self):
        belgium = self.env.ref("base.be")
        self.make_things(1, country_id=belgium.id)
        row = self.list().json["things"][0]
        self.assertEqual(row["country"], {"id": belgium.id, "name": "Belgium"})
        self.assertIsNone(row["email"])

    def test_records_that_rules_hide_are_not_counted(self):
        things = self.make_things(4)
        rule = {
            "name": "Not the first",
            "model_id": self.env.ref("base.model_res_partner").id,
            "domain_force": [("id", "!=", things[0].id)],
        }
        self.env["ir.rule"].create(rule)
        answer = self.list().json
        self.assertEqual(answer["total"], 3)
        self.assertNotIn(things[0].id, [row["id"] for row in answer["things"]])

    def test_queries_do_not_grow_with_the_page(self):
        country = self.env.ref("base.be").id
        self.make_things(45, country_id=country)
        self.list(limit=2)
        few = self.list(limit=2).entry["queries"]
        many = self.list(limit=40)
        self.assertEqual(len(many.json["things"]), 40)
        self.assertEqual(many.entry["queries"], few)

    def test_field_that_cannot_be_sorted_by_is_a_mistake_of_ours(self):
        for field in ("country_id", "display_name", "is_company"):
            made = self.made({"it": field}, "it")
            with self.assertRaises(TypeError):
                made.slice(self.env, made.query())
        with self.assertRaises(TypeError):
            self.made({"it": "name"}, "that")
