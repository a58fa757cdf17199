using System.Buffers;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>What a new localpart may be (appendices, "User Identifiers"): the strict grammar, at most 255 bytes with sigil and server.</summary>
static class Localpart
{
    static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._=-/+");

    /// <summary>The user id for a new account.</summary>
    /// <exception cref="RefusedException">M_INVALID_USERNAME.</exception>
    public static UserId ForNewAccount(string localpart, ServerName server)
    {
        if (localpart.Length == 0 || localpart.AsSpan().ContainsAnyExcept(Allowed))
            throw Invalid("A user name consists of a-z, 0-9 and . _ = - / +");
        // Numbers alone are what the server gives out itself.
        if (!localpart.AsSpan().ContainsAnyExceptInRange('0', '9'))
            throw Invalid("A user name that is a number is given out by the server alone.");
        return UserId.TryParse($"@{localpart}:{server}", out var user) ? user : throw Invalid("The user name is too long.");
    }

    /// <summary>The local user that a login names: a user id of this server or a localpart; null for anything else.</summary>
    public static UserId? OfLogin(string user, ServerName server)
    {
        var text = user.StartsWith('@') ? user : $"@{user}:{server}";
        // Clients send what people type: user names of ours have no capitals.
        return UserId.TryParse(text, out var exact) && exact.Server == server && UserId.TryParse($"@{exact.Localpart.ToLowerInvariant()}:{server}", out var id)
            ? id
            : null;
    }

    static RefusedException Invalid(string why) => new(400, "M_INVALID_USERNAME", why);
}
