using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Trades a refresh token.</summary>
sealed class PerformRefreshHandler(Refreshes refreshes) : ICallHandler<PerformRefresh, Session>
{
    public async Task<Session> Handle(PerformRefresh call, CancellationToken cancel) =>
        await refreshes.Refresh(Convert.FromHexString(call.TokenHash), cancel)
        ?? throw new RefusedException(new Refusal
        {
            Status = 401,
            Errcode = "M_UNKNOWN_TOKEN",
            Error = "Unknown refresh token.",
            Extra = new RawJson("{\"soft_logout\":false}"u8.ToArray()),
        });
}
