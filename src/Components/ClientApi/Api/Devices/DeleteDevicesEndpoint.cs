using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>DELETE /_matrix/client/v3/devices/{deviceId} and POST /_matrix/client/v3/delete_devices</summary>
static class DeleteDevicesEndpoint
{
    const int MaxDevices = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientDelete("devices/{deviceId}", One);
        routes.MapClientPost("delete_devices", Many);
    }

    sealed record Request(string?[]? Devices);

    static async Task<IResult> One(
        string deviceId, Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, Authentication authentication, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, optional: true, limit: 64 << 10);
        return await Delete([deviceId], body, requester, http, calls, interactive, authentication, cancel);
    }

    static async Task<IResult> Many(Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, Authentication authentication, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel);
        if (body.Deserialize<Request>(Body.Options)!.Devices is not { } devices || devices.Contains(null))
            return MatrixError.MissingParam("devices must be given.");
        return devices.Length > MaxDevices
            ? MatrixError.InvalidParam($"At most {MaxDevices} devices.")
            : await Delete(devices!, body, requester, http, calls, interactive, authentication, cancel);
    }

    static async Task<IResult> Delete(
        string[] devices, JsonElement body, Requester requester, HttpContext http, ICalls calls, InteractiveAuth interactive, Authentication authentication, CancellationToken cancel)
    {
        if (await interactive.Challenge(http, body, requester, cancel) is { } challenge)
            return challenge;
        await calls.Ask(new PerformLogout { UserId = requester.UserId, DeviceIds = devices }, cancel);
        authentication.Forget(requester.UserId);
        return Body.Empty;
    }
}
