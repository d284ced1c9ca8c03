"""Packages the addon so that Odoo finds it in site-packages as odoo.addons.recurring_billing."""

import ast
import pathlib

from setuptools import find_packages, setup

NAME = "recurring_billing"
PACKAGE = f"odoo.addons.{NAME}"
ROOT = pathlib.Path(__file__).resolve().parent
ADDON = ROOT / NAME
README = ROOT / "README.md"


def is_hidden(path):
    """Caches of tools that ran here are no part of the addon."""
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))

setup(
    name=f"odoo-addon-{NAME.replace('_', '-')}",
    version=manifest["version"],
    description=manifest["summary"],
    long_description=README.read_text(encoding="utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    author=manifest["author"],
    license=manifest["license"],
    python_requires=">=3.10",
    # Odoo itself is not on PyPI: the machine that installs this has it already.
    install_requires=manifest["external_dependencies"]["python"],
    packages=[PACKAGE, *(f"{PACKAGE}.{name}" for name in find_packages(str(ADDON)))],
    package_dir={PACKAGE: NAME},
    package_data={
        PACKAGE: [
            str(path.relative_to(ADDON))
            for path in ADDON.rglob("*")
            if path.is_file() and not is_hidden(path.relative_to(ADDON))
        ],
    },
    zip_safe=False,
)
