"""Every setting of a client, as its keyword arguments."""

from __future__ import annotations

import os
from typing import TypedDict

from mypreferences._arguments import Duration


class Settings(TypedDict, total=False):
    """Every setting beside ``client_id`` and ``credentials``. Durations are seconds or ``timedelta``."""

    # made by `cargo xtask generate` from crates/mypreferences/src/settings/table.rs
    base_url: str
    """The service's base URL, https or loopback. Either this or ``environment``."""
    environment: str
    """A vendor environment, which gives the base URL of the surface: ``production`` or ``staging``."""
    surface: str
    """The surface, that is the routes: ``async``, ``profiles`` or ``v4``. Default async."""
    kind: str
    """What is exported, for calls that do not say it: ``segment``, ``segment-group``, ``schedule`` or ``cid``.
    Default segment.
    """
    commit_path: str
    """Route template that replaces the surface's commit route."""
    status_path: str
    """Route template that replaces the surface's status route."""
    page_path: str
    """Route template that replaces the surface's page route."""
    hmac_hash: str
    """Hash of PNAUTHINFO3 credentials: ``sha256``, ``sha384`` or ``sha512``. Default sha256."""
    timestamp_format: str
    """Timestamp form of PNAUTHINFO3 credentials: ``utc-millis-z``, ``utc-seconds-z`` or ``utc-seconds``. Default
    utc-millis-z.
    """
    connect_timeout: Duration
    """Name resolution, TCP, TLS and proxy. Default 10 s, from 1 ms to 24 h."""
    first_byte_timeout: Duration
    """Request sent to response head. Default 30 s, from 1 ms to 24 h."""
    body_timeout: Duration
    """Silence while reading a body. Default 30 s, from 1 ms to 24 h."""
    timeout: Duration
    """The whole call, questions included; never exceeded by more than 1 s. Default 180 s, from 1 ms to 24 h."""
    send_window: Duration
    """The last send starts within it. Default 60 s, from 0 s to 24 h."""
    resolve_timeout: Duration
    """Time for asking what became of a send. Default 120 s, from 0 s to 24 h."""
    confirm_window: Duration
    """How long "not yet" must hold after the last unanswered send before it means "not committed". Default 60 s, from
    0 s to 24 h.
    """
    resend_delay: Duration
    """How long "not yet" must hold after an unanswered send before the next send. Default 5 s, from 0 s to 24 h."""
    max_attempts: int
    """Sends of one call; a 401 repair is not counted. Default 4, from 1 to 100."""
    backoff_base: Duration
    """First backoff, doubling from there. Default 200 ms, from 0 s to 24 h."""
    throttle_base: Duration
    """First backoff after 429 and 503. Default 1 s, from 0 s to 24 h."""
    backoff_cap: Duration
    """Longest backoff. Default 20 s, from 0 s to 24 h."""
    max_retry_after: Duration
    """Longest Retry-After that is waited for. Default 120 s, from 0 s to 24 h."""
    require_certain: bool
    """Turns a presumed receipt into ``outcome_unknown``. Default false."""
    preflight: bool
    """Asks status before the first send of a commit. Default false."""
    pool_idle_timeout: Duration
    """How long an idle connection is kept. Default 50 s, from 0 s to 24 h."""
    tcp_keepalive: Duration
    """TCP keepalive. Default 30 s, from 1 s to 24 h."""
    max_control_body: int
    """Cap of a decoded body other than a page, in bytes. Default 1 MiB, from 1 KiB to 1 GiB."""
    max_page_body: int
    """Cap of a decoded page, in bytes. Default 64 MiB, from 1 KiB to 1 GiB."""
    patience: Duration
    """How long a landing bears temporary failures without one new page, and a wait without an answer; zero: as a
    single call. Default 600 s, from 0 s to 24 h.
    """
    parallel: int
    """Pages that are asked for side by side, by a landing and by whoever reads pages or records; 1 is one after the
    other. Fewer while the service throttles, and while they do not fit into the memory. Default 4, from 1 to 16.
    """
    row_count: str
    """What a difference between the status' ``RowCount`` and ``TotalResults`` means to a commit: ``check`` refuses
    it, ``ignore`` does not. Default check.
    """
    handle_key: str
    """Key of encrypted handles: any text that others do not know. Without it and without ``handle_key_file`` the key
    comes from the secret of the HMAC or OAuth credentials, and handles end with that.
    """
    handle_key_file: str | os.PathLike[str]
    """File with the key of encrypted handles, which only its owner can read."""
    ca_file: str | os.PathLike[str]
    """PEM file with certificate authorities to trust in addition to the system's."""
    ca_only: bool
    """Trusts the authorities of ``ca_file`` and no others. Needs ``ca_file``. Default false."""
    client_cert: str | os.PathLike[str]
    """PEM file with a client certificate chain, the client's own certificate first, and its private key."""
    client_key: str | os.PathLike[str]
    """PEM file with the private key of ``client_cert``, where that is a file of its own. No passphrase."""
    proxy: str
    """Proxy URL, http or https, for every host; may hold a user name and password; or ``none``. Without it the
    environment's proxy variables count (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), but never for
    loopback; ``none`` switches them off.
    """
    http2: bool
    """Offers HTTP/2 where TLS negotiates it. This build speaks HTTP/1.1 only; true is refused. Default false."""
    # end of settings
