using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Makes a login token.</summary>
sealed class PerformLoginTokenCreationHandler(ShortLivedTokens tokens) : ICallHandler<PerformLoginTokenCreation, LoginToken>
{
    public async Task<LoginToken> Handle(PerformLoginTokenCreation call, CancellationToken cancel) => new()
    {
        Token = await tokens.CreateLogin(call.UserId, cancel),
        ExpiresInMs = (long)ShortLivedTokens.LoginLifetime.TotalMilliseconds,
    };
}

/// <summary>Logs in by login token.</summary>
sealed class PerformTokenLoginHandler(ShortLivedTokens tokens, AccountById accounts, NewSession sessions) : ICallHandler<PerformTokenLogin, Session>
{
    public async Task<Session> Handle(PerformTokenLogin call, CancellationToken cancel)
    {
        var user = await tokens.SpendLogin(Convert.FromHexString(call.TokenHash), cancel);
        var account = user is null ? null : await accounts.Find(user.Value, cancel);
        if (account is null or { IsDeactivated: true })
            throw new RefusedException(403, "M_FORBIDDEN", "The login token is not valid.");
        Standing.EnsureMayLogIn(account);
        return await sessions.Store(account.UserId, call.Device, cancel);
    }
}
