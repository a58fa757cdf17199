using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Makes an OpenID token.</summary>
sealed class PerformOpenIdTokenCreationHandler(ShortLivedTokens tokens) : ICallHandler<PerformOpenIdTokenCreation, OpenIdToken>
{
    public async Task<OpenIdToken> Handle(PerformOpenIdTokenCreation call, CancellationToken cancel) => new()
    {
        Token = await tokens.CreateOpenId(call.UserId, cancel),
        ExpiresInSeconds = (int)ShortLivedTokens.OpenIdLifetime.TotalSeconds,
    };
}

/// <summary>Says whose OpenID token it is.</summary>
sealed class QueryOpenIdTokenHandler(ShortLivedTokens tokens) : ICallHandler<QueryOpenIdToken, OpenIdUser>
{
    public async Task<OpenIdUser> Handle(QueryOpenIdToken call, CancellationToken cancel) =>
        await tokens.OfOpenId(Convert.FromHexString(call.TokenHash), cancel) is { } user
            ? new OpenIdUser { UserId = user }
            : throw new RefusedException(401, "M_UNKNOWN_TOKEN", "Unknown OpenID token.");
}
