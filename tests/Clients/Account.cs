using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Matrix.Bus.Clients;

/// <summary>A user who is logged in, and the few things that the tests let users do.</summary>
public sealed class Account(Homeserver home, string userId, string token)
{
    /// <summary>The address that this user's client talks to.</summary>
    public Homeserver Home { get; } = home;

    /// <summary>The Matrix user id.</summary>
    public string UserId { get; } = userId;

    /// <summary>The access token.</summary>
    public string Token { get; } = token;

    /// <summary>The access token as a header.</summary>
    public AuthenticationHeaderValue Authorization { get; } = Homeserver.Bearer(token);

    /// <summary>The same login, talking to another address of the same homeserver.</summary>
    public Account Through(Homeserver other) => new(other, UserId, Token);

    /// <summary>Registers with the shared secret: a nonce, then HMAC-SHA1 over nonce, name, password and role.</summary>
    /// <exception cref="MatrixRefusal">The server does not want it.</exception>
    public static async Task<Account> Register(Homeserver home, string secret, string localpart, string password, CancellationToken cancel)
    {
        const string path = "/_synapse/admin/v1/register";
        var nonce = (await home.Call(HttpMethod.Get, path, null, null, cancel)).GetProperty("nonce").GetString()!;
#pragma warning disable CA5350 // The protocol says SHA-1.
        var mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{nonce}\0{localpart}\0{password}\0notadmin"));
#pragma warning restore CA5350
        var body = JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["nonce"] = nonce,
            ["username"] = localpart,
            ["password"] = password,
            ["admin"] = false,
            ["mac"] = Convert.ToHexStringLower(mac),
        });
        var answer = await home.Call(HttpMethod.Post, path, null, body, cancel);
        return new Account(home, answer.GetProperty("user_id").GetString()!, answer.GetProperty("access_token").GetString()!);
    }

    /// <summary>Creates a room that anybody may join, and returns its id.</summary>
    public async Task<string> CreateRoom(string name, CancellationToken cancel)
    {
        var body = JsonSerializer.Serialize(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["preset"] = "public_chat",
            ["visibility"] = "private",
            ["name"] = name,
        });
        var answer = await Home.Call(HttpMethod.Post, "/_matrix/client/v3/createRoom", Token, body, cancel);
        return answer.GetProperty("room_id").GetString()!;
    }

    /// <summary>Joins a room.</summary>
    public Task Join(string room, CancellationToken cancel) =>
        Home.Call(HttpMethod.Post, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/join", Token, "{}", cancel);

    /// <summary>Stores a filter and returns its id.</summary>
    public async Task<string> StoreFilter(string filter, CancellationToken cancel)
    {
        var answer = await Home.Call(HttpMethod.Post, $"/_matrix/client/v3/user/{Uri.EscapeDataString(UserId)}/filter", Token, filter, cancel);
        return answer.GetProperty("filter_id").GetString()!;
    }
}
