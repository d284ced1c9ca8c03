"""Files of the bank as they come: plain, or in a zip archive that is not trusted."""

import io
import zipfile

from .bank_xml import BankMessageError

LIMIT = 256 * 1024 * 1024  # bytes that a file may have once it is unpacked
MEMBERS = 500  # files in one archive
_CHUNK = 1024 * 1024
_MAGIC = (b'PK\x03\x04', b'PK\x05\x06')


def unpack(name, data, *, limit=LIMIT):
    """The files in ``data``: itself, or the members of a zip archive, told by its content.

    :param limit: bytes of all files together, announced or real
    :return: iterator of (name, bytes), each member unpacked only when its turn comes
    :raises BankMessageError: for an archive that is broken, encrypted or too large, or that names paths
    """
    if not data:
        raise BankMessageError('empty')
    if not data.startswith(_MAGIC):
        if len(data) > limit:
            raise BankMessageError('too_large', limit=limit)
        yield name, data
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise BankMessageError('bad_zip', text=str(error)) from error
    if not all(member.filename for member in archive.infolist()):
        raise BankMessageError('bad_zip', text="a member without a name")
    members = [member for member in archive.infolist() if not member.is_dir()]
    _check(archive, members, limit)
    for member in members:
        unpacked = _member(archive, member, limit)
        limit -= len(unpacked)
        yield member.filename, unpacked


def _check(archive, members, limit):
    """Refuse an archive before anything of it is unpacked."""
    if not members:
        raise BankMessageError('empty')
    if len(members) > MEMBERS:
        raise BankMessageError('too_many', limit=MEMBERS)
    for member in archive.infolist():
        if '/' in member.filename or '\\' in member.orig_filename or member.filename in ('.', '..'):
            raise BankMessageError('path_in_zip', text=member.filename)
        if member.flag_bits & 0x1:
            raise BankMessageError('encrypted')
    if sum(member.file_size for member in members) > limit:
        raise BankMessageError('too_large', limit=limit)


def _member(archive, member, limit):
    """The bytes of ``member``, never more than ``limit``, whatever the archive announced."""
    unpacked = io.BytesIO()
    try:
        with archive.open(member) as source:
            while chunk := source.read(_CHUNK):
                if unpacked.tell() + len(chunk) > limit:
                    raise BankMessageError('too_large', limit=limit)
                unpacked.write(chunk)
    except BankMessageError:
        raise
    except Exception as error:  # zipfile and the decompressors below it raise many kinds
        raise BankMessageError('bad_zip', text=str(error)) from error
    data = unpacked.getvalue()
    if data.startswith(_MAGIC):
        raise BankMessageError('nested')
    return data
