using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;

namespace Matrix.Bus.UserApi;

/// <summary>Ends sessions.</summary>
sealed class PerformLogoutHandler(EndedSessions sessions) : ICallHandler<PerformLogout, Done>
{
    public async Task<Done> Handle(PerformLogout call, CancellationToken cancel)
    {
        if (call.DeviceIds is { } devices)
            await sessions.End(call.UserId, devices, cancel);
        else
            await sessions.EndAll(call.UserId, except: null, cancel);
        return Done.It;
    }
}
