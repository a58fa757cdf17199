using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Lists devices.</summary>
sealed class QueryDevicesHandler(DeviceRows devices) : ICallHandler<QueryDevices, UserDevices>
{
    public async Task<UserDevices> Handle(QueryDevices call, CancellationToken cancel) =>
        new() { Devices = await devices.Find(call.UserId, call.DeviceId, cancel) };
}

/// <summary>Renames a device.</summary>
sealed class PerformDeviceUpdateHandler(DeviceRows devices) : ICallHandler<PerformDeviceUpdate, Done>
{
    public async Task<Done> Handle(PerformDeviceUpdate call, CancellationToken cancel) =>
        await devices.Rename(call.UserId, call.DeviceId, call.DisplayName, cancel)
            ? Done.It
            : throw new RefusedException(404, "M_NOT_FOUND", "There is no such device.");
}
