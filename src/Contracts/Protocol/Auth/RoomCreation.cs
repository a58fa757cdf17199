using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>What authorisation needs to know of a room's create event, parsed once.</summary>
public sealed class RoomCreation
{
    readonly HashSet<string> creators;

    RoomCreation(Pdu create)
    {
        Event = create;
        Federates = create.Content.Member("m.federate") is not { ValueKind: JsonValueKind.False };
        Creator = create.Version.CreatorIsSender ? create.Sender.Value : create.Content.Text("creator");
        creators = Creator is null ? [] : [Creator];
        if (create.Version.PrivilegedCreators && create.Content.Member("additional_creators") is { ValueKind: JsonValueKind.Array } additional)
        {
            foreach (var user in additional.EnumerateArray())
            {
                if (user.ValueKind == JsonValueKind.String && ContentReader.TextOf(user) is { } id)
                    creators.Add(id);
            }
        }
    }

    /// <summary>The create event.</summary>
    public Pdu Event { get; }

    /// <summary>False if users of other servers than the creator's are shut out (<c>m.federate</c>).</summary>
    public bool Federates { get; }

    /// <summary>Who created the room: <c>content.creator</c> up to version 10, the sender since.</summary>
    public string? Creator { get; }

    /// <summary>The creator, and from version 12 on the additional creators.</summary>
    public IReadOnlyCollection<string> Creators => creators;

    /// <summary>True for one of <see cref="Creators"/>.</summary>
    public bool IsCreator(string user) => creators.Contains(user);

    /// <summary>Reads a create event; never throws, whatever the content.</summary>
    public static RoomCreation Of(Pdu create) => new(create);
}
