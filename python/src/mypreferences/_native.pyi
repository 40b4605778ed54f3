from collections.abc import Callable
from typing import final

__version__: str

class RecordError(Exception): ...

@final
class CancelToken:
    def __new__(cls) -> CancelToken: ...
    def cancel(self) -> None: ...
    def is_cancelled(self) -> bool: ...

@final
class Started:
    def cancel(self) -> None: ...

@final
class NativeClient:
    def __new__(
        cls,
        settings: list[tuple[str, str]],
        credentials: tuple[str, list[str | None]],
        events: Callable[[str, int, str, int | None, str | None, float, str], None],
        blocking: bool,
    ) -> NativeClient: ...
    @staticmethod
    def from_env(
        variables: list[tuple[str, str]],
        profile: str | None,
        arguments: list[tuple[str, str]],
        events: Callable[[str, int, str, int | None, str | None, float, str], None],
        blocking: bool,
    ) -> NativeClient: ...
    def run(
        self,
        operation: str,
        access_token: str,
        keep_files: bool,
        kind: str | None,
        timeout: float | None,
        cancel: CancelToken,
        events: bool,
    ) -> tuple[bool, str, BaseException | None]: ...
    def start(
        self,
        operation: str,
        access_token: str,
        keep_files: bool,
        kind: str | None,
        timeout: float | None,
        cancel: CancelToken,
        events: bool,
        complete: Callable[[bool, str], None],
    ) -> Started: ...
    def close(self) -> None: ...
    def is_closed(self) -> bool: ...

def run_cli(arguments: list[str]) -> int: ...
def shutdown(bound: float) -> None: ...
