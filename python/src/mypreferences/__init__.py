"""Client for the bulk export of PossibleNOW's MyPreferences.

Start at :class:`Client` or :class:`AsyncClient`. Errors derive from :class:`MyPreferencesError`; every one carries the
whole record as attributes.
"""

from mypreferences import _error_kinds
from mypreferences._arrow import ArrowBatch, ArrowStream
from mypreferences._client import AsyncClient, CancelToken, Client, Credentials
from mypreferences._error_kinds import *  # noqa: F403 - its __all__ is below
from mypreferences._errors import MyPreferencesError
from mypreferences._export import AsyncExport, AsyncPages, Batch, Expect, Export, Folder, Landed, Page, Pages
from mypreferences._native import Sealed, __version__
from mypreferences._progress import LandingProgress, WaitProgress
from mypreferences._records import (
    Attempt,
    BatchReceipt,
    Certainty,
    CommitEnd,
    CommitReceipt,
    CommitState,
    ConfirmedBy,
    ExportStatus,
    Files,
    Outcome,
    Retry,
    Sent,
    Verified,
    Vouched,
    VouchedFile,
)
from mypreferences._report import Report
from mypreferences._resolution import Resolution

__all__ = [
    "ArrowBatch",
    "ArrowStream",
    "AsyncClient",
    "AsyncExport",
    "AsyncPages",
    "Attempt",
    "Batch",
    "BatchReceipt",
    "CancelToken",
    "Certainty",
    "Client",
    "CommitEnd",
    "CommitReceipt",
    "CommitState",
    "ConfirmedBy",
    "Credentials",
    "Expect",
    "Export",
    "ExportStatus",
    "Files",
    "Folder",
    "Landed",
    "LandingProgress",
    "MyPreferencesError",
    "Outcome",
    "Page",
    "Pages",
    "Report",
    "Resolution",
    "Retry",
    "Sealed",
    "Sent",
    "Verified",
    "Vouched",
    "VouchedFile",
    "WaitProgress",
    "__version__",
]
__all__ += _error_kinds.__all__
