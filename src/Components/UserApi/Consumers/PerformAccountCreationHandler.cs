using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Makes an account and its first session.</summary>
sealed class PerformAccountCreationHandler(NewAccount accounts, NewSession sessions, Passwords passwords, UserApiOptions options)
    : ICallHandler<PerformAccountCreation, AccountCreated>
{
    public Task<AccountCreated> Handle(PerformAccountCreation call, CancellationToken cancel) => Create(call, userType: null, cancel);

    public async Task<AccountCreated> Create(PerformAccountCreation call, string? userType, CancellationToken cancel)
    {
        var user = call.Localpart is { } localpart ? Localpart.ForNewAccount(localpart, options.ServerName) : await accounts.GenerateId(cancel);
        var hash = call.Password is { } password ? await passwords.Hash(password, cancel) : null;
        if (!await accounts.TryStore(user, hash, call.IsAdmin, userType, call.AppServiceId, call.DisplayName, cancel))
            throw new RefusedException(400, "M_USER_IN_USE", "This user name is taken.");
        return new AccountCreated { UserId = user, Session = call.Device is { } device ? await sessions.Store(user, device, cancel) : null };
    }
}
