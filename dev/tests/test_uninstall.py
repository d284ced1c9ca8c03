"""An uninstall takes everything of ours with it, except what is in the books."""

import json
import unittest
import urllib.request

import packaged
import server
import traces
from steps import DEV

ENTRIES = """
    SELECT concat_ws(' ', move.name, move.state, journal.code, line.debit, line.credit)
    FROM account_move_line line
    JOIN account_move move ON move.id = line.move_id
    JOIN account_journal journal ON journal.id = move.journal_id
"""
JOURNALS = "SELECT code FROM account_journal"
ACCOUNTS = "SELECT jsonb_path_query(code_store, '$.*') #>> '{}' FROM account_account"


class TestUninstall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = packaged.database()
        cls.company = cls.database.company
        cls.database.call("post_invoice", cls.company)
        cls.chain = cls.database.call("live_through_the_chain", cls.company)
        cls.entries = cls.database.query(ENTRIES)
        cls.database.uninstall()

    def test_nothing_is_left(self):
        after = traces.of(self.database)
        for kind, before in self.database.before.items():
            with self.subTest(kind):
                self.assertEqual(after[kind] - before, set(), "left behind")
                self.assertEqual(before - after[kind], set(), "taken from others")

    def test_the_books_stay(self):
        self.assertLessEqual(self.entries, self.database.query(ENTRIES))
        self.assertLessEqual(set(self.chain), self.database.query("SELECT name FROM account_move"))
        self.assertIn("PRLV", self.database.query(JOURNALS))
        self.assertIn("511600", self.database.query(ACCOUNTS))

    def test_odoo_posts_and_prints(self):
        invoice = self.database.call("post_invoice", self.company)
        self.assertIn(invoice["name"], invoice["page"])

    def test_odoo_opens(self):
        log = DEV / "log" / "package-server.log"
        with server.running(self.database, self.database.name, log) as odoo:
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            browser.open(f"{odoo.address}/web/login").close()
            answer = browser.open(authentication(odoo.address, self.database.name))
            self.assertEqual(json.load(answer)["result"]["username"], "admin")
            page = browser.open(f"{odoo.address}/odoo").read().decode()
            self.assertIn("web.assets_web", page)


def authentication(address, database):
    login = {"db": database, "login": "admin", "password": "admin"}
    return urllib.request.Request(
        f"{address}/web/session/authenticate",
        data=json.dumps({"params": login}).encode(),
        headers={"Content-Type": "application/json"},
    )
