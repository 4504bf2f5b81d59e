"""What a target's TLS settings mean to the ssl module."""

import ssl
from functools import cache

from analysis.errors import UsageError
from analysis.target_parts import Tls


@cache
def tls_context(tls: Tls) -> ssl.SSLContext:
    """Verifies certificate and host name, against the system's authorities when no file is given.

    Raises UsageError for a file that does not hold what it should, without quoting it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca_file is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(tls.ca_file)
        except OSError as error:
            raise _unusable("tls.ca_file", tls.ca_file, "certificates in PEM form", error) from None
    if tls.cert_file is not None:
        try:
            # With a password given, an encrypted key is an error; without one it would be asked for.
            context.load_cert_chain(tls.cert_file, tls.key_file, password="")
        except OSError as error:
            wanted = "a certificate in PEM form and its key, not encrypted"
            place = "tls.cert_file" if tls.key_file is None else "tls.cert_file and tls.key_file"
            raise _unusable(place, tls.cert_file, wanted, error) from None
    return context


def _unusable(key: str, file: str, wanted: str, error: OSError) -> UsageError:
    reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return UsageError(f"{key}: found {file} ({reason or 'nothing usable'}), wanted {wanted}")
