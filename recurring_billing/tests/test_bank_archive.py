import io
import zipfile

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from odoo.addons.recurring_billing.tools import bank_archive
from odoo.addons.recurring_billing.tools.bank_xml import BankMessageError


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """A zip archive of ``members``, {name: bytes}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def without_a_name(data):
    """The archive ``data``, whose directory gives its one member a name of no letter, as damage may."""
    place = data.rindex(b'PK\x01\x02')
    length = int.from_bytes(data[place + 28 : place + 30], 'little')
    cut = data[: place + 28] + b'\0\0' + data[place + 30 : place + 46] + data[place + 46 + length :]
    end = cut.rindex(b'PK\x05\x06')
    size = int.from_bytes(cut[end + 12 : end + 16], 'little') - length
    return cut[: end + 12] + size.to_bytes(4, 'little') + cut[end + 16 :]


def lying_about_size(data, size):
    """The archive ``data``, whose directory announces another ``size`` of its one member."""
    place = data.rindex(b'PK\x01\x02') + 24
    return data[:place] + size.to_bytes(4, 'little') + data[place + 4 :]


@tagged('post_install', '-at_install')
class TestBankArchive(BaseCase):
    def _error(self, data, **options):
        with self.assertRaises(BankMessageError) as caught:
            [*bank_archive.unpack("bank.zip", data, **options)]
        return caught.exception.code

    def test_a_plain_file_is_itself(self):
        self.assertEqual([*bank_archive.unpack("a.xml", b'<a/>')], [("a.xml", b'<a/>')])

    def test_an_archive_is_known_by_its_content_whatever_its_name(self):
        data = zipped({"a.xml": b'<a/>', "b.xml": b'<b/>'})
        self.assertEqual([*bank_archive.unpack("a.xml", data)], [("a.xml", b'<a/>'), ("b.xml", b'<b/>')])

    def test_what_is_refused(self):
        encrypted = bytearray(zipped({"a.xml": b'<a/>'}))
        encrypted[encrypted.rindex(b'PK\x01\x02') + 8] |= 1
        for data, code in (
            (b'', 'empty'),
            (zipped({}), 'empty'),
            (zipped({"../a.xml": b'<a/>'}), 'path_in_zip'),
            (zipped({"/etc/a.xml": b'<a/>'}), 'path_in_zip'),
            (zipped({"in/a.xml": b'<a/>'}), 'path_in_zip'),
            (zipped({"in\\a.xml": b'<a/>'}), 'path_in_zip'),
            (zipped({"a.zip": zipped({"a.xml": b'<a/>'})}), 'nested'),
            (bytes(encrypted), 'encrypted'),
            (zipped({"a.xml": b'<a/>'})[:-30], 'bad_zip'),
            (without_a_name(zipped({"a.xml": b'<a/>'})), 'bad_zip'),
            (zipped({f"{number}.xml": b'' for number in range(501)}), 'too_many'),
        ):
            with self.subTest(code):
                self.assertEqual(self._error(data), code)

    def test_a_gigabyte_is_refused_before_it_is_unpacked(self):
        announced = lying_about_size(zipped({"a.xml": b'<a/>'}), 1024**3)
        self.assertEqual(self._error(announced), 'too_large')

    def test_an_archive_that_hides_its_size_is_stopped_at_the_limit(self):
        hidden = lying_about_size(zipped({"a.xml": b'a' * 5_000_000}), 10)
        self.assertIn(self._error(hidden, limit=1_000_000), ('too_large', 'bad_zip'))

    def test_the_limit_is_that_of_all_files_together(self):
        data = zipped({"a.xml": b'a' * 600, "b.xml": b'b' * 600})
        self.assertEqual(self._error(data, limit=1000), 'too_large')

    def test_a_plain_file_has_the_limit_too(self):
        self.assertEqual(self._error(b'a' * 1001, limit=1000), 'too_large')
