from datetime import date

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import BillingCommon

TODAY = date(2026, 9, 15)
YEAR = {'commitment_months': 12}


@tagged('post_install', '-at_install')
@freeze_time('2026-09-15')
class TestBillingContractCommitment(BillingCommon):
    """How long a contract binds, when it is renewed, and what ends it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        chart = cls.env['account.chart.template'].with_company(cls.company)
        cls.fee = cls._create_product(
            name="Early termination",
            type='service',
            taxes_id=[Command.set(cls.vat_on_receipts.ids)],
            property_account_income_id=chart.ref('pcg_7088').id,
        )
        cls.reason = cls.env.ref('recurring_billing.termination_reason_price')

    def _bound(self, start=date(2026, 9, 1), **values):
        """A running contract at 90.00 a month."""
        values = {'price': 90.0, 'date_start': start, **values}
        if values.get('early_fee'):
            values['early_fee_product_id'] = self.fee.id
        return self._started(**values)

    def _dialog(self, contract, **values):
        return self.env['billing.contract.termination'].create(
            {'contract_id': contract.id, 'reason_id': self.reason.id, **values}
        )

    # === DATES === #

    def test_a_contract_shows_how_long_it_binds(self):
        """The renewal of 1 September 2027 can be refused until 31 May: 28 February to 30 April is when to tell."""
        consumer = self._customer("Jeanne Martin", is_company=False)
        tacit = {**YEAR, 'renewal': 'tacit', 'notice_count': 3}
        until, renewal, notice = date(2027, 8, 31), date(2027, 9, 1), date(2027, 5, 31)
        cases = (
            ("no commitment", {}, (False, False, False), (False, False)),
            ("goes on without a term", YEAR, (until, False, False), (False, False)),
            ("ends", {**YEAR, 'renewal': 'end'}, (until, False, False), (False, False)),
            ("tacit, a business", tacit, (until, renewal, notice), (False, False)),
            (
                "tacit, a consumer",
                {**tacit, 'partner': consumer, 'debit': False},
                (until, renewal, notice),
                (date(2027, 2, 28), date(2027, 4, 30)),
            ),
        )
        for name, values, expected, window in cases:
            with self.subTest(name):
                contract = self._bound(**values)
                dates = (contract.committed_until, contract.next_renewal, contract.notice_deadline)
                self.assertEqual(dates, expected)
                self.assertEqual((contract.notify_from, contract.notify_until), window)

    def test_a_pause_pushes_the_commitment_where_it_was_agreed(self):
        """31 days of January after 31 August 2027 are 1 October."""
        january = {'date_until': date(2027, 1, 31)}
        cases = (
            ("agreed", {'pause_extends': True}, january, date(2027, 10, 1)),
            ("not agreed", {}, january, date(2027, 8, 31)),
            ("a pause that is billed", {'pause_extends': True}, {**january, 'is_billed': True}, date(2027, 8, 31)),
            ("a pause without end", {'pause_extends': True}, {}, False),
        )
        for name, terms, pause, until in cases:
            with self.subTest(name):
                contract = self._bound(**YEAR, **terms)
                amendment = contract._amend('pause', date(2027, 1, 1), TODAY, **pause)
                self.assertEqual(contract.committed_until, until)
                amendment.action_undo()
                self.assertEqual(contract.committed_until, date(2027, 8, 31))

    def test_a_contract_without_renewal_ends_with_its_commitment(self):
        contract = self._bound(**YEAR, renewal='end', pause_extends=True)
        self.assertEqual(contract.date_end, date(2027, 8, 31))
        pause = contract._amend('pause', date(2027, 1, 1), TODAY)
        self.assertFalse(contract.date_end, "nobody knows yet")
        contract._amend('resume', date(2027, 1, 11), TODAY)
        self.assertEqual((contract.date_end, contract.committed_until), (date(2027, 9, 10), date(2027, 9, 10)))
        pause.action_undo()
        self.assertEqual(contract.date_end, date(2027, 8, 31))

    def test_commitments_that_cannot_be_are_refused(self):
        ended = {'date_start': date(2026, 9, 1), 'date_end': date(2027, 6, 30)}
        cases = (
            ({**YEAR, **ended}, r"C\d+, field “Minimum Term”: 12 months last until 08/31/2027, .*06/30/2027. Shorten"),
            (
                {'commitment_months': 6, 'renewal': 'end', **ended},
                "field “Minimum Term”: 6 months last until 02/28/2027",
            ),
            ({'renewal': 'tacit'}, "“Renewal”: there is no minimum term"),
            ({'commitment_months': -1}, "“Minimum Term”: -1 is refused"),
            ({'early_fee_percent': 120.0}, "“Share \\(%\\)”: 120 is refused"),
            ({'early_fee': 'fixed', 'early_fee_amount': 50.0}, "“Fee Product”"),
        )
        for values, message in cases:
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self._contract(**values)
        self._contract(**{**YEAR, **ended, 'date_end': date(2027, 8, 31)})

    def test_the_terms_of_a_running_contract_are_not_typed_over(self):
        contract = self._bound(**YEAR)
        for values in ({'commitment_months': 6}, {'notice_count': 1}, {'date_end': date(2026, 12, 31)}):
            with self.subTest(values), self.assertRaisesRegex(UserError, f"{contract.name} is running"):
                contract.write(values)

    # === RENEWAL === #

    def _renewals(self, contract):
        return contract.amendment_ids.filtered(lambda row: row.kind == 'renewal').sorted('id').mapped('date')

    def test_a_term_begins_anew_once(self):
        contract = self._bound(**YEAR, renewal='tacit')
        for today, renewals, until in (
            (date(2027, 8, 31), [], date(2027, 8, 31)),
            (date(2027, 9, 1), [date(2027, 9, 1)], date(2028, 8, 31)),
            (date(2027, 9, 1), [date(2027, 9, 1)], date(2028, 8, 31)),
            (date(2027, 12, 1), [date(2027, 9, 1)], date(2028, 8, 31)),
        ):
            with freeze_time(today):
                self._bill(today)
            self.assertEqual((self._renewals(contract), contract.committed_until), (renewals, until), today)
        self.assertEqual(contract.amendment_ids.summary, "Renewed until 08/31/2028")

    def test_renewals_that_were_missed_are_written_down_one_by_one(self):
        """Three months, renewed by one month each; the night comes back three months late, in a locked year."""
        contract = self._bound(commitment_months=3, renewal='tacit', renewal_months=1)
        self.company.fiscalyear_lock_date = date(2026, 12, 31)
        with freeze_time('2027-03-05'):
            self._bill(date(2027, 3, 5))
        self.assertEqual(
            self._renewals(contract), [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
        )
        self.assertEqual(contract.committed_until, date(2027, 3, 31))

    def test_only_contracts_that_go_on_are_renewed(self):
        tacit = {**YEAR, 'renewal': 'tacit'}
        ended, resting, other = self._bound(**tacit), self._bound(**tacit, pause_extends=True), self._bound(**YEAR)
        ended._terminate(date(2027, 8, 31), TODAY)
        resting._amend('pause', date(2027, 8, 1), TODAY)
        with freeze_time('2027-09-02'):
            self.env['billing.contract']._to_renew(self.company, date(2027, 9, 2))._renew(date(2027, 9, 2))
        for contract in (ended, resting, other):
            self.assertFalse(self._renewals(contract))

    # === TERMINATION === #

    def test_the_earliest_end_follows_commitment_and_notice(self):
        """Notice is received on 15 September 2026."""
        tacit = {'commitment_months': 1, 'renewal': 'tacit', 'renewal_months': 12, 'notice_count': 1}
        cases = (
            ("nothing agreed: the billing period", {}, ('2026-09-15', '2026-09-30', '2026-09-30')),
            (
                "30 days of notice",
                {'notice_count': 30, 'notice_unit': 'day'},
                ('2026-10-15', '2026-10-31', '2026-10-31'),
            ),
            ("bound for a year", {**YEAR, 'notice_count': 1}, ('2026-10-15', '2026-10-31', '2027-08-31')),
            ("the next term has begun when the notice ends", tacit, ('2026-10-15', '2026-10-31', '2027-09-30')),
            ("it ends anyway", {'date_end': date(2026, 9, 20)}, ('2026-09-15', '2026-09-20', '2026-09-20')),
        )
        for name, values, expected in cases:
            contract = self._bound(**values)
            for rule, day in zip(('at_once', 'period', 'commitment'), map(date.fromisoformat, expected), strict=True):
                with self.subTest(name, rule=rule):
                    dialog = self._dialog(contract, when=rule)
                    self.assertEqual((dialog.date_end, dialog.earliest_date), (day, date.fromisoformat(expected[2])))
                    self.assertEqual(dialog.is_early, day < dialog.earliest_date)

    def test_an_early_end_costs_what_was_agreed(self):
        """90.00 a month, bound until 31 August 2027."""
        half = {**YEAR, 'early_fee': 'percent', 'early_fee_percent': 50.0}
        late = {**half, 'renewal': 'tacit', 'notice_count': 3, 'notice_date': date(2027, 7, 15)}
        year = {'frequency': 'yearly', 'price': 1200.0, 'commitment_months': 24, 'early_fee': 'percent'}
        pause = {'date_until': date(2027, 1, 31)}
        cases = (
            ("8 months: 720.00 x 50 %", half, date(2026, 12, 31), 360.0),
            ("15/30 of 90.00 and 2 months: 225.00 x 50 %", half, date(2027, 6, 15), 112.5),
            ("on the last day of the commitment", half, date(2027, 8, 31), 0.0),
            ("after it", half, date(2027, 9, 30), 0.0),
            ("fixed", {**YEAR, 'early_fee': 'fixed', 'early_fee_amount': 150.0}, date(2026, 12, 31), 150.0),
            ("none agreed", YEAR, date(2026, 12, 31), 0.0),
            ("notice too late, 12 more months: 1080.00 x 50 %", late, date(2027, 8, 31), 540.0),
            ("whole periods: 2 x 90.00 x 50 %", {**half, 'proration': 'none'}, date(2027, 6, 30), 90.0),
            ("244/366 of 1200.00: 800.00 x 25 %", {**year, 'early_fee_percent': 25.0}, date(2027, 12, 31), 200.0),
            (
                "pushed to 1 October: 8 x 90.00 + 1/31 of 90.00 = 722.90 x 50 %",
                {**half, 'pause_extends': True, 'pause': pause},
                date(2026, 12, 31),
                361.45,
            ),
        )
        for name, values, last, fee in cases:
            values = dict(values)
            notice, rest = values.pop('notice_date', TODAY), values.pop('pause', None)
            with self.subTest(name):
                contract = self._bound(**values)
                if rest:
                    contract._amend('pause', date(2027, 1, 1), TODAY, **rest)
                dialog = self._dialog(contract, notice_date=notice, date_end=last)
                self.assertEqual((dialog.fee, dialog.fee_total), (fee, round(fee * 1.2, 2)))

    def test_a_termination_with_its_fee_is_billed_with_vat(self):
        """Half of September is given back; the fee is half of 45.00 and 11 months at 90.00."""
        terms = {'early_fee': 'percent', 'early_fee_percent': 50.0, 'early_fee_product_id': self.fee.id}
        contract, bill = self._september(price=90.0, **YEAR, **terms)
        self.assertEqual(bill.amount_untaxed, 90.0)
        dialog = self._dialog(contract, when='at_once', comment="Moves to Spain", is_agreed=True)
        self.assertEqual((dialog.date_end, dialog.fee), (TODAY, 517.5))
        dialog.action_see_effect()
        self.assertFalse(contract.amendment_ids, "seen, not done")
        dialog.action_confirm()
        amendment = contract.amendment_ids
        self.assertEqual((amendment.date, amendment.mrr_before, amendment.mrr_after), (date(2026, 9, 16), 90.0, 0.0))
        self.assertEqual(
            (amendment.termination_reason_id, amendment.notice_date, amendment.reason),
            (self.reason, TODAY, "Moves to Spain"),
        )
        invoice = self._billed_on(TODAY, contract)
        partner = self.customer.name
        self.assertEntry(
            invoice,
            TODAY,
            [
                ('411100', partner, 567.0, 0.0),
                ('706000', partner, 45.0, 0.0),
                ('708800', partner, 0.0, 517.5),
                ('445740', partner, 0.0, 94.5),
            ],
        )
        self.assertEqual(contract.state, 'running', "its last day is today")
        with freeze_time('2026-09-16'):
            self.assertFalse(self._billed_on(date(2026, 9, 16), contract))
        self.assertEqual(contract.state, 'closed')

    def test_a_contract_stays_open_until_its_last_credit_is_billed(self):
        contract, _bill = self._september(price=90.0)
        contract._terminate(date(2026, 9, 10), TODAY)
        self.assertEqual(contract.state, 'running', "20 days are to be given back")
        credit = self._billed_on(TODAY, contract)
        self.assertSale(credit, TODAY, [-60.0], -12.0)
        self._bill(TODAY)
        self.assertEqual(contract.state, 'closed')

    def test_a_termination_is_withdrawn_before_its_day(self):
        contract = self._bound(**YEAR)
        termination = contract._terminate(date(2026, 12, 31), TODAY)
        self.assertEqual((contract.termination_id, contract.committed_until), (termination, date(2026, 12, 31)))
        contract.action_withdraw_termination()
        self.assertFalse(contract.termination_id or contract.date_end)
        self.assertEqual((termination.state, contract.committed_until), ('undone', date(2027, 8, 31)))
        with self.assertRaisesRegex(UserError, f"{contract.name}: there is no termination"):
            contract.action_withdraw_termination()
        contract._terminate(date(2026, 9, 30), TODAY)
        with freeze_time('2026-10-01'), self.assertRaisesRegex(UserError, "start a new contract"):
            contract.action_withdraw_termination()

    def test_a_withdrawn_fee_is_given_back(self):
        contract, _bill = self._september(price=90.0, early_fee_product_id=self.fee.id)
        contract._terminate(date(2026, 9, 30), TODAY, 100.0)
        self.assertEqual(self._billed_on(TODAY, contract).amount_untaxed, 100.0)
        contract.action_withdraw_termination()
        credit = self._billed_on(TODAY, contract)
        self.assertEqual((credit.move_type, credit.amount_untaxed, credit.amount_tax), ('out_refund', 100.0, 20.0))

    def test_a_second_termination_takes_the_place_of_the_first(self):
        """100.00 a month bound until 31 August 2027: eight months remain after December, ten after October."""
        contract = self._bound(price=100.0, **YEAR, early_fee='percent', early_fee_percent=100.0)
        left_open = self._dialog(contract, date_end=date(2026, 10, 31), is_agreed=True)
        first = self._dialog(contract, date_end=date(2026, 12, 31), is_agreed=True)
        self.assertEqual(first.fee, 800.0)
        first.action_confirm()
        fee = contract.line_ids.filtered(lambda line: line.kind == 'setup')
        for dialog in (self._dialog(contract, date_end=date(2026, 10, 31), is_agreed=True), left_open):
            self.assertEqual(dialog.fee, 1000.0)
            self.assertEqual((dialog.earliest_date, dialog.is_early), (date(2027, 8, 31), True))
            dialog.action_confirm()
            self.assertEqual(contract.date_end, date(2026, 10, 31))
            fees = contract.line_ids.filtered(lambda line: line.kind == 'setup' and not line.is_void)
            self.assertEqual((fees.mapped('price_unit'), fee.is_void), ([1000.0], True))
        applied = contract.amendment_ids.filtered(lambda row: row.kind == 'termination' and row.state == 'applied')
        self.assertEqual(len(applied), 1)
        contract.action_withdraw_termination()
        self.assertFalse(contract.date_end or contract.termination_id)
        self.assertEqual(sum(self._billed_on(date(2026, 11, 1), contract).mapped('amount_untaxed')), 300.0)

    def test_an_end_by_another_system_takes_an_earlier_one_back_with_its_fee(self):
        contract = self._bound(price=100.0, early_fee_product_id=self.fee.id)
        contract._terminate(date(2026, 10, 31), TODAY, 500.0)
        contract.end_on('2026-12-31')
        count = len(contract.amendment_ids)
        contract.end_on('2026-12-31')
        self.assertEqual((contract.date_end, len(contract.amendment_ids)), (date(2026, 12, 31), count))
        with freeze_time('2027-01-01'):
            moves = self._billed_on(date(2027, 1, 1), contract)
        self.assertEqual(sum(moves.mapped('amount_untaxed')), 400.0)

    def test_terminations_that_cannot_be_are_refused_with_a_remedy(self):
        bound = self._bound(**YEAR)
        dialog = self._dialog(bound, date_end=date(2026, 12, 31))
        with self.assertRaisesRegex(UserError, "12/31/2026 is before 08/31/2027, .*tick “Agreed with the Customer”"):
            dialog.action_confirm()
        dialog.write({'is_agreed': True, 'fee': 10.0})
        with self.assertRaisesRegex(UserError, f"{bound.name} has no “Fee Product”"):
            dialog.action_confirm()
        with self.assertRaisesRegex(UserError, "below zero. Enter 0"):
            dialog.fee = -1.0
        with self.assertRaisesRegex(ValidationError, "ends before it starts"):
            bound._terminate(date(2026, 8, 30), TODAY)
        fixed = self._bound(date_end=date(2027, 8, 31))
        with self.assertRaisesRegex(
            UserError, f"{fixed.name}, field “Last Day”: it ends on 08/31/2027.*“Extend Until”"
        ):
            fixed._terminate(date(2027, 9, 30), TODAY)
        fixed._terminate(date(2026, 12, 31), TODAY)
        fixed._terminate(date(2027, 8, 30), TODAY)
        self.assertEqual(fixed.date_end, date(2027, 8, 30), "later than the first termination, no later than agreed")
        whole = self._bound(proration='none')
        with self.assertRaisesRegex(UserError, "in the middle of a period"):
            whole._terminate(date(2026, 9, 20), TODAY)
        draft = self._contract()
        with self.assertRaisesRegex(UserError, "is “Draft”"):
            draft._terminate(date(2027, 9, 20), TODAY)

    def test_a_waived_fee_bills_nothing(self):
        contract = self._bound(**YEAR, early_fee='fixed', early_fee_amount=150.0)
        dialog = self._dialog(contract, when='period', is_agreed=True)
        self.assertEqual((dialog.date_end, dialog.fee), (date(2026, 9, 30), 150.0))
        dialog.fee = 0.0
        dialog.action_confirm()
        self.assertEqual(contract.line_ids.mapped('kind'), ['recurring'])

    # === OTHER TERMS === #

    def _change(self, contract, **values):
        return self.env['billing.contract.change'].create({'contract_id': contract.id, **values})

    def test_commitment_and_notice_of_one_contract_are_agreed_anew(self):
        contract = self._bound(**YEAR, notice_count=1)
        wizard = self._change(contract)
        self.assertEqual((wizard.commitment_months, wizard.notice_count, wizard.renewal), (12, 1, 'open'))
        fee = {'early_fee': 'percent', 'early_fee_percent': 50.0, 'early_fee_product_id': self.fee.id}
        wizard.write({'commitment_months': 24, 'renewal': 'tacit', 'notice_count': 3, **fee})
        wizard.action_see_effect()
        self.assertIn("08/31/2028", wizard.effect)
        wizard.action_confirm()
        amendment = contract.amendment_ids
        self.assertEqual(amendment.kind, 'terms')
        self.assertIn("Minimum Term 12 → 24", amendment.summary)
        self.assertEqual((contract.committed_until, contract.notice_deadline), (date(2028, 8, 31), date(2028, 5, 31)))
        self.assertEqual(amendment.mrr_before, amendment.mrr_after)
        amendment.action_undo()
        self.assertEqual((contract.commitment_months, contract.renewal, contract.early_fee), (12, 'open', 'none'))

    def test_terms_that_cannot_be_are_refused(self):
        contract = self._bound(date(2025, 1, 1), **YEAR)
        later = {'when': 'date', 'date': date(2026, 10, 1)}
        cases = (
            ({'commitment_months': -1}, ValidationError, f"{contract.name}, field “Minimum Term”: -1 is refused"),
            ({'early_fee': 'fixed'}, ValidationError, f"{contract.name}: choose in the field “Fee Product”"),
            ({'notice_count': 2, **later}, UserError, "cannot wait for 10/01/2026. Choose 09/15/2026"),
            ({'renewal': 'end'}, UserError, "it would have ended on 12/31/2025, in the past"),
        )
        for values, error, message in cases:
            with self.subTest(message), self.assertRaisesRegex(error, message), self.env.cr.savepoint():
                self._change(contract, **values).action_see_effect()
        self.assertFalse(contract.amendment_ids)

    def test_a_fixed_term_is_extended(self):
        """A term of months becomes longer, an end that was agreed as a day moves; a year more is billed by both."""
        until = date(2028, 8, 31)
        cases = (
            (self._bound(**YEAR, renewal='end'), "Minimum Term 12 → 24", (until, until)),
            (self._bound(date_end=date(2027, 8, 31)), "End 08/31/2027 → 08/31/2028", (until, False)),
            (self._bound(**YEAR), "Minimum Term 12 → 24", (False, until)),
            (self._bound(**YEAR, renewal='tacit', renewal_months=6), "Minimum Term 12 → 24", (False, until)),
        )
        for contract, sentence, ends in cases:
            with self.subTest(sentence, renewal=contract.renewal):
                self._change(contract, extend_until=until).action_confirm()
                amendment = contract.amendment_ids
                self.assertEqual((amendment.kind, amendment.summary), ('terms', sentence))
                self.assertEqual((contract.date_end, contract.committed_until), ends)
        self.assertEqual(contract.next_renewal, date(2028, 9, 1))

    def test_a_term_is_extended_to_days_that_it_can_end_on(self):
        contract = self._bound(**YEAR, renewal='end')
        cases = (
            (date(2028, 1, 15), f"{contract.name}, field “Extend Until”.*Choose one of: 12/31/2027, 01/31/2028"),
            (date(2027, 8, 31), "runs until 08/31/2027 as it is. Choose a later day"),
        )
        for day, message in cases:
            with self.subTest(day), self.assertRaisesRegex(UserError, message):
                self._change(contract, extend_until=day).action_see_effect()
        contract._terminate(date(2026, 12, 31), TODAY)
        with self.assertRaisesRegex(UserError, "Press “Withdraw Termination” first"):
            self._change(contract, extend_until=date(2028, 8, 31)).action_see_effect()

    def test_a_notice_is_not_received_in_the_future_nor_an_end_wished_in_another_century(self):
        contract = self._bound()
        with Form(self.env['billing.contract.termination'].with_context(default_contract_id=contract.id)) as form:
            form.reason_id = self.reason
            for name, day, message in (
                ('notice_date', date(2030, 1, 1), f"{contract.name}, field “Notice Received On”: 01/01/2030 is still"),
                ('date_end', date(9999, 12, 31), "field “End”: 12/31/9999 is too far"),
            ):
                with self.assertRaisesRegex(UserError, message):
                    setattr(form, name, day)
                setattr(form, name, TODAY)
        fixed = self._bound(date_end=date(2027, 8, 31))
        with Form(self.env['billing.contract.termination'].with_context(default_contract_id=fixed.id)) as form:
            form.reason_id = self.reason
            with self.assertRaisesRegex(UserError, "fill in “Extend Until”"):
                form.date_end = date(2027, 9, 1)
            form.date_end = date(2027, 8, 31)
        with self.assertRaisesRegex(UserError, "field “Notice Received On”"):
            contract._terminate(date(2030, 1, 31), TODAY, notice_date=date(2030, 1, 1))
        with self.assertRaisesRegex(UserError, "field “Last Day”: 01/31/2056 is too far"):
            contract._terminate(date(2056, 1, 31), TODAY)
        bound = self._bound(commitment_months=240)
        bound._terminate(bound.committed_until, TODAY)
        self.assertEqual(bound.date_end, date(2046, 8, 31), "the end of a commitment, however far")
