import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models.billing_transaction import Transaction
from odoo.addons.recurring_billing.tools import bank_folder

from .common_bank import camt
from .common_bank_message import BankMessageCommon

LIMIT = 10_000
FOLDER_LOGGER = 'odoo.addons.recurring_billing.models.billing_bank_message_folder'


@tagged('post_install', '-at_install')
@freeze_time('2026-09-10')
class TestBankFolder(BankMessageCommon):
    """Files put into a folder are taken once they are whole, and put away."""

    def setUp(self):
        super().setUp()
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        self.folder = self.root / 'bank'
        self.folder.mkdir()
        self.now = time.time()

    def _put(self, name, content="x", age=120):
        path = self.folder / name
        path.write_text(content)
        os.utime(path, (self.now - age, self.now - age))
        return path

    def test_only_whole_plain_files_are_taken_the_oldest_first(self):
        self._put("second.xml")
        self._put("first.xml", age=500)
        self._put("growing.xml", age=5)
        self._put("copy.xml.part")
        self._put(".hidden.xml")
        self._put("large.xml", "x" * (LIMIT + 1))
        (self.folder / "link.xml").symlink_to('/etc/hostname')
        (self.folder / "done").mkdir()
        names = [path.name for path in bank_folder.waiting(self.folder, self.now, limit=LIMIT)]
        self.assertEqual(names, ["first.xml", "second.xml"])

    def test_files_are_put_away_beside_those_of_the_same_name(self):
        for expected in ("a.xml", "a-2.xml", "a-3.xml"):
            self.assertEqual(bank_folder.put_away(self._put("a.xml"), 'done').name, expected)

    def test_a_folder_lies_below_the_root(self):
        for root, name, code in (
            ("", "bank", 'no_root'),
            (str(self.root), "../etc", 'outside'),
            (str(self.root), "/etc", 'outside'),
            (str(self.root), ".", 'outside'),
            (str(self.root), "none", 'missing'),
        ):
            with self.subTest(code), self.assertRaises(bank_folder.FolderError) as caught:
                bank_folder.inside(root, name)
            self.assertEqual(caught.exception.code, code)
        self.assertEqual(bank_folder.inside(str(self.root), "bank"), self.folder.resolve())

    def test_the_setting_is_checked_when_it_is_entered(self):
        with self.assertRaisesRegex(ValidationError, "administrator first names the folder"):
            self.company.billing_bank_folder = "bank"
        self.env['ir.config_parameter'].set_param('recurring_billing.bank_folder_root', str(self.root))
        with self.assertRaisesRegex(ValidationError, "there is no folder “nowhere”"):
            self.company.billing_bank_folder = "nowhere"
        self.company.billing_bank_folder = "bank"

    def test_what_the_night_takes_is_told_to_who_sent_the_last_collection(self):
        self._settled_collection()
        self._put("bad.xml", "hello")
        messages = self.env['billing.bank.message'].with_user(SUPERUSER_ID)
        message = messages._collect(self.company, self.folder, self.now, transaction=Transaction())
        self.assertEqual(message.activity_ids.user_id, self.env.user)

    def test_an_unexpected_fault_leaves_the_file_and_takes_the_others(self):
        self._put("broken.xml", age=500)
        self._put("other.xml", camt(number='Z'))
        messages = self.env['billing.bank.message']
        take = type(messages)._take

        def fail(records, company, name, data):
            if name == "broken.xml":
                raise ZeroDivisionError
            return take(records, company, name, data)

        with patch.object(type(messages), '_take', fail), mute_logger(FOLDER_LOGGER):
            taken = messages._collect(self.company, self.folder, self.now, transaction=Transaction())
        self.assertEqual(taken.mapped('file_name'), ["other.xml"])
        self.assertEqual(sorted(os.listdir(self.folder)), ["broken.xml", 'done'])

    def test_files_become_messages_and_are_put_away_by_what_became_of_them(self):
        first, _second = self._debits(self._settled_collection())
        self._put("good.xml", self._returning(first), age=500)
        self._put("bad.xml", "hello")
        self._put("other.xml", camt(number='Z'), age=300)
        messages = self.env['billing.bank.message']._collect(
            self.company, self.folder, self.now, transaction=Transaction()
        )
        self.assertEqual(messages.mapped('state'), ['done', 'done', 'refused'])
        self.assertEqual(first.state, 'returned')
        self.assertEqual(sorted(os.listdir(self.folder / 'done')), ["good.xml", "other.xml"])
        self.assertEqual(os.listdir(self.folder / 'refused'), ["bad.xml"])
        self.assertEqual(sorted(os.listdir(self.folder)), ['done', 'refused'])
