using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/user_directory/search</summary>
static class UserDirectoryEndpoint
{
    const int DefaultLimit = 10;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientPost("user_directory/search", Handle);

    sealed record Request(string? SearchTerm, int? Limit);

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var request = await Body.Read<Request>(http, cancel, limit: 64 << 10);
        if (request.SearchTerm is not { } term)
            return MatrixError.MissingParam("search_term must be given.");
        if (term.Length > 255)
            return MatrixError.InvalidParam("search_term is too long.");
        var found = await calls.Ask(new SearchProfiles { Term = term, Limit = request.Limit ?? DefaultLimit }, cancel);
        return Body.Json(new
        {
            Results = found.Results.Select(user => new { UserId = user.UserId.Value, user.DisplayName, user.AvatarUrl }),
            found.Limited,
        });
    }
}
