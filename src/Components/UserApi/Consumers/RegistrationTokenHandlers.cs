using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Says whether a registration token is good.</summary>
sealed class QueryRegistrationTokenHandler(RegistrationTokens tokens) : ICallHandler<QueryRegistrationToken, RegistrationTokenValidity>
{
    public async Task<RegistrationTokenValidity> Handle(QueryRegistrationToken call, CancellationToken cancel) =>
        new() { Valid = await tokens.IsValid(call.Token, cancel) };
}

/// <summary>Makes a registration token.</summary>
sealed class PerformRegistrationTokenCreationHandler(RegistrationTokens tokens) : ICallHandler<PerformRegistrationTokenCreation, RegistrationToken>
{
    public async Task<RegistrationToken> Handle(PerformRegistrationTokenCreation call, CancellationToken cancel)
    {
        var token = call.Token ?? SecretToken.Create();
        if (token.Length is 0 or > 64 || !token.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '~' or '-'))
            throw new RefusedException(400, "M_INVALID_PARAM", "A registration token is 1 to 64 characters of A-Z, a-z, 0-9 and . _ ~ -");
        if (call.UsesAllowed < 0)
            throw new RefusedException(400, "M_INVALID_PARAM", "uses_allowed is not negative.");
        await tokens.Save(token, call.UsesAllowed, call.ExpiresAt, cancel);
        return new RegistrationToken { Token = token };
    }
}
