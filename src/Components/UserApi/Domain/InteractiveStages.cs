using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What trying a stage came to.</summary>
readonly record struct StageOutcome((string Errcode, string Error)? Failure, string? RegistrationToken = null);

/// <summary>Checks what a client shows for a stage.</summary>
sealed class InteractiveStages(AccountById accounts, Passwords passwords, RegistrationTokens tokens, UserApiOptions options)
{
    /// <summary>Tries a stage for the user who makes the request.</summary>
    public Task<StageOutcome> Try(string stage, JsonElement auth, UserId? user, CancellationToken cancel) => stage switch
    {
        InteractiveFlows.Dummy => Task.FromResult(default(StageOutcome)),
        InteractiveFlows.Password => Password(auth, user, cancel),
        InteractiveFlows.RegistrationToken => RegistrationToken(TextOf(auth, "token"), cancel),
        _ => Task.FromResult(Failed("M_UNRECOGNIZED", "This server does not know that stage.")),
    };

    /// <summary>Tries a registration token.</summary>
    public async Task<StageOutcome> RegistrationToken(string? token, CancellationToken cancel) =>
        token is not null && await tokens.IsValid(token, cancel)
            ? new StageOutcome(null, token)
            : Failed("M_UNAUTHORIZED", "This registration token is not valid.");

    async Task<StageOutcome> Password(JsonElement auth, UserId? user, CancellationToken cancel)
    {
        // Only the requester's own password authorises the requester.
        var named = auth.TryGetProperty("identifier", out var identifier) && identifier.ValueKind == JsonValueKind.Object && TextOf(identifier, "type") == "m.id.user"
            ? TextOf(identifier, "user")
            : TextOf(auth, "user");
        var isRequester = user is not null && (named is null || Localpart.OfLogin(named, options.ServerName) == user);
        var account = isRequester ? await accounts.Find(user!.Value, cancel) : null;
        return await passwords.Matches(account?.PasswordHash, TextOf(auth, "password") ?? "", cancel)
            ? default
            : Failed("M_FORBIDDEN", "Wrong user name or password.");
    }

    static StageOutcome Failed(string errcode, string error) => new((errcode, error));

    static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
