import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

MODULE = 'recurring_billing'


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):
    def _terms(self):
        reader = TranslationModuleReader(self.env.cr, [MODULE], lang=None)
        return {row[4] for row in reader}

    def test_every_term_has_its_french(self):
        french = {entry.msgid: entry.msgstr for entry in polib.pofile(file_path(f'{MODULE}/i18n/fr.po'))}
        self.assertFalse(sorted(term for term in self._terms() if not french.get(term)))

    def test_no_french_is_left_without_its_term(self):
        french = {entry.msgid for entry in polib.pofile(file_path(f'{MODULE}/i18n/fr.po'))}
        self.assertFalse(sorted(french - self._terms()))
