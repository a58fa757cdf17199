using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.ClientApi;

/// <summary>POST /_matrix/client/v3/createRoom</summary>
static class CreateRoomEndpoint
{
    const int MaxInitialState = 60;
    const int MaxInvites = 100;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/_matrix/client/v3/createRoom", Handle);
        routes.MapPost("/_matrix/client/r0/createRoom", Handle);
    }

    static async Task<IResult> Handle(Requester requester, HttpContext http, ICalls calls, CancellationToken cancel)
    {
        var body = await Body.Read<CreateRoomBody>(http, cancel, optional: true);
        if (body.InviteThirdParty is { ValueKind: JsonValueKind.Array } thirdParty && thirdParty.GetArrayLength() > 0)
            return MatrixError.Of(403, "M_THREEPID_DENIED", "This server cannot invite by third-party identifier.");
        if (body.InitialState?.Count > MaxInitialState || body.Invite?.Count > MaxInvites)
            return MatrixError.InvalidParam($"At most {MaxInitialState} initial state events and {MaxInvites} invites.");
        if (body.Visibility is not (null or "public" or "private"))
            return MatrixError.InvalidParam("visibility is 'public' or 'private'.");

        var isPublic = body.Visibility == "public";
        RoomPreset? preset = body.Preset switch
        {
            null => isPublic ? RoomPreset.PublicChat : RoomPreset.PrivateChat,
            "private_chat" => RoomPreset.PrivateChat,
            "trusted_private_chat" => RoomPreset.TrustedPrivateChat,
            "public_chat" => RoomPreset.PublicChat,
            _ => null,
        };
        if (preset is null)
            return MatrixError.InvalidParam($"Unknown preset '{body.Preset}'.");

        var created = await calls.Ask(
            new CreateRoom
            {
                Creator = requester.UserId,
                RoomVersion = body.RoomVersion,
                Published = isPublic,
                Preset = preset.Value,
                AliasLocalpart = body.RoomAliasName,
                Name = body.Name,
                Topic = body.Topic,
                Invite = body.Invite ?? [],
                IsDirect = body.IsDirect ?? false,
                CreationContent = ObjectOf(body.CreationContent, "creation_content"),
                PowerLevelContentOverride = ObjectOf(body.PowerLevelContentOverride, "power_level_content_override"),
                InitialState = [.. (body.InitialState ?? []).Select(Initial)],
            },
            cancel);
        return Body.Json(new { room_id = created.RoomId });
    }

    static InitialState Initial(InitialStateBody? state) => new()
    {
        Type = state?.Type ?? throw MatrixError.BadJson("An initial state event has no type.").AsException(),
        StateKey = state.StateKey ?? "",
        Content = ObjectOf(state.Content, "content") ?? throw MatrixError.BadJson($"The initial {state.Type} has no content.").AsException(),
    };

    static RawJson? ObjectOf(JsonElement? element, string name) => element switch
    {
        null or { ValueKind: JsonValueKind.Undefined or JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.Object } given => EventContent.Checked(RawJson.From(given)),
        _ => throw MatrixError.BadJson($"{name} is not an object.").AsException(),
    };

    sealed record CreateRoomBody
    {
        public string? Visibility { get; init; }
        public string? RoomAliasName { get; init; }
        public string? Name { get; init; }
        public string? Topic { get; init; }
        public IReadOnlyList<UserId>? Invite { get; init; }
        [System.Text.Json.Serialization.JsonPropertyName("invite_3pid")]
        public JsonElement? InviteThirdParty { get; init; }
        public string? RoomVersion { get; init; }
        public JsonElement? CreationContent { get; init; }
        public IReadOnlyList<InitialStateBody?>? InitialState { get; init; }
        public string? Preset { get; init; }
        public bool? IsDirect { get; init; }
        public JsonElement? PowerLevelContentOverride { get; init; }
    }

    sealed record InitialStateBody(string? Type, string? StateKey, JsonElement? Content);
}
