"""A POST that ends in time, follows no redirect, and does not reach into the own network unless it may."""

import requests
import urllib3
from requests.adapters import HTTPAdapter

from .webhook import is_public

_TIMEOUT = 15  # seconds, to connect and again to answer
_LONGEST = 500  # characters of an answer that are kept


class PostError(Exception):
    """Why a message did not arrive, in words for a log."""


def post(url: str, body: str, headers: dict[str, str], *, may_be_private: bool) -> int:
    """Send ``body`` and return the status, 200 to 299.

    :raises PostError: no such host, a private address, a bad certificate, no answer in time, or any other status
    """
    with requests.Session() as session:
        session.trust_env = False  # neither proxies nor passwords of the server's own environment
        if not may_be_private:
            for scheme in ("https://", "http://"):
                session.mount(scheme, _PublicOnly())
        try:
            answer = session.post(
                url, data=body.encode(), headers=headers, timeout=_TIMEOUT, allow_redirects=False, stream=True
            )
            with answer:
                text = "" if answer.ok else next(answer.iter_content(_LONGEST), b"").decode(errors="replace")
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise PostError(str(error)[:_LONGEST]) from error
    if 300 <= answer.status_code < 400:
        place = answer.headers.get('location', '')
        raise PostError(f"{answer.status_code}: redirected to {place}, which is not followed")
    if not 200 <= answer.status_code < 300:
        raise PostError(f"{answer.status_code}: {text}".strip())
    return answer.status_code


class _PublicOnly(HTTPAdapter):
    """Looks at the address that a connection really has, before anything is sent: a name may change its address."""

    def init_poolmanager(self, *args, **kwargs):
        result = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type("Pool", (pool,), {"ConnectionCls": _guarded(pool.ConnectionCls)})
            for scheme, pool in self.poolmanager.pool_classes_by_scheme.items()
        }
        return result


def _guarded(connection):
    class Guarded(connection):
        def _new_conn(self):
            sock = super()._new_conn()
            address = sock.getpeername()[0]
            if is_public(address):
                return sock
            sock.close()
            raise urllib3.exceptions.NewConnectionError(self, f"{address} is no address of the internet")

    return Guarded
