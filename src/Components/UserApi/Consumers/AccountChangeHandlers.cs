using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Changes a password.</summary>
sealed class PerformPasswordUpdateHandler(ChangedAccount accounts, EndedSessions sessions, Passwords passwords) : ICallHandler<PerformPasswordUpdate, Done>
{
    public async Task<Done> Handle(PerformPasswordUpdate call, CancellationToken cancel)
    {
        if (!await accounts.SetPassword(call.UserId, await passwords.Hash(call.Password, cancel), cancel))
            throw Missing(call.UserId);
        if (call.LogoutDevices)
            await sessions.EndAll(call.UserId, call.KeptDeviceId, cancel);
        return Done.It;
    }

    public static RefusedException Missing(UserId user) => new(404, "M_NOT_FOUND", $"There is no account {user}.");
}

/// <summary>Ends an account.</summary>
sealed class PerformAccountDeactivationHandler(ChangedAccount accounts, EndedSessions sessions, RoomFollowUp rooms) : ICallHandler<PerformAccountDeactivation, Done>
{
    public async Task<Done> Handle(PerformAccountDeactivation call, CancellationToken cancel)
    {
        if (!await accounts.Deactivate(call.UserId, call.Erase, cancel))
            throw PerformPasswordUpdateHandler.Missing(call.UserId);
        await sessions.EndAll(call.UserId, except: null, cancel);
        rooms.Wake();
        return Done.It;
    }
}

/// <summary>Sets the standing of an account, felt by every host at once.</summary>
sealed class PerformAccountStandingHandler(ChangedAccount accounts, IBroadcasts broadcasts) : ICallHandler<PerformAccountStanding, Done>
{
    public async Task<Done> Handle(PerformAccountStanding call, CancellationToken cancel)
    {
        if (!await accounts.SetStanding(call.UserId, call.Locked, call.Suspended, call.Admin, cancel))
            throw PerformPasswordUpdateHandler.Missing(call.UserId);
        broadcasts.Tell(new TokensRevoked { UserId = call.UserId });
        return Done.It;
    }
}

/// <summary>Tells what is known of an account.</summary>
sealed class QueryAccountHandler(AccountById accounts) : ICallHandler<QueryAccount, AccountInfo>
{
    public async Task<AccountInfo> Handle(QueryAccount call, CancellationToken cancel) =>
        await accounts.Find(call.UserId, cancel) is { } account
            ? new AccountInfo
            {
                UserId = account.UserId,
                Deactivated = account.IsDeactivated,
                Locked = account.IsLocked,
                Suspended = account.IsSuspended,
                Admin = account.IsAdmin,
            }
            : throw PerformPasswordUpdateHandler.Missing(call.UserId);
}
