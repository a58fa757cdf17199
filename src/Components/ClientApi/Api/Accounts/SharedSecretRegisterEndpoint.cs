using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET and POST /_synapse/admin/v1/register: registration by shared secret, as other servers' tooling does it.</summary>
static class SharedSecretRegisterEndpoint
{
    const string Path = "/_synapse/admin/v1/register";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, Nonce);
        routes.MapPost(Path, Register);
    }

    sealed record Request(
        string? Nonce, string? Username, string? Displayname, string? Password, bool? Admin, string? UserType, string? Mac, bool? InhibitLogin);

    static async Task<IResult> Nonce(ICalls calls, CancellationToken cancel) =>
        Body.Json(new { (await calls.Ask(new PerformRegistrationNonce(), cancel)).Nonce });

    static async Task<IResult> Register(HttpContext http, ICalls calls, ClientApiOptions options, CancellationToken cancel)
    {
        var request = await Body.Read<Request>(http, cancel, limit: 64 << 10);
        if (request is not { Nonce: { } nonce, Username: { } username, Password: { } password, Mac: { } mac })
            return MatrixError.BadJson("nonce, username, password and mac must be given.");

        var created = await calls.Ask(
            new PerformSharedSecretRegistration
            {
                Nonce = nonce,
                Localpart = username,
                Password = password,
                IsAdmin = request.Admin ?? false,
                UserType = request.UserType,
                DisplayName = request.Displayname,
                Mac = mac,
                WithSession = request.InhibitLogin != true,
            },
            cancel);
        return Body.Json(new
        {
            UserId = created.UserId.Value,
            HomeServer = options.ServerName.Value,
            created.Session?.AccessToken,
            created.Session?.DeviceId,
        });
    }
}
