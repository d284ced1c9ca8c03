def post_init_hook(env):
    """Give each company that has a chart of accounts its journal, account and payment method for direct debits."""
    companies = env['res.company'].search([('chart_template', '!=', False)])
    companies._billing_set_up_direct_debit()


def uninstall_hook(env):
    """Take our payment method off the bank journals; entries, their journal and account 511600 are books, and stay."""
    env['account.payment.method'].search([('code', '=', 'billing_sdd')]).unlink()
