// One call over the border: started, completed once by a callback, cancelled with its task.

import MyPreferencesNative

/// Starts a call with a token that its task's cancellation cancels, and waits for its outcome: a cancelled call ends with
/// its own record. A task that is cancelled already starts a call that is cancelled already, which sends nothing.
func outcome(
    of start: @escaping @Sendable (NativeCancelToken, NativeCompletion) throws -> NativeCall
) async throws -> NativeOutcome {
    let token = NativeCancelToken()
    let outcome = try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try translating { try start(token, Completion(continuation)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    } onCancel: {
        token.cancel()
    }
    if case .failed(let error) = outcome { throw MyPreferencesError(error) }
    return outcome
}

/// What a call cannot end with: the native library and this package are built from one tree.
func unexpected(_ outcome: NativeOutcome) -> Never {
    preconditionFailure("the native library gave another call's outcome: build both anew")
}

private final class Completion: NativeCompletion, Sendable {
    private let continuation: CheckedContinuation<NativeOutcome, any Error>

    init(_ continuation: CheckedContinuation<NativeOutcome, any Error>) { self.continuation = continuation }

    func complete(outcome: NativeOutcome) { continuation.resume(returning: outcome) }
}

/// Tells the caller how far its call is.
final class Progress: NativeProgress, Sendable {
    private let onLanding: (@Sendable (LandingProgress) -> Void)?
    private let onWaiting: (@Sendable (WaitProgress) -> Void)?

    init?(landing: (@Sendable (LandingProgress) -> Void)?) {
        guard let landing else { return nil }
        (onLanding, onWaiting) = (landing, nil)
    }

    init?(waiting: (@Sendable (WaitProgress) -> Void)?) {
        guard let waiting else { return nil }
        (onLanding, onWaiting) = (nil, waiting)
    }

    func landing(progress: NativeLandingProgress) { onLanding?(LandingProgress(progress)) }

    func waiting(progress: NativeWaitProgress) { onWaiting?(WaitProgress(progress)) }
}
