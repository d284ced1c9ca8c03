import os
from base64 import b64decode
from collections import Counter
from random import Random

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from ..tools import pain008
from ..tools.pain008_checks import schema_faults
from .common_collection import DAY, TODAY
from .common_debtors import FOUND, REFUSED, DebtorsCommon
from .common_pain008 import texts_of
from .pain008_rules import broken_rules

# The same few seeds each time. BILLING_COLLECTIONS=50 tries so many others.
COUNT = int(os.environ.get('BILLING_COLLECTIONS', 0))
SEEDS = range(100, 100 + COUNT) if COUNT else range(3)


@tagged('post_install', '-at_install')
@freeze_time(TODAY)
class TestBillingCollectionLaws(DebtorsCommon):
    """Whoever is debited: what a bank would refuse is named before there is a file, and the rest is a file it takes."""

    def test_any_debtors_are_refused_by_name_or_stand_in_a_file_that_banks_take(self):
        for seed in SEEDS:
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._live(Random(seed))
                savepoint.rollback()
            self.env.invalidate_all()

    def _live(self, rng):
        self.rng = rng
        self._set_up_bank()
        debtors = [self._debtor(number, fault) for number, fault in enumerate(self._faults())]
        self._bill_all(debtors)
        self._amend(debtors)
        self._announce_most(debtors)
        collections, refusals = self.env['billing.collection']._prepare_debits(self.company, DAY, TODAY)
        self.assertEqual(set(collections.mapped('scheme')), {'CORE', 'B2B'})
        self.assertTold(debtors, REFUSED, lambda debtor: [text for text in refusals if self._is_of(text, debtor)])
        self._go_on(debtors)
        for collection in collections:
            self._check_and_drop(collection, debtors)
            self._generate(collection, debtors)

    # === WHAT IS TOLD AND WRITTEN === #

    def _iban(self, mandate):
        return "".join(mandate._iban().split())

    def _is_of(self, text, debtor):
        return any(name in text for name in [debtor.mandate.name, *debtor.invoices.mapped('name')])

    def assertTold(self, debtors, remedies, texts_of_debtor):
        """Of each debtor with one of these faults, a text names customer and remedy."""
        for debtor in debtors:
            texts = texts_of_debtor(debtor)
            with self.subTest(debtor=debtor.number, fault=debtor.fault):
                self.assertEqual(bool(texts), debtor.fault in remedies, texts)
                for text in texts:
                    self.assertIn(remedies[debtor.fault], text)
                    names = {debtor.customer.display_name, debtor.mandate.partner_id.display_name}
                    self.assertTrue(any(name in text for name in names), text)
                    self.assertNotIn(self._iban(debtor.mandate), "".join(text.split()))

    def _check_and_drop(self, collection, debtors):
        own = [debtor for debtor in debtors if collection.debit_ids & debtor.debits]
        collection.action_check()
        faulty = collection._live_debits().filtered('check_text')
        self.assertTold(own, FOUND, lambda debtor: (debtor.debits & faulty).mapped('check_text'))
        if faulty:
            self.assertEqual((collection.state, collection.faulty_count), ('draft', len(faulty)))
            with self.assertRaisesRegex(UserError, "cannot go to the bank yet"), self.env.cr.savepoint():
                collection.action_generate()
            self.assertFalse(collection.file)
        collection.action_drop_faulty()
        self.assertEqual((collection.state, collection.faulty_count), ('checked', 0), collection.check_text)

    def _generate(self, collection, debtors):
        collection.action_generate()
        content, debits = b64decode(collection.file), collection._live_debits()
        self.assertEqual(schema_faults(content), [])
        self.assertEqual(broken_rules(content), set())
        self.env.invalidate_all()
        self.assertEqual(pain008.write(collection._message(debits, TODAY)), content, "same input, same bytes")
        taken = {debtor.number: (debtor.debits & debits).mapped('amount') for debtor in debtors}
        right = [debtor for debtor in debtors if debtor.is_taken and debtor.mandate.scheme == collection.scheme]
        self.assertEqual(
            {number: round(sum(amounts), 2) for number, amounts in taken.items() if amounts},
            {debtor.number: round(debtor.amount, 2) for debtor in right},
        )
        self.assertEqual((collection.file_count, collection.debit_count), (len(debits), len(debits)))
        self.assertAlmostEqual(collection.file_total, sum(debtor.amount for debtor in right), 2)
        for debtor in right:
            self.assertNotIn(self._iban(debtor.mandate), "".join(debtor.mandate.masked_iban.split()))
        self._assert_written(content, right, debits)

    def _assert_written(self, content, debtors, debits):
        """Each debit stands in the file with its own account, mandate and amount, and what changed of the mandate."""
        written = [
            tuple(debit.findtext(f".//{{*}}{tag}") for tag in ('EndToEndId', 'InstdAmt', 'MndtId', 'IBAN'))
            for debit in etree.fromstring(content).iter('{*}DrctDbtTxInf')
        ]
        meant = [
            (debit.end_to_end_id, f"{debit.amount:.2f}", debit.mandate_id.name, self._iban(debit.mandate_id))
            for debit in debits
        ]
        self.assertCountEqual(written, meant)
        told = Counter()
        for debtor in debtors:
            told.update(dict.fromkeys(debtor.told | ({'any'} if debtor.told else set()), len(debtor.debits & debits)))
        tags = {'reference': 'OrgnlMndtId', 'account': 'OrgnlDbtrAcct', 'any': 'AmdmntInd'}
        for kind, tag in tags.items():
            self.assertEqual(len(texts_of(content, tag)), told[kind], kind)
        old = etree.fromstring(content).findall('.//{*}OrgnlCdtrSchmeId')
        self.assertEqual(sum(one.find('{*}Nm') is not None for one in old), told['name'])
        self.assertEqual(sum(one.find('{*}Id') is not None for one in old), told['identifier'])
