using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Takes a user-interactive authentication a stage further.</summary>
sealed class PerformInteractiveAuthHandler(InteractiveSessions sessions, InteractiveStages stages) : ICallHandler<PerformInteractiveAuth, InteractiveAuthStep>
{
    public async Task<InteractiveAuthStep> Handle(PerformInteractiveAuth call, CancellationToken cancel)
    {
        var scope = new InteractiveScope(call.UserId, call.Method, call.Uri);
        if (call.Auth?.Parse() is not { ValueKind: JsonValueKind.Object } auth)
            return Again(call, await sessions.Create(scope, cancel), null);

        // A first request may carry its stage already; the session is then of this one request.
        var session = TextOf(auth, "session") is { Length: > 0 } id ? await sessions.Find(id, cancel) : await sessions.Create(scope, cancel);
        if (session is null || session.Scope != scope)
            return Again(call, await sessions.Create(scope, cancel), ("M_FORBIDDEN", "This session is unknown, has expired, or is another request's."));

        if (TextOf(auth, "type") is { } stage && !session.Completed.Contains(stage))
        {
            if (!InteractiveFlows.MayFollow(call.Flows, session.Completed, stage))
                return Again(call, session, ("M_FORBIDDEN", $"'{stage}' is not the next stage of any flow."));
            var outcome = await stages.Try(stage, auth, call.UserId, cancel);
            if (outcome.Failure is { } failure)
                return Again(call, session, failure);
            if (!await sessions.Complete(session, stage, outcome.RegistrationToken, cancel))
                return Again(call, await sessions.Find(session.Id, cancel) ?? session, null);
            session = session with { Completed = [.. session.Completed, stage], RegistrationToken = outcome.RegistrationToken ?? session.RegistrationToken };
        }

        if (!InteractiveFlows.IsComplete(call.Flows, session.Completed))
            return Again(call, session, null);
        return await sessions.Spend(session, cancel)
            ? new InteractiveAuthStep { Authorised = true }
            : Again(call, await sessions.Create(scope, cancel), ("M_FORBIDDEN", "This session was used already."));
    }

    static InteractiveAuthStep Again(PerformInteractiveAuth call, InteractiveSession session, (string Errcode, string Error)? failure) =>
        new() { Authorised = false, Challenge = InteractiveFlows.Challenge(call.Flows, session.Id, session.Completed, failure) };

    static string? TextOf(JsonElement auth, string name) =>
        auth.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
