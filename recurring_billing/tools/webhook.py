"""Signed events to other systems: what is signed, how it is checked, and when a failed one is tried again.

Headers, secret and signature are those of the open specification Standard Webhooks: HMAC-SHA256 over the event's id,
the time of sending and the body, so that neither can be changed, nor an old message be sent again later.
"""

import base64
import binascii
import calendar
import hashlib
import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta

# After these waits in minutes a failed event is tried again; all together a little less than a day.
_WAITS = (1, 5, 30, 120, 360, 840)
_EPOCH, _LAST = datetime(1970, 1, 1), 2**32  # seconds
_TOLERANCE = timedelta(minutes=5)  # between the sender's clock and the receiver's
_PREFIX, _SHORTEST, _LONGEST = "whsec_", 24, 64  # bytes of the key


def new_secret() -> str:
    """A secret by chance, in the form that the specification names: a prefix, and 32 bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Whether ``text`` is a secret: the prefix, and 24 to 64 bytes in base64."""
    try:
        key = _key(text)
    except binascii.Error:
        return False
    return text.startswith(_PREFIX) and _SHORTEST <= len(key) <= _LONGEST


def headers(secret: str, event_id: str, moment: datetime, body: str) -> dict[str, str]:
    """The headers of a message.

    :param secret: see `is_secret`
    :param moment: of this attempt, in UTC
    """
    timestamp = str(calendar.timegm(moment.timetuple()))
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signature(secret, event_id, timestamp, body)}",
    }


def is_genuine(secret: str, received: dict[str, str], body: str, now: datetime) -> bool:
    """Whether a message with the headers ``received`` comes from who knows the secret and was sent just now.

    :param received: with names in lower case
    :param now: in UTC
    """
    timestamp = received.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdigit():
        return False
    sent = _EPOCH + timedelta(seconds=min(int(timestamp), _LAST))
    wanted = f"v1,{_signature(secret, received.get('webhook-id', ''), timestamp, body)}"
    given = received.get("webhook-signature", "").split()
    is_signed = any(hmac.compare_digest(wanted.encode(), signature.encode()) for signature in given)
    return is_signed and abs(now - sent) <= _TOLERANCE


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When an event that failed ``attempts`` times is sent again; None: it is given up."""
    return now + timedelta(minutes=_WAITS[attempts - 1]) if attempts <= len(_WAITS) else None


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and not of this machine or a private network."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not found.is_multicast


def _signature(secret: str, event_id: str, timestamp: str, body: str) -> str:
    signed = f"{event_id}.{timestamp}.{body}".encode()
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(_PREFIX).encode(), validate=True)
