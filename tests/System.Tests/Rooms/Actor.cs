using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Matrix.Bus.Clients;
using Matrix.Bus.Harness;

namespace Matrix.Bus.SystemTests.Rooms;

/// <summary>A user of the shared deployment who does things to rooms and minds what the server answers.</summary>
sealed class Actor
{
    readonly Homeserver _home;
    readonly string? _token;

    Actor(Homeserver home, string id, string? token) => (_home, Id, _token) = (home, id, token);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The user id.</summary>
    public string Id { get; }

    /// <summary>Registers somebody new.</summary>
    public static async Task<Actor> New(Shape shape, string name = "user")
    {
        var deployment = await Deployment.Shared(shape, Cancel);
        var home = new Homeserver(deployment.BaseUrl);
        var account = await Account.Register(
            home, deployment.RegistrationSharedSecret, $"{name}-{Guid.NewGuid().ToString("N")[..12]}", "a good password", Cancel);
        return new Actor(home, account.UserId, account.Token);
    }

    /// <summary>Several, at once.</summary>
    public static Task<Actor[]> Some(Shape shape, int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => New(shape, string.Create(CultureInfo.InvariantCulture, $"u{i}"))));

    /// <summary>The same address without a login.</summary>
    public Actor Nobody => new(_home, "", null);

    /// <summary>The same user with another access token.</summary>
    public Actor With(string token) => new(_home, Id, token);

    /// <summary>A path segment.</summary>
    public static string Esc(string text) => Uri.EscapeDataString(text);

    /// <summary>Whatever the server answers; a path without leading slash is below <c>/_matrix/client/v3/</c>.</summary>
    public async Task<(int Status, JsonElement Body)> Call(HttpMethod method, string path, object? body = null)
    {
        var buffer = new ResponseBuffer();
        var json = body switch
        {
            null => null,
            string text => text,
            _ => JsonSerializer.Serialize(body),
        };
        var status = await _home.Exchange(
            method, path.StartsWith('/') ? path : "/_matrix/client/v3/" + path, _token is null ? null : Homeserver.Bearer(_token),
            json is null ? null : Encoding.UTF8.GetBytes(json), buffer, Cancel);
        return (status, JsonElement.Parse(buffer.Body));
    }

    /// <summary>The status alone: what is malformed enough is answered before there is a Matrix server.</summary>
    public async Task<int> Status(HttpMethod method, string path) => await _home.Exchange(
        method, path.StartsWith('/') ? path : "/_matrix/client/v3/" + path, Homeserver.Bearer(_token!),
        method == HttpMethod.Get ? null : "{}"u8.ToArray(), new ResponseBuffer(), Cancel);

    /// <summary>What the server answers with 200.</summary>
    public async Task<JsonElement> Ok(HttpMethod method, string path, object? body = null)
    {
        var (status, answer) = await Call(method, path, body);
        Assert.True(status == 200, $"{method} {path}: {status} {answer}");
        return answer;
    }

    /// <summary>The server says no, in these words.</summary>
    public async Task Refused(int status, string errcode, HttpMethod method, string path, object? body = null)
    {
        var (actual, answer) = await Call(method, path, body);
        Assert.True(
            actual == status && answer.TryGetProperty("errcode", out var code) && code.GetString() == errcode,
            $"{method} {path}: {actual} {answer}, but {status} {errcode} was expected");
    }

    public Task<JsonElement> Get(string path) => Ok(HttpMethod.Get, path);

    public Task<JsonElement> Post(string path, object? body = null) => Ok(HttpMethod.Post, path, body ?? "{}");

    public Task<JsonElement> Put(string path, object? body = null) => Ok(HttpMethod.Put, path, body ?? "{}");

    /// <summary>Creates a room.</summary>
    public async Task<string> Room(object? request = null) => (await Post("createRoom", request)).GetProperty("room_id").GetString()!;

    /// <summary>Creates a public room of a version.</summary>
    public Task<string> PublicRoom(string? version = null, string? name = null) =>
        Room(version is null ? new { preset = "public_chat", name } : new { preset = "public_chat", name, room_version = version });

    /// <summary>Joins, leaves, invites… and the server agrees.</summary>
    public Task Do(string room, string action, string? user = null, string? reason = null) => Post($"rooms/{Esc(room)}/{action}", Of(user, reason));

    /// <summary>Joins, leaves, invites… and the server does not agree.</summary>
    public Task MayNot(string room, string action, string? user = null, int status = 403, string errcode = "M_FORBIDDEN") =>
        Refused(status, errcode, HttpMethod.Post, $"rooms/{Esc(room)}/{action}", Of(user, null));

    /// <summary>Sends a message; its id.</summary>
    public async Task<string> Say(string room, string text, string? txn = null) =>
        (await Put($"rooms/{Esc(room)}/send/m.room.message/{Esc(txn ?? Guid.NewGuid().ToString("N"))}", new { msgtype = "m.text", body = text }))
        .GetProperty("event_id").GetString()!;

    /// <summary>Puts state; its id.</summary>
    public async Task<string> Set(string room, string type, object content, string key = "") =>
        (await Put($"rooms/{Esc(room)}/state/{Esc(type)}/{Esc(key)}", content)).GetProperty("event_id").GetString()!;

    /// <summary>Reads state as it is now.</summary>
    public Task<JsonElement> State(string room, string type, string key = "") => Get($"rooms/{Esc(room)}/state/{Esc(type)}/{Esc(key)}");

    /// <summary>Somebody's membership as this user sees it.</summary>
    public async Task<string?> MembershipOf(string room, string user)
    {
        var (status, answer) = await Call(HttpMethod.Get, $"rooms/{Esc(room)}/state/m.room.member/{Esc(user)}");
        return status == 200 ? answer.GetProperty("membership").GetString() : null;
    }

    /// <summary>An event as this user sees it.</summary>
    public Task<JsonElement> Event(string room, string id) => Get($"rooms/{Esc(room)}/event/{Esc(id)}");

    /// <summary>The whole state, by type and key.</summary>
    public async Task<Dictionary<(string Type, string Key), JsonElement>> WholeState(string room) =>
        (await Get($"rooms/{Esc(room)}/state")).EnumerateArray()
        .ToDictionary(each => (each.GetProperty("type").GetString()!, each.GetProperty("state_key").GetString()!), each => each);

    /// <summary>The rooms this user is in.</summary>
    public async Task<string[]> JoinedRooms() => [.. (await Get("joined_rooms")).GetProperty("joined_rooms").EnumerateArray().Select(room => room.GetString()!)];

    static JsonObject Of(string? user, string? reason)
    {
        var body = new JsonObject();
        if (user is not null)
            body["user_id"] = user;
        if (reason is not null)
            body["reason"] = reason;
        return body;
    }
}
