using System.Text.Json.Nodes;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Contents of member events: the membership, the user's profile, what the client added.</summary>
sealed class MemberContent(ICalls calls, RoomServerOptions options)
{
    public Task<RawJson> Join(UserId user, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile(user, "join", reason, extra, isDirect: false, cancel);

    public Task<RawJson> Knock(UserId user, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile(user, "knock", reason, extra, isDirect: false, cancel);

    public Task<RawJson> Invite(UserId user, bool isDirect, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile(user, "invite", reason, extra, isDirect, cancel);

    /// <summary>Leave and ban: nobody's profile matters any more.</summary>
    public static RawJson Plain(string membership, string? reason, RawJson? extra) => NewRoom.Raw(Begin(membership, reason, extra));

    async Task<RawJson> WithProfile(UserId user, string membership, string? reason, RawJson? extra, bool isDirect, CancellationToken cancel)
    {
        var content = Begin(membership, reason, extra);
        if (isDirect)
            content["is_direct"] = true;
        if (await ProfileOf(user, cancel) is { } profile)
        {
            // What the client says of the user in this room goes before what the profile says.
            Add(content, "displayname", profile.DisplayName);
            Add(content, "avatar_url", profile.AvatarUrl);
        }
        return NewRoom.Raw(content);
    }

    /// <summary>Null for a user of another server, or one that does not exist.</summary>
    async Task<Profile?> ProfileOf(UserId user, CancellationToken cancel)
    {
        if (user.Server != options.ServerName)
            return null;
        try
        {
            return await calls.Ask(new QueryProfile { UserId = user }, cancel);
        }
        catch (RefusedException refused) when (refused.Refusal.Status == 404)
        {
            return null;
        }
    }

    static void Add(JsonObject content, string name, string? value)
    {
        if (value is not null && !content.ContainsKey(name))
            content[name] = value;
    }

    static JsonObject Begin(string membership, string? reason, RawJson? extra)
    {
        var content = extra is { IsEmpty: false } given ? (JsonObject)JsonNode.Parse(given.Utf8.Span)! : [];
        content["membership"] = membership;
        if (reason is not null)
            content["reason"] = reason;
        return content;
    }
}
