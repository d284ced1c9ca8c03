"""Odoo 19 Community: an existing tree, Debian's package unpacked (not installed) or a git clone."""

import os
import pathlib
import shutil
import subprocess

from steps import DEV, StepError, run, say, step

HOME = DEV / "odoo"
READY = HOME / "READY"  # written last: a run that was interrupted starts the unpacking again
APT = DEV / "apt"
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
GIT_URL = "https://github.com/odoo/odoo"
# Where `odoo` lies in a checkout, in an unpacked package and in an installation under /usr.
PACKAGE_FOLDERS = (".", "usr/lib/python3/dist-packages", "lib/python3/dist-packages")

# Debian replaces what Odoo bundles by links into other packages. Each is taken from the suite whose
# files fit the links.
PACKAGES = {
    "sid": ["odoo-19", "fonts-montserrat"],
    "bookworm": [
        "libjs-jquery",
        "libjs-jquery-form",
        "libjs-underscore",
        "fonts-font-awesome",
        "fonts-roboto-unhinted",
        "fonts-inconsolata",
        "fonts-ocr-b",
    ],
}
UNUSED = ["./usr/lib/python3/dist-packages/addons"]  # every addon a second time, by links
LANGUAGES = {"fr.po"}
# Left out of Debian's package for its licence; the web client asks for it, no page of ours uses it.
STUB = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


class Odoo:
    """A source tree: ``path`` goes into PYTHONPATH, ``addons`` into --addons-path."""

    def __init__(self, path):
        self.path = path

    @property
    def addons(self):
        """The folders of addons: a git checkout keeps most of them outside the package."""
        folders = [self.path / "odoo" / "addons", self.path / "addons"]
        return [folder for folder in folders if any(folder.glob("*/__manifest__.py"))]

    @property
    def version(self):
        release = {}
        exec((self.path / "odoo" / "release.py").read_text(), release)
        return release["version"]


def find():
    """Return the Odoo tree to use, fetching it first where there is none.

    :raises StepError: where none can be had; says how to name one with ODOO_SRC
    """
    if given := os.environ.get("ODOO_SRC"):
        return existing(pathlib.Path(given))
    if not READY.exists():
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        if mirror := debian_mirror():
            from_debian(mirror)
        else:
            from_git()
        READY.write_text("complete\n")
    return existing(HOME)


def existing(root):
    for package in PACKAGE_FOLDERS:
        path = (root / package).resolve()
        if (path / "odoo" / "release.py").is_file():
            odoo = Odoo(path)
            if odoo.version.startswith("19.0"):
                return odoo
            raise StepError(f"{root} holds Odoo {odoo.version}; set ODOO_SRC to an Odoo 19.0 tree.")
    raise StepError(
        f"there is no Odoo in {root}: set ODOO_SRC to a folder with odoo-bin (a checkout of branch "
        "19.0) or to the root of an installed or unpacked package."
    )


def debian_mirror():
    """Return the address of the machine's own Debian mirror, None where apt has none to trust."""
    if not (shutil.which("apt-get") and KEYRING.exists()):
        return None
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    known = subprocess.run(command, capture_output=True, text=True).stdout.split()
    return next((uri for uri in known if uri.rstrip("/").endswith("/debian")), None)


def from_debian(mirror):
    with step("Odoo 19: package lists from Debian", "10 s"):
        apt_update(mirror)
    with step("Odoo 19: download of 125 MB", "10 s to a few minutes, by your line"):
        apt_download()
    with step("Odoo 19: unpacking 1 GB", "15 s"):
        for deb in sorted((APT / "debs").glob("*.deb")):
            unpack(deb)
        finish_tree()
        shutil.rmtree(APT)


def apt(*arguments):
    """The command line of apt-get with paths of its own: needs no root, changes nothing outside."""
    options = {
        "Dir::Etc::sourcelist": APT / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State": APT / "state",
        "Dir::State::Lists": APT / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": APT / "cache",
        "Dir::Cache::pkgcache": "",
        "Acquire::Languages": "none",
        "APT::Sandbox::User": "root",  # apt's own user could not write here
    }
    return ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items()), *arguments]


def apt_update(mirror):
    shutil.rmtree(APT, ignore_errors=True)
    for folder in ("state", "lists/partial", "cache/archives/partial", "debs"):
        (APT / folder).mkdir(parents=True)
    lines = [f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in PACKAGES]
    (APT / "sources.list").write_text("".join(lines))
    run(*apt("update", "-oAPT::Update::Error-Mode=any"), log=DEV / "log" / "apt-update.log")


def apt_download():
    wanted = [f"{name}/{suite}" for suite, names in PACKAGES.items() for name in names]
    try:
        run(*apt("download", *wanted), log=DEV / "log" / "apt-download.log", cwd=APT / "debs")
    except StepError as error:
        raise StepError(
            f"{error}\nDebian's suite sid may have moved on and no longer carry odoo-19. Get Odoo "
            "19 Community another way (a git checkout of its branch 19.0, the official package) "
            "and run again with ODOO_SRC=/path/to/it."
        ) from error


def unpack(deb):
    """Unpack ``deb`` under HOME, without what UNUSED names."""
    excludes = [f"--exclude={path}" for path in UNUSED]
    contents = ["dpkg-deb", "--fsys-tarfile", deb]
    with subprocess.Popen(contents, stdout=subprocess.PIPE) as archive:
        tar = ["tar", "-x", "-C", HOME, *excludes]
        run(*tar, stdin=archive.stdout, log=DEV / "log" / "unpack.log")
    if archive.returncode:
        raise StepError(f"{deb.name} cannot be unpacked: is the disk full? Run again.")


def finish_tree():
    package = HOME / "usr/lib/python3/dist-packages/odoo"
    for translation in package.glob("addons/*/i18n/*.po"):
        if translation.name not in LANGUAGES:
            translation.unlink()
    stub = package / STUB
    stub.parent.mkdir(parents=True, exist_ok=True)
    stub.write_text("/* stands for a file that Debian leaves out for its licence */\n")
    dangling = [path for path in package.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling:
        names = "\n".join(f"{path} -> {os.readlink(path)}" for path in dangling[:10])
        raise StepError(
            f"{len(dangling)} links of the Odoo package point nowhere:\n{names}\nSet ODOO_SRC to another Odoo 19 tree."
        )


def from_git():
    if not shutil.which("git"):
        raise StepError("git has to fetch Odoo here: install the package `git`, or set ODOO_SRC.")
    url = os.environ.get("ODOO_GIT_URL", GIT_URL)
    say("   no apt with Debian's keyring here, so the source comes from git")
    with step(f"Odoo 19: shallow clone of branch 19.0 from {url}", "several minutes"):
        command = ["git", "clone", "--depth", "1", "--branch", "19.0", url, str(HOME)]
        run(*command, log=DEV / "log" / "git-clone.log")
