using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Makes an account for who knows the shared secret.</summary>
sealed class PerformSharedSecretRegistrationHandler(RegistrationNonces nonces, PerformAccountCreationHandler creation, UserApiOptions options)
    : ICallHandler<PerformSharedSecretRegistration, AccountCreated>
{
    public async Task<AccountCreated> Handle(PerformSharedSecretRegistration call, CancellationToken cancel)
    {
        var secret = SecretOf(options);
        // Spent before the HMAC is looked at: a nonce is one guess.
        if (!await nonces.Spend(call.Nonce, cancel))
            throw new RefusedException(400, "M_UNKNOWN", "Unrecognised nonce.");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Mac(secret, call)), Encoding.UTF8.GetBytes(call.Mac.ToLowerInvariant())))
            throw new RefusedException(403, "M_FORBIDDEN", "The HMAC is not right.");

        var account = new PerformAccountCreation
        {
            Localpart = call.Localpart.ToLowerInvariant(),
            Password = call.Password,
            IsAdmin = call.IsAdmin,
            DisplayName = call.DisplayName,
            Device = call.WithSession ? new NewDevice() : null,
        };
        return await creation.Create(account, call.UserType, cancel);
    }

    /// <exception cref="RefusedException">There is no secret, so there is no such registration.</exception>
    public static string SecretOf(UserApiOptions options) =>
        options.SharedSecret ?? throw new RefusedException(400, "M_UNKNOWN", "Registration by shared secret is not enabled.");

    [SuppressMessage("Security", "CA5350", Justification = "HMAC-SHA1 is what the tools of other servers speak; as a MAC it is sound.")]
    static string Mac(string secret, PerformSharedSecretRegistration call)
    {
        var text = $"{call.Nonce}\0{call.Localpart}\0{call.Password}\0{(call.IsAdmin ? "admin" : "notadmin")}";
        if (call.UserType is { } type)
            text += $"\0{type}";
        return Convert.ToHexStringLower(HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text)));
    }
}
