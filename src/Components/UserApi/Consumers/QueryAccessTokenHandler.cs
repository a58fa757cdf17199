using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Says whose token it is.</summary>
sealed class QueryAccessTokenHandler(OwnerOfToken owners) : ICallHandler<QueryAccessToken, TokenOwner>
{
    public Task<TokenOwner> Handle(QueryAccessToken call, CancellationToken cancel) => owners.Find(Convert.FromHexString(call.TokenHash), cancel);
}
