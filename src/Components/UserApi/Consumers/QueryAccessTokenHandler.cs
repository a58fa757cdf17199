using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Says whose token it is, and notes that its device was seen.</summary>
sealed class QueryAccessTokenHandler(OwnerOfToken owners, LastSeen lastSeen) : ICallHandler<QueryAccessToken, TokenOwner>
{
    public async Task<TokenOwner> Handle(QueryAccessToken call, CancellationToken cancel)
    {
        var owner = await owners.Find(Convert.FromHexString(call.TokenHash), cancel);
        if (owner is { UserId: { } user, DeviceId: { } device })
            lastSeen.Note(user, device, call);
        return owner;
    }
}
