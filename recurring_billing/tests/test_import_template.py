from odoo.tests import BaseCase

from odoo.addons.recurring_billing.tools.import_template import in_language


class TestImportTemplate(BaseCase):
    def test_a_file_of_the_language_is_taken_where_there_is_one(self):
        for lang, expected in (
            ("fr_FR", "x/y_fr.csv"),
            ("fr_BE", "x/y_fr.csv"),
            ("en_US", "x/y.csv"),
            (None, "x/y.csv"),
        ):
            self.assertEqual(in_language("x/y.csv", lang), expected)
