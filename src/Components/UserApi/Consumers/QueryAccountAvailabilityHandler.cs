using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Says whether a localpart may be registered.</summary>
sealed class QueryAccountAvailabilityHandler(AccountById accounts, UserApiOptions options) : ICallHandler<QueryAccountAvailability, Done>
{
    public async Task<Done> Handle(QueryAccountAvailability call, CancellationToken cancel) =>
        await accounts.Find(Localpart.ForNewAccount(call.Localpart, options.ServerName), cancel) is null
            ? Done.It
            : throw new RefusedException(400, "M_USER_IN_USE", "This user name is taken.");
}
