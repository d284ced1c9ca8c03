"""The wheel that setup.py builds: whole, and found by Odoo without an addons path."""

import ast
import email
import unittest
import zipfile

import packaged
from steps import ROOT

ADDON = ROOT / packaged.ADDON
PREFIX = f"odoo/addons/{packaged.ADDON}"


class TestPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text())
        with zipfile.ZipFile(packaged.wheel()) as wheel:
            cls.names = set(wheel.namelist())
            metadata = next(name for name in cls.names if name.endswith(".dist-info/METADATA"))
            cls.metadata = email.message_from_bytes(wheel.read(metadata))

    def test_every_file_is_in_it(self):
        packed = {name for name in self.names if ".dist-info/" not in name}
        files = [path.relative_to(ADDON) for path in ADDON.rglob("*") if path.is_file()]
        own = {
            f"{PREFIX}/{path}"
            for path in files
            if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
        }
        self.assertEqual(packed, own, "the addon's files, and no cache that a tool left among them")

    def test_it_says_what_the_manifest_says(self):
        self.assertEqual(self.metadata["Version"], self.manifest["version"])
        self.assertEqual(
            set(self.metadata.get_all("Requires-Dist")),
            set(self.manifest["external_dependencies"]["python"]),
        )

    def test_odoo_installs_it_from_site_packages(self):
        database = packaged.database()
        self.assertIn(
            f"{packaged.ADDON} installed",
            database.query("SELECT name || ' ' || state FROM ir_module_module"),
        )
        found = packaged.folder() / "odoo" / "addons" / packaged.ADDON
        self.assertEqual(database.call("addon_folder", packaged.ADDON), str(found))
