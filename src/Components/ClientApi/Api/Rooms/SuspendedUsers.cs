using Matrix.Bus.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>A suspended account may read, leave, forget, redact and report, but not speak or come in (client-server API, "Account suspension").</summary>
static class SuspendedUsers
{
    static readonly string[] Allowed = ["/leave", "/forget", "/redact/{eventId}/{txnId}", "/publicRooms", "/report", "/report/{eventId}"];

    /// <summary>The same routes, closed to suspended users where they change something.</summary>
    public static IEndpointRouteBuilder ClosedToSuspendedUsers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("");
        group.AddEndpointFilter(Check);
        return group;
    }

    static ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (HttpMethods.IsGet(http.Request.Method) || !IsSuspended(context) || MayAllTheSame(http))
            return next(context);
        return ValueTask.FromResult<object?>(MatrixError.Of(403, "M_USER_SUSPENDED", "This account is suspended."));
    }

    static bool IsSuspended(EndpointFilterInvocationContext context)
    {
        foreach (var argument in context.Arguments)
        {
            if (argument is Requester requester)
                return requester.Owner.IsSuspended;
        }
        return false;
    }

    static bool MayAllTheSame(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } path } && Array.Exists(Allowed, end => path.EndsWith(end, StringComparison.Ordinal));
}
