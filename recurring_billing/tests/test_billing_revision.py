import html
from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.models import billing_revision

from .common import BillingCommon

TODAY = date(2026, 11, 25)
NEW_YEAR = date(2027, 1, 1)
INDEXED = {'revision': 'index', 'revision_lag': 10}


@tagged('post_install', '-at_install')
@freeze_time('2026-11-25')
class TestBillingRevision(BillingCommon):
    """Prices revised once a year: preview, amendment, letter, next invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.action_revoke()  # all of them pay by transfer
        cls.index = cls.env['billing.index'].create({'name': "House index", 'code': "HOUSE"})
        cls._values(('2025-03-01', 310.0), ('2026-03-01', 321.4))
        cls.env['res.lang']._activate_lang('fr_FR')

    @classmethod
    def _values(cls, *rows):
        return cls.env['billing.index.value'].create(
            [{'index_id': cls.index.id, 'month': month, 'value': value} for month, value in rows]
        )

    def _indexed(self, **values):
        """A started contract from 1 January 2026 at 100.00 a month, revised by the index of March."""
        return self._started(
            **{'date_start': date(2026, 1, 1), 'debit': False, 'revision_index_id': self.index.id, **INDEXED, **values}
        )

    def _revision(self, until=date(2027, 1, 24), **values):
        return self.env['billing.revision'].create({'date_until': until, **values})

    def _revised(self, contract, **values):
        """The amendment that a revision makes of ``contract``."""
        revision = self._revision(**values)
        revision.line_ids.filtered(lambda line: line.level != 'blocked').is_selected = True
        revision.action_revise()
        return revision.line_ids.filtered(lambda line: line.contract_id == contract).amendment_id

    def _invoiced(self, day, contract):
        with freeze_time(day):
            return self._billed_on(day, contract)

    # === ARITHMETIC === #

    def test_prices_follow_the_terms_agreed(self):
        """By the index from 310.0 to 321.4, that is +3.677 %, or by a percentage."""
        bounds = {'revision_has_cap': True, 'revision_has_floor': True}
        cases = (
            ("100 x 321.4 / 310.0 = 103.677", 100.0, {}, 103.68, False),
            ("tenths: 103.677", 100.0, {'revision_rounding': 'tenth'}, 103.7, False),
            ("whole amounts: 103.677", 100.0, {'revision_rounding': 'unit'}, 104.0, False),
            ("capped at 3 %: 100 x 1.03", 100.0, {**bounds, 'revision_cap': 3.0}, 103.0, 'cap'),
            ("within 0 and 4 %", 100.0, {**bounds, 'revision_cap': 4.0}, 103.68, False),
            (
                "at least 5 %: 49.90 x 1.05 = 52.395",
                49.9,
                {'revision_has_floor': True, 'revision_floor': 5.0},
                52.4,
                'floor',
            ),
            ("a bound without its tick", 100.0, {'revision_cap': 3.0}, 103.68, False),
            ("2.5 %: 49.90 x 1.025 = 51.1475", 49.9, {'revision': 'percent', 'revision_percent': 2.5}, 51.15, False),
            ("-10 %: 49.90 x 0.9", 49.9, {'revision': 'percent', 'revision_percent': -10.0}, 44.91, False),
        )
        for name, price, terms, expected, limit in cases:
            with self.subTest(name):
                contract = self._indexed(price=price, **terms)
                amendment = self._revised(contract)
                self.assertEqual((amendment.kind, amendment.date), ('indexation', NEW_YEAR))
                self.assertEqual((amendment.change_ids.new_value, amendment.revision_limit), (expected, limit))
                self.assertEqual(amendment.mrr_after, expected)

    def test_the_date_and_the_month_that_counts(self):
        fixed = {'revision_when': 'fixed', 'revision_day': 1, 'revision_month': '4'}
        cases = (
            ("anniversary", {}, date(2027, 1, 1), date(2025, 3, 1)),
            ("a fixed day", fixed, date(2026, 4, 1), date(2025, 3, 1)),
            (
                "the last of February",
                {**fixed, 'revision_day': 31, 'revision_month': '2'},
                date(2026, 2, 28),
                date(2025, 3, 1),
            ),
            (
                "taken over",
                {'revision_agreed_on': date(2026, 1, 1), 'date_start': date(2019, 6, 15)},
                date(2026, 6, 15),
                date(2025, 3, 1),
            ),
            ("ended before", {'date_end': date(2026, 12, 31)}, False, date(2025, 3, 1)),
            ("none", {'revision': 'none'}, False, date(2025, 3, 1)),
            ("no lag", {'revision_lag': 0}, date(2027, 1, 1), date(2026, 1, 1)),
        )
        for name, terms, day, month in cases:
            with self.subTest(name):
                values = {'date_start': date(2026, 1, 1), 'debit': False, 'revision_index_id': self.index.id, **INDEXED}
                contract = self._contract(**{**values, **terms})
                self.assertEqual((contract.next_revision_date, contract.revision_base_month), (day, month))

    def test_a_quarterly_index_counts_by_its_quarter(self):
        self.index.value_ids.unlink()
        self.index.unit = 'quarterly'
        self._values(('2025-01-01', 120.0), ('2026-01-01', 126.0))
        amendment = self._revised(self._indexed())
        self.assertEqual((amendment.index_base, amendment.index_now), (120.0, 126.0))
        self.assertEqual(amendment.change_ids.new_value, 105.0)

    # === FROM PREVIEW TO INVOICE === #

    def test_a_revision_is_previewed_and_billed(self):
        contract = self._indexed()
        self._add_line(contract, kind='setup', price_unit=500.0)
        self._add_line(contract, name="Backup", price_unit=30.0, quantity=2.0)
        [line] = self._revision().line_ids
        self.assertEqual(
            (line.contract_id, line.revision_date, line.date, line.level, line.is_selected),
            (contract, NEW_YEAR, NEW_YEAR, 'ok', True),
        )
        self.assertEqual((line.base_text, line.now_text), ("310 (03/2025)", "321.4 (03/2026)"))
        self.assertEqual((line.ratio, line.amount_before, line.amount_after), (1.0368, 160.0, 165.88))
        self.assertEqual(line.mrr_change, 5.88)
        self.assertFalse(contract.amendment_ids, "a preview changes nothing")
        line.revision_id.action_revise()
        self.assertEqual((line.revision_id.state, line.outcome, line.letter), ('done', 'revised', 'mailed'))
        self.assertEqual(
            line.amendment_id.summary,
            "Hosting: Price 100.00\xa0€ → 103.68\xa0€\nBackup: Price 30.00\xa0€ → 31.10\xa0€\n"
            "House index: new price = old price × 321.4 (March 2026) / 310 (March 2025), that is +3.68 %",
        )
        bills = self._invoiced(date(2026, 12, 1), contract)
        self.assertEqual(bills[-1].amount_untaxed, 160.0)
        self.assertEqual(self._invoiced(NEW_YEAR, contract).amount_untaxed, 165.88)

    def test_a_revision_for_the_past_credits_and_bills_anew(self):
        contract = self._indexed(
            revision_when='fixed', revision_month='11', revision_lag=8, revision_base_month=date(2025, 3, 1)
        )
        self.assertEqual(self._billed_on(date(2026, 11, 1), contract)[-1].amount_untaxed, 100.0)
        [line] = self._revision().line_ids
        self.assertEqual((line.level, line.is_selected), ('look', False))
        self.assertIn("The day has passed", line.remark)
        line.is_selected = True
        line.revision_id.action_revise()
        self.assertEqual(self._billed_on(TODAY, contract)[-1].amount_untaxed, 3.68)

    def test_a_day_within_a_period_bills_each_price_by_its_days(self):
        contract = self._indexed()
        self._invoiced(date(2026, 12, 1), contract)
        revision = self._revision()
        revision.line_ids.date = date(2027, 1, 11)
        revision.action_revise()
        rows = self._invoiced(NEW_YEAR, contract).invoice_line_ids.sorted('billing_date_start')
        self.assertEqual(
            [(row.billing_date_start.day, row.billing_date_end.day, row.price_subtotal) for row in rows],
            [(1, 10, 32.26), (11, 31, 70.23)],  # 10/31 of 100.00, and 103.68 less its 10/31 of 33.45
        )
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))

    def test_contracts_of_whole_periods_wait_for_the_next_one(self):
        self._indexed(
            proration='none',
            revision_when='fixed',
            revision_day=15,
            revision_agreed_on=date(2026, 2, 1),
            revision_base_month=date(2025, 3, 1),
        )
        [line] = self._revision().line_ids
        self.assertEqual((line.revision_date, line.date), (date(2027, 1, 15), date(2027, 2, 1)))

    def test_lines_of_a_pricelist_and_those_marked_stay(self):
        contract = self._indexed(pricelist_id=self._pricelist((80.0, False, False)).id)
        listed = self._add_line(contract, price_unit=10.0, is_price_listed=True)
        kept = self._add_line(contract, price_unit=20.0, is_not_revised=True)
        ended = self._add_line(contract, price_unit=40.0, date_end=date(2026, 12, 31))
        amendment = self._revised(contract)
        self.assertEqual(amendment.change_ids.line_id, contract.line_ids[:1])
        self.assertEqual((listed | kept | ended).mapped('price_unit'), [10.0, 20.0, 40.0])

    def test_a_lasting_discount_is_taken_off_the_new_price(self):
        """100.00 and 103.68 less a tenth of each: 10.00 and 10.37."""
        contract = self._indexed()
        discount = {'name': "Loyal", 'percent': 10.0, 'date_from': date(2026, 12, 1)}
        contract._amend('discount', date(2026, 12, 1), TODAY, discounts=[discount])
        [line] = self._revision().line_ids
        self.assertEqual((line.amount_before, line.amount_after), (90.0, 93.31))

    def test_each_revision_starts_from_the_last_one(self):
        self._values(('2027-03-01', 330.0))
        contract = self._indexed(revision_has_cap=True, revision_cap=3.0)
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.0)
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))
        amendment = self._revised(contract, until=date(2028, 1, 1))
        self.assertEqual((amendment.index_base, amendment.index_base_month), (321.4, date(2026, 3, 1)))
        self.assertEqual(amendment.change_ids.new_value, 105.76)  # 103.00 x 330.0 / 321.4 = 105.756

    def test_the_base_stays_as_it_was_agreed(self):
        contract = self._indexed()
        self.index.value_ids.filtered(lambda value: value.month.year == 2025).value = 300.0
        self.assertEqual(contract.revision_base, 310.0)
        contract._unguarded().revision_base = 320.0
        self.assertEqual(self._revised(contract).change_ids.new_value, 100.44)  # 100.00 x 321.4 / 320

    def test_a_revision_that_changes_no_price_is_written_down(self):
        contract = self._indexed(revision_has_cap=True, revision_has_floor=True)
        amendment = self._revised(contract)
        self.assertFalse(amendment.change_ids)
        self.assertEqual(contract.next_revision_date, date(2028, 1, 1))
        self.assertFalse(contract.message_ids.filtered('partner_ids'), "nobody is written to")

    # === WHAT STANDS IN THE WAY === #

    def test_a_missing_value_stops_its_contract_only(self):
        self.index.value_ids.filtered(lambda value: value.month.year == 2026).unlink()
        stopped = self._indexed()
        other = self._indexed(revision='percent', revision_percent=2.0)
        revision = self._revision()
        line = revision.line_ids.filtered(lambda line: line.contract_id == stopped)
        self.assertEqual((line.level, line.is_selected, line.is_missing), ('blocked', False, True))
        self.assertEqual(
            line.remark,
            "No value of House index for March 2026. Enter or import it in Configuration › Indices, then compute "
            "again.",
        )
        self.assertEqual(line.action_open()['res_model'], 'billing.index')
        revision.action_revise()
        self.assertFalse(stopped.amendment_ids)
        self.assertEqual(other.amendment_ids.change_ids.new_value, 102.0)
        self._values(('2026-03-01', 321.4))
        self.assertEqual(self._revised(stopped).change_ids.new_value, 103.68)

    def test_a_missing_base_is_looked_up_when_it_is_there(self):
        self.index.value_ids.filtered(lambda value: value.month.year == 2025).unlink()
        contract = self._indexed()
        self.assertIn("No value of House index for March 2025", self._revision().line_ids.remark)
        self._values(('2025-03-01', 310.0))
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.68)

    def test_what_a_person_should_know_is_not_ticked(self):
        self._indexed(revision_notice=60)
        self._indexed(partner=self._customer("Postal", email=False))
        late, postal = self._revision().line_ids
        self.assertEqual((late.level, late.is_selected), ('look', False))
        self.assertIn("The letter was to go by 11/02/2026. Choose 01/24/2027 or later", late.remark)
        self.assertIn("no e-mail address", postal.remark)
        late.date = date(2027, 1, 24)
        self.assertEqual((late.level, late.is_selected), ('ok', True))

    def test_a_contract_without_a_price_to_revise_says_so(self):
        contract = self._indexed()
        contract.line_ids.is_not_revised = True
        self.assertIn("has no price to revise", self._revision().line_ids.remark)

    def test_prices_are_never_revised_twice_for_one_date(self):
        contract = self._indexed()
        first, second = self._revision(), self._revision()
        first.action_revise()
        with self.assertLogs('odoo.addons.recurring_billing.models.billing_worker', 'WARNING'):
            second.action_revise()
        self.assertEqual((second.line_ids.outcome, second.line_ids.level), ('blocked', 'blocked'))
        self.assertIn("was changed or revised since", second.line_ids.remark)
        self.assertEqual(len(contract.amendment_ids), 1)
        self.assertFalse(self._revision().line_ids)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            contract._amend('indexation', NEW_YEAR, TODAY, revision_date=NEW_YEAR)

    def test_nobody_gets_other_prices_than_the_preview_showed(self):
        contract = self._indexed()
        revision = self._revision()
        contract._amend('quantity', date(2026, 12, 1), TODAY, lines=[(contract.line_ids, {'quantity': 2.0})])
        with self.assertLogs('odoo.addons.recurring_billing.models.billing_worker', 'WARNING'):
            revision.action_revise()
        self.assertEqual(revision.line_ids.outcome, 'blocked')
        self.assertEqual(len(contract.amendment_ids), 1)

    def test_an_undone_revision_can_be_made_again(self):
        contract = self._indexed()
        self._billed_on(TODAY, contract)
        self._revised(contract).action_undo()
        self.assertEqual(contract.next_revision_date, NEW_YEAR)
        self.assertEqual(self._invoiced(NEW_YEAR, contract)[-1].amount_untaxed, 100.0)
        again = self._revised(contract)
        self.assertEqual((again.index_base, again.change_ids.new_value), (310.0, 103.68))
        self.assertEqual(self._invoiced(date(2027, 1, 2), contract).amount_untaxed, 3.68)

    def test_a_value_that_was_used_is_not_changed(self):
        contract = self._indexed()
        amendment = self._revised(contract)
        value = amendment.index_value_id
        for change in (
            lambda: value.write({'value': 322.0}),
            lambda: value.write({'month': '2026-04-01'}),
            value.unlink,
        ):
            with (
                self.assertRaisesRegex(UserError, "was used to revise prices.*Undo the revision"),
                self.env.cr.savepoint(),
            ):
                change()
        value.value = 321.4
        amendment.action_undo()
        value.value = 322.0
        self.assertEqual(self._revised(contract).change_ids.new_value, 103.87)  # 100.00 x 322 / 310

    # === LETTERS === #

    def test_the_letter_waits_in_the_queue_in_the_language_of_the_customer(self):
        self.customer.lang = 'fr_FR'
        french = self._indexed()
        english = self._indexed(partner=self._customer("Mill", lang='en_US'), revision='percent', revision_percent=2.0)
        self._revision().action_revise()
        cases = (
            (
                french,
                "prix de votre contrat",
                ("01/01/2027", "100,00\xa0€", "103,68\xa0€", "321,4 (mars 2026) / 310 (mars 2025)", "+3,68 %"),
            ),
            (english, "prices of your contract", ("01/01/2027", "100.00\xa0€", "102.00\xa0€", "+2.00 %")),
        )
        for contract, subject, parts in cases:
            with self.subTest(subject):
                message = contract.message_ids.filtered('partner_ids')
                self.assertIn(subject, message.subject)
                self.assertEqual(message.partner_ids, contract.partner_id)
                for part in parts:
                    self.assertIn(part, html.unescape(message.body))
                mail = self.env['mail.mail'].search([('mail_message_id', '=', message.id)])
                self.assertEqual((mail.state, mail.recipient_ids), ('outgoing', contract.partner_id))

    def test_a_customer_without_e_mail_gets_a_printed_letter(self):
        contract = self._indexed(partner=self._customer("Postal", email=False))
        revision = self._revision()
        revision.line_ids.is_selected = True
        revision.action_revise()
        self.assertEqual((revision.line_ids.letter, revision.letter_count), ('print', 1))
        self.assertIn("post it", contract.activity_ids.summary)
        self.assertIn("103.68", contract.message_ids.filtered('subject').body)
        amendment = revision.line_ids.amendment_id
        self.company.external_report_layout_id = self.env.ref('web.external_layout_standard')
        self.assertEqual(revision.action_print_letters()['context']['active_ids'], amendment.ids)
        report = self.env['ir.actions.report']
        letter, _kind = report._render_qweb_html('recurring_billing.billing_revision_letter', amendment.ids)
        self.assertIn("Postal", letter.decode())
        self.assertIn("103.68", letter.decode())

    def test_letters_are_left_out_on_request(self):
        contract = self._indexed()
        self._revised(contract, writes_letters=False)
        self.assertFalse(contract.message_ids.filtered('partner_ids'))

    # === TERMS === #

    def test_a_plan_proposes_its_terms(self):
        plan = self.env['billing.plan'].create(
            {'name': "Care", 'revision_index_id': self.index.id, **INDEXED, 'revision_notice': 0, 'revision_month': '7'}
        )
        contract = self._contract(plan_id=plan.id, date_start=date(2026, 1, 1))
        self.assertEqual(
            (contract.revision, contract.revision_index_id, contract.revision_lag, contract.revision_notice),
            ('index', self.index, 10, 0),
        )
        self.assertEqual((contract.revision_month, contract.revision_base), ('7', 310.0))
        plan.revision_lag = 3
        self.assertEqual(contract.revision_lag, 10, "a contract keeps its copy")

    def test_terms_that_cannot_be_are_refused_with_a_remedy(self):
        contract = self._contract()
        indexed = {'revision': 'index', 'revision_index_id': self.index.id}
        cases = (
            ({'revision': 'index'}, "none is chosen in the field “Index”"),
            ({'revision': 'percent', 'revision_percent': -100.0}, "“Change.*Enter more than -100"),
            ({**indexed, 'revision_lag': -1}, "Enter 0 or more"),
            ({**indexed, 'revision_when': 'fixed', 'revision_day': 32}, "Enter 1 to 31"),
            ({**indexed, 'revision_has_cap': True, 'revision_has_floor': True, 'revision_floor': 1.0}, "lies above"),
        )
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                contract.write(values)

    def test_a_user_revises_from_the_form_and_only_before_it_is_done(self):
        self._indexed()
        company = {'company_id': self.company.id, 'company_ids': [(6, 0, self.company.ids)]}
        user = new_test_user(self.env, 'revising_user', 'recurring_billing.group_user', **company)
        form = Form(self.env['billing.revision'].with_user(user))
        self.assertEqual(form.date_until, date(2027, 1, 24))
        revision = form.save()
        with Form(revision) as form, form.line_ids.edit(0) as line:
            line.date = date(2027, 1, 2)
        revision.action_revise()
        self.assertEqual(revision.line_ids.amendment_id.date, date(2027, 1, 2))
        with self.assertRaisesRegex(UserError, "can no longer be ticked"):
            revision.line_ids.is_selected = False
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            revision.unlink()
        with self.assertRaisesRegex(UserError, "cannot be entered or changed by hand"):
            revision.line_ids.amount_after = 1.0
        with self.assertRaisesRegex(UserError, "No contract is ticked"):
            self._revision(until=TODAY).action_revise()

    def test_many_are_revised_in_the_background(self):
        contracts = self.env['billing.contract'].concat(*(self._indexed() for _number in range(3)))
        revision = self._revision()
        before = self._triggers('recurring_billing.ir_cron_revise')
        with patch.object(billing_revision, 'AT_ONCE', 2):
            revision.action_revise()
        self.assertEqual((revision.state, revision.contract_count), ('running', 3))
        self.assertEqual(self._triggers('recurring_billing.ir_cron_revise'), before + 1)
        with self.enter_registry_test_mode():
            self.env.ref('recurring_billing.ir_cron_revise').method_direct_trigger()
        self.assertEqual(revision.state, 'done')
        self.assertEqual(contracts.amendment_ids.mapped('kind'), ['indexation'] * 3)

    def test_companies_are_apart(self):
        self._indexed()
        other = self.setup_other_company(name="Other company")['company']
        self.assertFalse(self._revision(company_id=other.id).line_ids)
