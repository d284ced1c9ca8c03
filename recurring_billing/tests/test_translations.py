import polib
from lxml import html

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

MODULE = 'recurring_billing'
READ = {'title', 'placeholder', 'alt', 'aria-label'}  # attributes that people read


@tagged('post_install', '-at_install')
class TestTranslations(TransactionCase):
    def _terms(self):
        reader = TranslationModuleReader(self.env.cr, [MODULE], lang=None)
        return {row[4] for row in reader}

    def test_every_term_has_its_french(self):
        french = {entry.msgid: entry.msgstr for entry in polib.pofile(file_path(f'{MODULE}/i18n/fr.po'))}
        self.assertFalse(sorted(term for term in self._terms() if not french.get(term)))

    def _markup(self, text):
        """The tags of ``text`` with what the client or the server computes from them: never translated."""
        return [
            (node.tag, {name: value for name, value in node.attrib.items() if name not in READ})
            for node in html.fragment_fromstring(text, create_parent=True).iter()
        ]

    def test_french_changes_no_markup(self):
        """A space that no line breaks at, as French wants one before “!”, makes “name != '/'” a crash of the form."""
        for entry in polib.pofile(file_path(f'{MODULE}/i18n/fr.po')):
            if '</' in entry.msgid or '/>' in entry.msgid:
                with self.subTest(entry.msgid[:80]):
                    self.assertEqual(self._markup(entry.msgstr), self._markup(entry.msgid))

    def test_no_french_is_left_without_its_term(self):
        french = {entry.msgid for entry in polib.pofile(file_path(f'{MODULE}/i18n/fr.po'))}
        self.assertFalse(sorted(french - self._terms()))
