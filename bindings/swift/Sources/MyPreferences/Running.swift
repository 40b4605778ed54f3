// One call over the border: started, completed once by a callback, cancelled with its task.

import Foundation
import MyPreferencesNative

/// Starts a call and waits for its outcome; cancelling the task cancels the call, which ends with its own record.
func outcome(of start: @escaping @Sendable (NativeCompletion) throws -> NativeCall) async throws -> NativeOutcome {
    let running = Running()
    let outcome = try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            do {
                running.began(try translating { try start(Completion(continuation)) })
            } catch {
                continuation.resume(throwing: error)
            }
        }
    } onCancel: {
        running.cancel()
    }
    if case .failed(let error) = outcome { throw MyPreferencesError(error) }
    return outcome
}

/// What a call cannot end with: the native library and this package are built from one tree.
func unexpected(_ outcome: NativeOutcome) -> Never {
    preconditionFailure("the native library gave another call's outcome: build both anew")
}

/// The handle of a call, for the handler of its cancellation, which may come first.
private final class Running: @unchecked Sendable {
    // Guards both; a handler of a cancellation is not allowed to suspend, so no actor.
    private let lock = NSLock()
    private var call: NativeCall?
    private var isCancelled = false

    func began(_ started: NativeCall) {
        lock.lock()
        defer { lock.unlock() }
        call = started
        if isCancelled { started.cancel() }
    }

    func cancel() {
        lock.lock()
        defer { lock.unlock() }
        isCancelled = true
        call?.cancel()
    }
}

private final class Completion: NativeCompletion, Sendable {
    private let continuation: CheckedContinuation<NativeOutcome, any Error>

    init(_ continuation: CheckedContinuation<NativeOutcome, any Error>) { self.continuation = continuation }

    func complete(outcome: NativeOutcome) { continuation.resume(returning: outcome) }
}
