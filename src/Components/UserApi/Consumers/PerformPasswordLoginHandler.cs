using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Logs in by password.</summary>
sealed class PerformPasswordLoginHandler(AccountById accounts, NewSession sessions, Passwords passwords, UserApiOptions options)
    : ICallHandler<PerformPasswordLogin, Session>
{
    public async Task<Session> Handle(PerformPasswordLogin call, CancellationToken cancel)
    {
        var account = Localpart.OfLogin(call.User, options.ServerName) is { } user ? await accounts.Find(user, cancel) : null;
        if (account is { IsDeactivated: true })
            throw new RefusedException(403, "M_USER_DEACTIVATED", "This account has been deactivated.");
        if (!await passwords.Matches(account?.PasswordHash, call.Password, cancel))
            throw new RefusedException(403, "M_FORBIDDEN", "Wrong user name or password.");
        Standing.EnsureMayLogIn(account!);
        return await sessions.Store(account!.UserId, call.Device, cancel);
    }
}
