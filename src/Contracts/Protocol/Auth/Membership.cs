using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>What a user is to a room.</summary>
public enum Membership
{
    /// <summary>No membership event, or one that says nothing this server knows.</summary>
    None = 0,

    /// <summary>Invited.</summary>
    Invite = 1,

    /// <summary>Joined.</summary>
    Join = 2,

    /// <summary>Left, declined, or was kicked or unbanned.</summary>
    Leave = 3,

    /// <summary>Banned.</summary>
    Ban = 4,

    /// <summary>Asked to be let in (room version 7 and later).</summary>
    Knock = 5,
}

/// <summary>Reads memberships from events.</summary>
public static class Memberships
{
    /// <summary>The membership in an m.room.member event's content; None if it is missing or unknown.</summary>
    public static Membership Read(JsonElement content)
    {
        if (content.ValueKind != JsonValueKind.Object || !content.TryGetProperty("membership"u8, out var value) || value.ValueKind != JsonValueKind.String)
            return Membership.None;
        return value.ValueEquals("join"u8) ? Membership.Join
            : value.ValueEquals("leave"u8) ? Membership.Leave
            : value.ValueEquals("invite"u8) ? Membership.Invite
            : value.ValueEquals("ban"u8) ? Membership.Ban
            : value.ValueEquals("knock"u8) ? Membership.Knock
            : Membership.None;
    }

    /// <summary>The membership that a member event gives; None for no event.</summary>
    public static Membership Of(Pdu? member) => member is null ? Membership.None : Read(member.Content);

    /// <summary>The word that events use.</summary>
    public static string Word(this Membership membership) => membership switch
    {
        Membership.Invite => "invite",
        Membership.Join => "join",
        Membership.Ban => "ban",
        Membership.Knock => "knock",
        _ => "leave",
    };
}
