using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/logout and POST /_matrix/client/v3/logout/all</summary>
static class LogoutEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClient("logout", ["POST"], Logout, new LockedUsersMayCall());
        routes.MapClient("logout/all", ["POST"], LogoutAll, new LockedUsersMayCall());
    }

    static async Task<IResult> Logout(Requester requester, ICalls calls, Authentication authentication, CancellationToken cancel)
    {
        await calls.Ask(new PerformLogout { UserId = requester.UserId, DeviceIds = [requester.DeviceId] }, cancel);
        authentication.Forget(requester.UserId);
        return Body.Empty;
    }

    static async Task<IResult> LogoutAll(Requester requester, ICalls calls, Authentication authentication, CancellationToken cancel)
    {
        await calls.Ask(new PerformLogout { UserId = requester.UserId }, cancel);
        authentication.Forget(requester.UserId);
        return Body.Empty;
    }
}
