"""What an addon may leave behind in a database."""

QUERIES = {
    "tables and views": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'm')",
    "columns": "SELECT table_name || '.' || column_name FROM information_schema.columns",
    "indexes": "SELECT indexname FROM pg_indexes",
    "constraints": "SELECT conrelid::regclass || '.' || conname FROM pg_constraint",
    "functions": "SELECT proname FROM pg_proc",
    "external ids": """
        SELECT module || '.' || name FROM ir_model_data
        WHERE model NOT IN ('account.account', 'account.journal')
    """,
    "models": "SELECT model FROM ir_model",
    "fields": "SELECT model || '.' || name FROM ir_model_fields",
    "jobs": "SELECT cron_name FROM ir_cron",
    "views": "SELECT concat(name, ' ', key) FROM ir_ui_view",
    "menus": "SELECT id || ' ' || name FROM ir_ui_menu",
    "actions": "SELECT type || ' ' || name FROM ir_actions",
    "access": "SELECT name FROM ir_model_access",
    "rules": "SELECT name FROM ir_rule",
    "groups": "SELECT id || ' ' || name FROM res_groups",
    "mail templates": "SELECT id || ' ' || name FROM mail_template",
    "sequences": "SELECT name FROM ir_sequence",
    "parameters": "SELECT key FROM ir_config_parameter",
    "payment methods": "SELECT code || ' ' || payment_type FROM account_payment_method",
    "payment method lines": """
        SELECT line.name FROM account_payment_method_line line
        LEFT JOIN account_payment_method method ON method.id = line.payment_method_id
        WHERE method.id IS NULL
    """,
}


def of(database):
    return {kind: database.query(query) for kind, query in QUERIES.items()}
