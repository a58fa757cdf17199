using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>Rule 1: the create event.</summary>
static class CreateRule
{
    public static AuthRule Refusal(Pdu pdu)
    {
        var version = pdu.Version;
        if (pdu.PrevEvents.Count > 0)
            return AuthRule.CreateHasPrevEvents;
        if (version.RoomIdIsCreateHash)
        {
            if (CarriesRoomId(pdu.Json.Span) || !AuthRules.IsRoomOf(pdu, pdu.RoomId))
                return AuthRule.CreateHasRoomId;
        }
        else if (!ContentReader.DomainOf(pdu.RoomId.Value).SequenceEqual(ContentReader.DomainOf(pdu.Sender.Value)))
        {
            return AuthRule.CreateRoomDomain;
        }
        if (pdu.Content.Member("room_version") is { } named
            && (named.ValueKind != JsonValueKind.String || RoomVersion.Find(ContentReader.TextOf(named)) is null))
        {
            return AuthRule.CreateUnknownVersion;
        }
        if (!version.CreatorIsSender && pdu.Content.Member("creator") is null)
            return AuthRule.CreateWithoutCreator;
        if (version.PrivilegedCreators && pdu.Content.Member("additional_creators") is { } additional && !AreUsers(additional))
            return AuthRule.CreateAdditionalCreators;
        return AuthRule.None;
    }

    static bool AreUsers(JsonElement additional)
    {
        if (additional.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var user in additional.EnumerateArray())
        {
            if (user.ValueKind != JsonValueKind.String || !UserId.TryParse(ContentReader.TextOf(user), out _))
                return false;
        }
        return true;
    }

    /// <summary>The parsed event derives its room id, so only the bytes tell whether it carried one.</summary>
    static bool CarriesRoomId(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return false;
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("room_id"u8))
                return true;
            reader.Skip();
        }
        return false;
    }
}
