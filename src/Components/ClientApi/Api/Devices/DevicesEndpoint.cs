using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/devices and GET and PUT /_matrix/client/v3/devices/{deviceId}</summary>
static class DevicesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapClientGet("devices", All);
        routes.MapClientGet("devices/{deviceId}", One);
        routes.MapClientPut("devices/{deviceId}", Rename);
    }

    sealed record Request(string? DisplayName);

    static async Task<IResult> All(Requester requester, ICalls calls, CancellationToken cancel)
    {
        var found = await calls.Ask(new QueryDevices { UserId = requester.UserId }, cancel);
        return Body.Json(new { Devices = found.Devices.Select(Shown) });
    }

    static async Task<IResult> One(string deviceId, Requester requester, ICalls calls, CancellationToken cancel)
    {
        var found = await calls.Ask(new QueryDevices { UserId = requester.UserId, DeviceId = deviceId }, cancel);
        return found.Devices is [var device] ? Body.Json(Shown(device)) : MatrixError.NotFound("There is no such device.");
    }

    static async Task<IResult> Rename(string deviceId, Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var request = await Body.Read<Request>(http, cancel, limit: 64 << 10);
        await calls.Ask(new PerformDeviceUpdate { UserId = requester.UserId, DeviceId = deviceId, DisplayName = request.DisplayName }, cancel);
        return Body.Empty;
    }

    static object Shown(Device device) => new
    {
        device.DeviceId,
        device.DisplayName,
        LastSeenIp = device.LastSeenAddress,
        LastSeenTs = device.LastSeenAt?.ToUnixTimeMilliseconds(),
    };
}
