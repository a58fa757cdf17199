using Matrix.Bus.Foundation;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>GET /_matrix/client/v3/capabilities</summary>
static class CapabilitiesEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapClientGet("capabilities", Handle);

    static IResult Handle(Requester requester, ClientApiOptions options) => Body.Json(new
    {
        Capabilities = new Dictionary<string, object>
        {
            ["m.change_password"] = new { Enabled = true },
            ["m.room_versions"] = new
            {
                Default = options.DefaultRoomVersion,
                Available = RoomVersion.Known.Keys.ToDictionary(version => version, _ => "stable"),
            },
            ["m.set_displayname"] = new { Enabled = true },
            ["m.set_avatar_url"] = new { Enabled = true },
            ["m.profile_fields"] = new { Enabled = true },
            ["m.get_login_token"] = new { Enabled = true },
            ["m.3pid_changes"] = new { Enabled = false },
        },
    });
}
