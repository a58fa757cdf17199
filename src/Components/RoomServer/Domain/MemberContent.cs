using System.Text.Json.Nodes;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.RoomServer;

/// <summary>Contents of member events: the membership, the user's profile, what the client added.</summary>
sealed class MemberContent
{
    public Task<RawJson> Join(UserId user, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile("join", reason, extra, isDirect: false);

    public Task<RawJson> Knock(UserId user, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile("knock", reason, extra, isDirect: false);

    public Task<RawJson> Invite(UserId user, bool isDirect, string? reason, RawJson? extra, CancellationToken cancel) =>
        WithProfile("invite", reason, extra, isDirect);

    /// <summary>Leave and ban: nobody's profile matters any more.</summary>
    public static RawJson Plain(string membership, string? reason, RawJson? extra) => NewRoom.Raw(Begin(membership, reason, extra));

    static Task<RawJson> WithProfile(string membership, string? reason, RawJson? extra, bool isDirect)
    {
        var content = Begin(membership, reason, extra);
        if (isDirect)
            content["is_direct"] = true;
        return Task.FromResult(NewRoom.Raw(content));
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
