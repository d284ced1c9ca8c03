def post_init_hook(env):
    """Give each company that has a chart of accounts its journal, account and payment method for direct debits."""
    companies = env['res.company'].search([('chart_template', '!=', False)])
    companies._billing_set_up_direct_debit()


def uninstall_hook(env):
    """Take our payment method off the bank journals; entries, their journal and account 511600 are books, and stay."""
    method = env['account.payment.method'].search([('code', '=', 'billing_sdd')])
    lines = env['account.payment.method.line'].search([('payment_method_id', 'in', method.ids)])
    # core keeps a line that payments name: it becomes an ordinary one, off its journal
    lines.write({'payment_method_id': env.ref('account.account_payment_method_manual_in').id})
    lines.unlink()
    method.unlink()
    # Odoo files what our models inherit from `mail` and `portal` under those modules, and would leave it behind
    inherited = env['ir.model.data'].search([('name', 'like', r'\_\_billing\_'), ('module', '!=', 'recurring_billing')])
    inherited.unlink()
