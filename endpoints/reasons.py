"""Why there is no answer, in words that a user can act on, whatever requests, urllib3 or Python raised."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import urllib3.exceptions as wire


class OverBoundError(http.client.HTTPException):
    """An answer has more of something than a run takes; the message is the reason. urllib3 passes its base class on."""


def reason_of(error: BaseException, timeout: float, url: str) -> str:
    """The reason why a request to `url` that may take `timeout` seconds has no answer."""
    causes = list(causes_of(error))
    host = urlsplit(url).netloc.rpartition("@")[2]
    for describe in (_over_bound, _unverified, _insecure, _unreachable, _unconnected, _broken_off, _unreadable):
        for cause in causes:
            reason = describe(cause, host, timeout)
            if reason:
                return reason
    said = " ".join(str(causes[-1]).split())
    return f"the request could not be sent, or its answer not be read ({said or 'no reason was given'})"


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised from, the outermost first; libraries put causes into arguments, too."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        waiting += [one for one in inner if isinstance(one, BaseException)]


def _over_bound(error: BaseException, _: str, __: float) -> str:
    if isinstance(error, OverBoundError):
        return str(error)
    if isinstance(error, http.client.LineTooLong) or "got more than 100 headers" in str(error)[:100]:
        return "the answer has more than 100 headers, or a line of more than 64 kB"
    return ""


def _insecure(error: BaseException, host: str, _: float) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code == _EXPIRED:
            return f"the certificate of {host} has expired; have it renewed, or set this machine's clock"
        if error.verify_code == _ANOTHER_NAME:
            return f"the certificate of {host} is for another name; mend base_url"
        signed = f"the certificate of {host} is not signed by anyone whom this machine trusts"
        return (
            f"{signed}; set REQUESTS_CA_BUNDLE, or ca_bundle in the target, to the file of its authority's certificate"
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        words = f"{error.reason or error}".replace("_", " ").lower()
        return f"no TLS connection with {host} ({words}); a server without TLS has http:// in its base_url"
    return ""


_EXPIRED, _ANOTHER_NAME = 10, 62  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_HOSTNAME_MISMATCH


def _unreachable(error: BaseException, host: str, _: float) -> str:
    if isinstance(error, wire.ProxyError):
        return f"no connection (the proxy of this environment does not lead to {host}; set NO_PROXY or mend HTTP_PROXY)"
    if isinstance(error, socket.gaierror):
        return f"no connection (no address is known for {host}; mend base_url)"
    if isinstance(error, ConnectionRefusedError):
        return f"no connection (connection refused; nothing listens at {host})"
    return ""


def _unverified(error: BaseException, _: str, __: float) -> str:
    said = str(error) if isinstance(error, OSError) else ""
    none = "TLS CA certificate bundle" in said or "NO_CERTIFICATE_OR_CRL_FOUND" in said
    return "REQUESTS_CA_BUNDLE names no file of certificates; mend or unset it" if none else ""


def _unconnected(error: BaseException, _: str, timeout: float) -> str:
    if isinstance(error, wire.NewConnectionError):  # urllib3 counts it among the time-outs
        return f"no connection ({str(error).rpartition(': ')[2]})"
    return f"no connection within {timeout:g} s" if isinstance(error, wire.ConnectTimeoutError) else ""


def _broken_off(error: BaseException, _: str, timeout: float) -> str:
    if isinstance(error, wire.IncompleteRead | http.client.IncompleteRead) and error.expected:
        return f"the answer's body ended {error.expected:,} bytes early"
    if isinstance(error, wire.IncompleteRead | http.client.IncompleteRead | wire.InvalidChunkLength):
        return "the answer's body ended in the middle of a chunk"
    if isinstance(error, TimeoutError | wire.ReadTimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, http.client.RemoteDisconnected):
        return "no connection (it was closed before an answer came)"
    if isinstance(error, ConnectionError):
        return "no connection (it was broken off before the answer was whole)"
    return ""


def _unreadable(error: BaseException, _: str, __: float) -> str:
    if isinstance(error, http.client.BadStatusLine):
        return f"what came is no HTTP: it begins with {str(error)!a}"
    if isinstance(error, http.client.UnknownProtocol):
        return "what came is no HTTP/1: its version is unknown"
    if isinstance(error, wire.DecodeError):
        return "the answer's body is not in the encoding that its Content-Encoding names"
    if isinstance(error, wire.LocationParseError | wire.LocationValueError):
        return "the URL, or that of a proxy, cannot be sent to; mend base_url, or HTTP_PROXY"
    if isinstance(error, UnicodeError):
        return "the request has a character that cannot be sent over HTTP"
    return ""
