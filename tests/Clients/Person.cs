using System.Globalization;
using System.Text.Json;

namespace Matrix.Bus.Clients;

/// <summary>A user in a behaviour test: says and reads one thing at a time, and remembers where they are in sync.</summary>
public sealed class Person(Account account)
{
    /// <summary>The login.</summary>
    public Account Account { get; } = account;

    /// <summary>The Matrix user id.</summary>
    public string UserId => Account.UserId;

    /// <summary>The token of the last sync.</summary>
    public string? Since { get; set; }

    /// <summary>Asks for a path below <c>/_matrix/client/v3/</c>.</summary>
    /// <exception cref="MatrixRefusal">The server says no.</exception>
    public Task<JsonElement> Ask(HttpMethod method, string path, string? body = null, CancellationToken cancel = default) =>
        Account.Home.Call(method, $"/_matrix/client/v3/{path}", Account.Token, body, cancel);

    /// <summary>Sends a message; its event id.</summary>
    public async Task<string> Say(string room, string text, string? relatesTo = null, CancellationToken cancel = default)
    {
        var body = $$"""{"msgtype":"m.text","body":{{JsonSerializer.Serialize(text)}}{{(relatesTo is null ? "" : $",\"m.relates_to\":{relatesTo}")}}}""";
        var answer = await Ask(HttpMethod.Put, $"rooms/{Uri.EscapeDataString(room)}/send/m.room.message/{Guid.NewGuid():N}", body, cancel);
        return answer.GetProperty("event_id").GetString()!;
    }

    /// <summary>Says that they type, or do not any more.</summary>
    public Task Type(string room, bool typing = true, int? timeout = null, CancellationToken cancel = default) => Ask(
        HttpMethod.Put,
        $"rooms/{Uri.EscapeDataString(room)}/typing/{Uri.EscapeDataString(UserId)}",
        timeout is null ? $$"""{"typing":{{(typing ? "true" : "false")}}}""" : $$"""{"typing":true,"timeout":{{timeout}}}""",
        cancel);

    /// <summary>Syncs on from the last token.</summary>
    public async Task<JsonElement> Sync(int timeout = 0, CancellationToken cancel = default)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"sync?timeout={timeout}{(Since is null ? "" : $"&since={Since}")}");
        var answer = await Ask(HttpMethod.Get, path, null, cancel);
        Since = answer.GetProperty("next_batch").GetString();
        return answer;
    }

    /// <summary>Syncs until an answer shows what is looked for, which <paramref name="look"/> makes of it.</summary>
    /// <exception cref="TimeoutException">None did within <paramref name="within"/>.</exception>
    public async Task<T> SyncUntil<T>(Func<JsonElement, T?> look, TimeSpan? within = null, CancellationToken cancel = default)
        where T : class
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.Elapsed < (within ?? TimeSpan.FromSeconds(15)))
        {
            if (look(await Sync(2000, cancel)) is { } found)
                return found;
        }
        throw new TimeoutException("Sync did not show it.");
    }

    /// <summary>The ephemeral events of a type in a room of an answer.</summary>
    public static IReadOnlyList<JsonElement> Ephemeral(JsonElement answer, string room, string type) => Section(answer, room, "ephemeral", type);

    /// <summary>The account data of a type in a room of an answer.</summary>
    public static IReadOnlyList<JsonElement> RoomData(JsonElement answer, string room, string type) => Section(answer, room, "account_data", type);

    static List<JsonElement> Section(JsonElement answer, string room, string section, string type) =>
        answer.TryGetProperty("rooms", out var rooms) && rooms.TryGetProperty("join", out var join) && join.TryGetProperty(room, out var found)
            ? [.. found.GetProperty(section).GetProperty("events").EnumerateArray().Where(each => each.GetProperty("type").GetString() == type).Select(each => each.GetProperty("content"))]
            : [];

    /// <summary>Who types in a room as an answer tells it, comma between; null if it does not tell.</summary>
    public static string? Typing(JsonElement answer, string room) =>
        Ephemeral(answer, room, "m.typing") is [var content]
            ? string.Join(',', content.GetProperty("user_ids").EnumerateArray().Select(user => user.GetString()))
            : null;
}
