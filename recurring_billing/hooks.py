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
    names_under_other_modules(env).unlink()


def names_under_other_modules(env):
    """The external ids of our models that Odoo files under the modules they inherit from, and would leave behind."""
    ours = env['ir.model.data'].search([('module', '=', 'recurring_billing'), ('model', '=', 'ir.model')])
    models = env['ir.model'].browse(ours.mapped('res_id')).mapped('model')
    tables = [model.replace('.', '_') for model in models if model.startswith('billing.')]
    prefixes = tuple(f'{kind}__{table}__' for kind in ('selection', 'model_inherit') for table in tables)
    candidates = env['ir.model.data'].search([('module', '!=', 'recurring_billing'), ('name', 'like', 'billing')])
    return candidates.filtered(lambda data: data.name.startswith(prefixes))
