from odoo.tests import TransactionCase, tagged

from .. import hooks


@tagged('post_install', '-at_install')
class TestHooks(TransactionCase):
    def _name(self, name, module):
        return self.env['ir.model.data'].create(
            {'name': name, 'module': module, 'model': 'res.partner', 'res_id': self.env.user.partner_id.id},
        )

    def test_an_uninstall_takes_our_names_under_other_modules_and_nobody_elses(self):
        ours = self._name('selection__billing_contract__activity_state__x', 'mail')
        ours |= self._name('model_inherit__billing_contract__x', 'portal')
        others = self._name('selection__project_project__billing_type__fixed_rate', 'sale_timesheet')
        others |= self._name('selection__x_billing_contract__state__x', 'portal')
        others |= self._name('model_inherit__billing_somebody__mail_thread', 'mail')
        taken = hooks.names_under_other_modules(self.env)
        self.assertLessEqual(ours, taken)
        self.assertFalse(taken & others)
