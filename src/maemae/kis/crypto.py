"""The cipher of the execution notices: AES-256-CBC with PKCS#7 padding, Base64 around it.

Key (32) and initial vector (16) come with the acknowledgement of the registration; their ASCII
bytes are the key, they are not decoded in any way.
"""

import base64
import binascii

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK_BITS = 128


class Keys:
    """The key and initial vector of one connection."""

    def __init__(self, key: str, iv: str) -> None:
        self._cipher = Cipher(algorithms.AES(key.encode("ascii")), modes.CBC(iv.encode("ascii")))

    def decrypt(self, payload: str) -> str:
        """Return the plain text.

        Raises:
            ValueError: the payload was not made with these keys.
        """
        try:
            secret = base64.b64decode(payload, validate=True)
        except binascii.Error:
            raise ValueError("the encrypted part is no Base64") from None
        decryptor = self._cipher.decryptor()
        padded = decryptor.update(secret) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        plain = unpadder.update(padded) + unpadder.finalize()
        return plain.decode("utf-8")
