"""Signatures of jobs: ed25519 over one canonical form. No input or output happens here.

SAFETY: everything that decides whether a signature counts is in this file. A signature covers exactly the bytes that
`canonical_bytes` gives; the status and the signatures of a job are not covered. Texts are accepted in one spelling
only (lower-case hexadecimal, full length), so that one key has one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from horus_runtime.errors import JobError

if TYPE_CHECKING:
    import nacl.signing

ALGORITHM: Final = "ed25519"
DOMAIN: Final = b"horus-job-v1\n"
"""Stands before the signed text, so that a signature of a job is never a signature of anything else."""
SIGNED_FIELDS: Final = ("id", "runner_id", "payload", "timeout", "env_vars", "created_at")

_PUBLIC = re.compile(r"ed25519:([0-9a-f]{64})\Z")
_SIGNATURE = re.compile(r"sig:([0-9a-f]{128})\Z")
_SEED = re.compile(r"[0-9a-f]{64}\Z")
_PRIVATE = re.compile(r"ed25519-private:([0-9a-f]{64})\n?\Z")


class SigningKey:
    """A private ed25519 key. It never shows its secret by accident: not in `repr`, not by pickling."""

    __slots__ = ("_key",)

    def __init__(self, key: nacl.signing.SigningKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key from the system's random numbers."""
        import nacl.signing

        return cls(nacl.signing.SigningKey.generate())

    @classmethod
    def from_seed_hex(cls, seed: str) -> SigningKey:
        """The key of a 32-byte seed, written as 64 lower-case hexadecimal digits."""
        import nacl.signing

        if not _SEED.match(seed):
            raise JobError("key", "a seed is 64 lower-case hexadecimal digits")
        return cls(nacl.signing.SigningKey(bytes.fromhex(seed)))

    @classmethod
    def from_text(cls, text: str) -> SigningKey:
        """The key that `to_text` wrote; the message of a refusal never repeats the text."""
        match = _PRIVATE.match(text)
        if match is None:
            raise JobError("key", "not a private key: expected one line 'ed25519-private:' and 64 hexadecimal digits")
        return cls.from_seed_hex(match[1])

    def to_text(self) -> str:
        """The private key as the content of a key file."""
        return f"ed25519-private:{self.seed_hex}\n"

    @property
    def seed_hex(self) -> str:
        """The secret itself."""
        return bytes(self._key).hex()

    @property
    def public_key(self) -> str:
        """The public key as jobs and trust stores write it: `ed25519:<hex>`."""
        return f"{ALGORITHM}:{bytes(self._key.verify_key).hex()}"

    def sign(self, message: bytes) -> str:
        """The signature of `message`: `sig:<hex>`."""
        return f"sig:{self._key.sign(message).signature.hex()}"

    def __repr__(self) -> str:
        return f"<SigningKey {self.public_key}>"

    def __reduce__(self) -> Any:
        raise TypeError("a SigningKey is not pickled; write it with to_text() where it is safe")


def canonical_bytes(job: Mapping[str, Any]) -> bytes:
    """What a signature covers: the domain line and the RFC 8785 form of the six signed fields."""
    import rfc8785

    try:
        return DOMAIN + rfc8785.dumps({name: job[name] for name in SIGNED_FIELDS})
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        # Numbers beyond 2**53 and half surrogate pairs have no form that every reader agrees on.
        raise JobError("signature", f"the job has no canonical form and cannot be signed: {error}") from error


def is_public_key(text: str) -> bool:
    """Is this a public key in its one spelling?"""
    return _PUBLIC.match(text) is not None


def signature_fault(message: bytes, public_key: str, signature: str, algorithm: str) -> str | None:
    """Why this signature does not count for `message`; `None` when it is valid."""
    if algorithm != ALGORITHM:
        return f"unknown algorithm {_short(algorithm)}; only '{ALGORITHM}' is known"
    key = _PUBLIC.match(public_key)
    if key is None:
        return "the public key is not 'ed25519:' and 64 lower-case hexadecimal digits"
    value = _SIGNATURE.match(signature)
    if value is None:
        return "the signature is not 'sig:' and 128 lower-case hexadecimal digits"
    if not _matches(message, bytes.fromhex(key[1]), bytes.fromhex(value[1])):
        return f"does not match the job: it was changed after signing, or another key than {public_key} signed it"
    return None


def _matches(message: bytes, key: bytes, signature: bytes) -> bool:
    import nacl.exceptions
    import nacl.signing

    try:
        nacl.signing.VerifyKey(key).verify(message, signature)
    except (nacl.exceptions.BadSignatureError, nacl.exceptions.CryptoError, ValueError):
        return False
    return True


def _short(text: str) -> str:
    shown = ascii(text)
    return shown if len(shown) <= 40 else f"{shown[:36]}...'"
