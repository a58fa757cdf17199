using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Completes a stage from the fallback web page.</summary>
sealed class PerformFallbackStageHandler(InteractiveSessions sessions, InteractiveStages stages) : ICallHandler<PerformFallbackStage, FallbackStage>
{
    public async Task<FallbackStage> Handle(PerformFallbackStage call, CancellationToken cancel)
    {
        if (await sessions.Find(call.Session, cancel) is not { } session)
            return new FallbackStage { Completed = false };
        if (session.Completed.Contains(call.Stage))
            return new FallbackStage { Completed = true };
        // Order is held when the client comes back: what it may not do next is no flow's beginning.
        var outcome = call.Stage switch
        {
            InteractiveFlows.Dummy => default,
            InteractiveFlows.RegistrationToken => await stages.RegistrationToken(call.Token, cancel),
            _ => new StageOutcome(("M_UNRECOGNIZED", "")),
        };
        var done = outcome.Failure is null && await sessions.Complete(session, call.Stage, outcome.RegistrationToken, cancel);
        return new FallbackStage { Completed = done };
    }
}
