"""The secrets of a classroom: links, codes, cookies, and the token that every form carries.

Only digests are kept, so that a stolen store opens no seat; what a page has to show again is derived from the secret in
the reader's own cookie.
"""

import hashlib
import hmac
import secrets

ALPHABET = "CDFGHJKMNPQRTWXY34679"
"""No two letters or digits of it look alike, and no word can be spelt with it."""
CODE = 6


def token() -> str:
    """A secret of 128 bits for a link or a cookie."""
    return secrets.token_urlsafe(16)


def code(length: int = CODE) -> str:
    """A code that can be read out and typed on a phone."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def typed(text: str, longest: int = 40) -> str:
    """A code as somebody typed it, without the spaces and dashes people add."""
    return "".join(c for c in text[:longest].upper() if c.isalnum())


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same(secret: str, kept: str) -> bool:
    """Whether a secret is the one a digest was kept of, in a time that tells nothing."""
    return hmac.compare_digest(digest(secret), kept)


def _derived(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


def form_token(secret: str) -> str:
    """The token of every form shown to the holder of a cookie."""
    return _derived(secret, "form").hex()[:32]


def matches(secret: str, given: str) -> bool:
    """Whether a form's token belongs to a cookie's secret."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())


def rejoin_code(secret: str) -> str:
    """What brings a student back on another device: eight signs, from the secret in the cookie."""
    signs = "".join(ALPHABET[b % len(ALPHABET)] for b in _derived(secret, "rejoin")[:8])
    return f"{signs[:4]}-{signs[4:]}"
