from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.recurring_billing.tools.dunning_ladder import Level


@tagged('post_install', '-at_install')
class TestBillingDunningPolicy(TransactionCase):
    """Reminder policies, their versions, and which of them counts for a customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policies = cls.env['billing.dunning.policy']
        cls.shipped = cls.env.ref('recurring_billing.dunning_policy_business')
        cls.consumers = cls.env.ref('recurring_billing.dunning_policy_consumer')
        cls.template = cls.env.ref('recurring_billing.mail_template_dunning_first')
        cls.company = cls.env.company
        cls.customer = cls.env['res.partner'].create({'name': "Atelier Durand", 'is_company': True})

    def _draft(self, *levels, name="House", **values):
        """A draft policy with ``levels``: the values of each, by e-mail unless they say otherwise."""
        rows = [
            Command.create(
                {'sequence': number, 'name': f"L{number}", 'days': number, 'template_id': self.template.id, **level}
            )
            for number, level in enumerate(levels, 1)
        ]
        return self.policies.create({'name': name, 'level_ids': rows, **values})

    def _policy(self, name, **values):
        policy = self._draft({}, name=name, **values)
        policy.action_put_in_force()
        return policy

    def test_the_french_ladders_are_shipped_in_force(self):
        self.assertEqual((self.shipped.state, self.consumers.state), ('in_force', 'in_force'))
        self.assertEqual([level.days for level in self.shipped._ladder()], [-7, 5, 15, 25, 30, 45])
        self.assertEqual([level.days for level in self.consumers._ladder()], [-7, 5, 15, 25, 30, 45])
        for policy in (self.shipped, self.consumers):
            *_others, last, notice, court = policy.level_ids.sorted()
            self.assertEqual((last.effect, last.effect_mode), ('suspend', 'propose'))
            self.assertTrue(notice.is_formal_notice and notice.is_manual and notice.by_letter)
            self.assertTrue(court.effect == 'hand_over' and court.is_manual)
            self.assertFalse(policy._faults())

    def test_consumers_hear_of_interest_with_the_formal_notice_and_never_of_the_indemnity(self):
        fees = [level.late_fees for level in self.consumers.level_ids.sorted()]
        self.assertEqual(fees, ['none', 'none', 'none', 'none', 'announced', 'announced'])
        fees = [level.late_fees for level in self.shipped.level_ids.sorted()]
        self.assertEqual(fees, ['none', 'none', 'announced', 'announced', 'announced', 'announced'])
        for template in self.consumers.level_ids.template_id:
            self.assertNotIn("40 EUR", template.body_html)
            self.assertNotIn("L441-10", template.body_html)

    def test_the_texts_are_rendered_in_both_languages(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['ir.module.module']._load_module_terms(['recurring_billing'], ['fr_FR'])
        invoice = self.env['account.move'].search([('move_type', '=', 'out_invoice')], limit=1)
        action = (
            self.env['billing.dunning.action']
            ._unguarded()
            .create(
                {
                    'company_id': self.company.id,
                    'partner_id': self.customer.id,
                    'date': date(2026, 11, 2),
                    'move_ids': [Command.set(invoice.ids)],
                    'amount': 1234.5,
                    'email_to': "durand@customer.example",
                },
            )
        )
        words = {'en_US': ("Hello", "FORMAL NOTICE", "40 EUR"), 'fr_FR': ("Bonjour", "MISE EN DEMEURE", "40 EUR")}
        for lang, (hello, notice, indemnity) in words.items():
            self.customer.lang = lang
            texts = {}
            for level in self.shipped.level_ids.filtered('template_id'):
                texts[level.days] = level.template_id._render_field('body_html', action.ids, compute_lang=True)[
                    action.id
                ]
                with self.subTest(lang=lang, level=level.days):
                    self.assertIn(hello, texts[level.days])
                    self.assertIn("Atelier Durand", texts[level.days])
            self.assertIn(notice, texts[30])
            self.assertIn(indemnity, texts[15])
            self.assertNotIn(indemnity, texts[5])

    def test_the_ladder_is_told_to_the_pure_rules(self):
        policy = self._draft({'days': -3, 'min_days': 0}, {'days': 8, 'min_amount': 20.5})
        self.assertEqual(policy._ladder(), [Level(-3, 0), Level(8, 7, Decimal("20.5"))])

    def test_what_makes_no_sense_is_not_put_in_force_and_names_the_level(self):
        cases = (
            ("no level", self._draft(), "no level"),
            ("backwards", self._draft({'days': 15}, {'days': 5}), "L2.*after that of the level before"),
            ("no channel", self._draft({'by_email': False}), "L1.*no channel"),
            (
                "handed over by nobody",
                self._draft({'effect': 'hand_over', 'effect_mode': 'do', 'is_manual': False}),
                "L1.*a case handed over, by a person alone",
            ),
            ("no template", self._draft({'template_id': False}), "L1.*no text for its e-mail"),
            ("no short text", self._draft({'by_sms': True, 'short_text': " "}), "L1.*no text for its SMS"),
            (
                "text of something else",
                self._draft({'template_id': self.env.ref('recurring_billing.mail_template_contract').id}),
                "L1.*not one of reminders",
            ),
            ("interest before the due date", self._draft({'days': -1, 'late_fees': 'announced'}), "L1.*before anybody"),
            ("suspended before", self._draft({'days': 0, 'effect': 'suspend'}), "L1.*before anybody is late"),
            ("after the hand-over", self._draft({'effect': 'hand_over'}, {}), "L2.*follows the hand-over"),
            (
                "suspended without notice",
                self._draft({'effect': 'suspend', 'effect_mode': 'do'}),
                "L1.*only after a formal notice",
            ),
            ("consumers", self._draft({'late_fees': 'announced'}, audience='consumer'), "L1.*owe no interest before"),
        )
        for name, policy, message in cases:
            with self.subTest(name), self.assertRaisesRegex(UserError, f"(?s)cannot be put in force.*{message}"):
                policy.action_put_in_force()
            self.assertEqual(policy.state, 'draft')
            self.assertEqual(bool(policy.faults), bool(policy.level_ids))

    def test_what_makes_sense_is_put_in_force(self):
        notice = {'is_formal_notice': True, 'late_fees': 'announced'}
        cases = (
            ("suspended after the notice", [notice, {'effect': 'suspend', 'effect_mode': 'do'}], 'business'),
            ("suspension proposed before it", [{'effect': 'suspend'}, notice], 'business'),
            ("a consumer's interest with the notice", [{}, notice, {'late_fees': 'charged'}], 'consumer'),
            (
                "hand-over without a message",
                [{'by_email': False, 'template_id': False, 'effect': 'hand_over'}],
                'business',
            ),
            ("a call needs no text", [{'by_email': False, 'by_call': True, 'template_id': False}], 'business'),
        )
        for name, levels, audience in cases:
            with self.subTest(name):
                policy = self._draft(*levels, audience=audience)
                policy.action_put_in_force()
                self.assertEqual(policy.state, 'in_force')

    @mute_logger('odoo.sql_db')
    def test_negative_limits_and_days_out_of_range_are_refused(self):
        for level in ({'min_days': -1}, {'min_amount': -0.01}, {'days': -61}, {'days': 731}):
            with self.subTest(level), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self._draft(level)

    def test_what_is_in_force_never_changes(self):
        policy = self._policy("House")
        level = policy.level_ids
        for change in (
            lambda: level.write({'days': 9}),
            lambda: level.unlink(),
            lambda: level.copy(),
            lambda: policy.write({'audience': 'consumer'}),
            lambda: policy.write({'level_ids': [Command.create({'name': "More", 'days': 99})]}),
            lambda: policy.unlink(),
            lambda: self._draft({}).level_ids.write({'policy_id': policy.id}),
        ):
            with self.assertRaisesRegex(UserError, "not a draft"), self.env.cr.savepoint():
                change()
        for vals in ({'state': 'draft'}, {'version': 7}, {'origin_id': self.shipped.id}):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "by hand"):
                policy.write(vals)
        policy.name = "Our house"

    def test_a_new_version_replaces_the_old_one_which_its_cases_keep(self):
        first = self._policy("House")
        draft = self.policies.browse(first.action_new_version()['res_id'])
        self.assertEqual((draft.version, draft.state, draft.origin_id), (2, 'draft', first))
        self.assertEqual(first.action_new_version()['res_id'], draft.id, "there is one draft at a time")
        draft.level_ids.days = 12
        self.assertEqual(first.level_ids.days, 1)
        self.assertEqual((first.current_id, draft.current_id), (first, first), "a draft is not in force yet")
        draft.action_put_in_force()
        self.assertEqual((first.state, draft.state), ('replaced', 'in_force'))
        self.assertEqual((first.current_id, draft.current_id), (draft, draft))
        third = self.policies.browse(draft.action_new_version()['res_id'])
        self.assertEqual((third.version, third.origin_id), (3, first))
        third.unlink()
        with self.assertRaisesRegex(UserError, "Replaced"):
            first.action_put_in_force()

    def test_a_replaced_version_opens_the_draft_of_the_newest(self):
        first = self._policy("House")
        second = self.policies.browse(first.action_new_version()['res_id'])
        self.assertEqual(second.action_new_version()['res_id'], second.id)
        second.action_put_in_force()
        with self.assertRaisesRegex(UserError, "Replaced"):
            first.action_new_version()

    def test_the_closest_choice_counts_and_always_its_version_in_force(self):
        names = ('contract', 'customer', 'plan', 'tag', 'company')
        chosen = {name: self._policy(name) for name in names}
        tag = self.env['res.partner.category'].create({'name': "Friends"})
        plan = self.env['billing.plan'].create({'name': "Basic"})
        contract = self.env['billing.contract'].create({'partner_id': self.customer.id, 'plan_id': plan.id})
        contact = self.env['res.partner'].create({'name': "Anne", 'parent_id': self.customer.id})
        self.customer.category_id = tag
        holders = (
            (self.company, 'billing_dunning_policy_id', 'company'),
            (tag, 'billing_dunning_policy_id', 'tag'),
            (plan, 'dunning_policy_id', 'plan'),
            (self.customer, 'billing_dunning_policy_id', 'customer'),
            (contract, 'dunning_policy_id', 'contract'),
        )
        self.assertEqual(self.policies._for(self.company, contact, contract), self.shipped)
        for record, field, name in holders:
            record[field] = chosen[name]
            with self.subTest(name):
                self.assertEqual(self.policies._for(self.company, contact, contract), chosen[name])
        self.assertEqual(self.policies._for(self.company, self.customer), chosen['customer'], "no contract, no plan")
        draft = self.policies.browse(chosen['contract'].action_new_version()['res_id'])
        draft.action_put_in_force()
        self.assertEqual(self.policies._for(self.company, contact, contract), draft)
        draft.active = False
        self.assertEqual(self.policies._for(self.company, contact, contract), chosen['customer'])

    def test_each_kind_of_customer_has_its_ladder_wherever_another_is_chosen(self):
        self.company.billing_dunning_policy_id = self._policy("Firm")
        kinds = {'business': "Firm", 'public': "Firm", 'consumer': self.consumers.name, 'nonpro': self.consumers.name}
        for kind, expected in kinds.items():
            self.customer.billing_party_kind = kind
            with self.subTest(kind):
                self.assertEqual(self.policies._for(self.company, self.customer).name, expected)
        self.customer.billing_dunning_policy_id = self._policy("For a business")
        self.assertEqual(self.policies._for(self.company, self.customer), self.consumers, "it is a non-professional")
        patient = self._policy("Patient", audience='consumer')
        self.company.billing_dunning_consumer_policy_id = patient
        self.assertEqual(self.policies._for(self.company, self.customer), patient)

    def test_a_policy_of_another_company_is_passed_over(self):
        other = self.env['res.company'].create({'name': "Other company"})
        self.customer.billing_dunning_policy_id = self._policy("Theirs", company_id=other.id)
        self.assertEqual(self.policies._for(self.company, self.customer), self.shipped)
        self.assertEqual(self.policies._for(other, self.customer).name, "Theirs")
        user = new_test_user(self.env, 'reminding_user', 'recurring_billing.group_user')
        self.env.invalidate_all()
        self.assertEqual(self.policies.with_user(user)._for(self.company, self.customer.with_user(user)), self.shipped)
        for record in (self.customer.billing_dunning_policy_id, self.customer.billing_dunning_policy_id.level_ids):
            with self.assertRaises(AccessError):
                record.with_user(user).read(['display_name'])

    def test_only_an_administrator_keeps_policies(self):
        user = new_test_user(self.env, 'reminding_user', 'recurring_billing.group_user')
        manager = new_test_user(self.env, 'policy_keeper', 'recurring_billing.group_manager')
        self.assertEqual(self.shipped.with_user(user).level_ids[0].days, -7)
        self.assertEqual(self.policies.with_user(user)._for(self.company, self.customer), self.shipped)
        with self.assertRaises(AccessError):
            self.shipped.with_user(user).action_new_version()
        draft = self.policies.browse(self.shipped.with_user(manager).action_new_version()['res_id'])
        with self.assertRaises(AccessError):
            draft.with_user(user).action_put_in_force()
        draft.with_user(manager).action_put_in_force()
        self.assertEqual(self.shipped.state, 'replaced')
