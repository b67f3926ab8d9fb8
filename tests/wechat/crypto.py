"""WeChat's encryption from its description, apart from what the adapter uses."""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class WrongPlace(ValueError):
    """It was encrypted for another account."""


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def encrypt(aes_key: str, app_id: str, text: str, random: bytes | None = None) -> str:
    data = text.encode()
    plain = (random or os.urandom(16)) + len(data).to_bytes(4, "big") + data + app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    padded = plain + bytes([padding]) * padding
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(aes_key: str, app_id: str, encrypted: str) -> str:
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise ValueError("wrong padding")
    length = int.from_bytes(plain[16:20], "big")
    data, whose = plain[20 : 20 + length], plain[20 + length : -padding]
    if whose.decode() != app_id:
        raise WrongPlace(whose.decode("utf-8", "replace"))
    return data.decode()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    assert len(key) == 32
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
