using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Users;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Foundation;

/// <summary>Who makes this request: an endpoint that takes one asks for a valid access token.</summary>
/// <param name="UserId">The user.</param>
/// <param name="DeviceId">The device of the session.</param>
/// <param name="TokenHash">SHA-256 of the access token, hex.</param>
/// <param name="Owner">All that is known of the token's owner.</param>
public sealed record Requester(UserId UserId, string DeviceId, string TokenHash, TokenOwner Owner)
{
    /// <summary>Authenticates a minimal API's parameter.</summary>
    /// <exception cref="RefusedException">M_MISSING_TOKEN, M_UNKNOWN_TOKEN, M_USER_LOCKED.</exception>
    public static async ValueTask<Requester?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        await context.RequestServices.GetRequiredService<Authentication>().Authenticate(context, context.RequestAborted);
}

/// <summary>Asks UserApi whose token it is, and keeps the answer until it is revoked or a short while has passed.</summary>
public sealed class Authentication(ICalls calls, ClientAddresses addresses, TimeProvider clock) : IBroadcastHandler<TokensRevoked>
{
    /// <summary>How long a host may be wrong about a token when the broadcast of its revocation was lost.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    const int MaxKept = 50_000;

    readonly ConcurrentDictionary<string, (TokenOwner Owner, long At)> _kept = new();
    int _generation;

    /// <summary>The requester of a request.</summary>
    /// <exception cref="RefusedException">There is no valid token.</exception>
    public async ValueTask<Requester> Authenticate(HttpContext http, CancellationToken cancel)
    {
        var token = TokenOf(http.Request) ?? throw MatrixError.MissingToken().AsException();
        var question = new QueryAccessToken { TokenHash = Hash(token), ClientAddress = addresses.Of(http), UserAgent = http.Request.Headers.UserAgent };
        return await Authenticate(question, cancel, allowLocked: http.GetEndpoint()?.Metadata.GetMetadata<LockedUsersMayCall>() is not null);
    }

    /// <summary>The requester of a bare token.</summary>
    public ValueTask<Requester> Authenticate(string token, CancellationToken cancel, bool allowLocked = false) =>
        Authenticate(new QueryAccessToken { TokenHash = Hash(token) }, cancel, allowLocked);

    async ValueTask<Requester> Authenticate(QueryAccessToken question, CancellationToken cancel, bool allowLocked)
    {
        var hash = question.TokenHash;
        var owner = await Ask(question, cancel);
        if (!owner.Known || owner.UserId is not { } user)
            throw UnknownToken(soft: owner.SoftLogout);
        if (owner.ExpiresAt is { } expires && expires <= clock.GetUtcNow())
            throw UnknownToken(soft: true);
        if (owner.IsLocked && !allowLocked)
            throw new RefusedException(new Refusal { Status = 401, Errcode = "M_USER_LOCKED", Error = "This account is locked.", Extra = new RawJson("{\"soft_logout\":true}"u8.ToArray()) });
        return new Requester(user, owner.DeviceId ?? "", hash, owner);
    }

    /// <summary>The hash under which UserApi knows a token: SHA-256, lower-case hex.</summary>
    public static string Hash(string token)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), digest);
        return Convert.ToHexStringLower(digest);
    }

    /// <summary>Forgets what is kept of a user's tokens: for an endpoint that has just ended sessions, so that its answer is true on
    /// this host even before the broadcast comes round.</summary>
    public void Forget(UserId user) => Hear(new TokensRevoked { UserId = user });

    /// <inheritdoc/>
    public void Hear(TokensRevoked broadcast)
    {
        Interlocked.Increment(ref _generation);
        foreach (var (hash, kept) in _kept)
        {
            if (kept.Owner.UserId == broadcast.UserId && (broadcast.DeviceId is null || kept.Owner.DeviceId == broadcast.DeviceId))
                _kept.TryRemove(hash, out _);
        }
    }

    async ValueTask<TokenOwner> Ask(QueryAccessToken question, CancellationToken cancel)
    {
        var hash = question.TokenHash;
        if (_kept.TryGetValue(hash, out var kept) && clock.GetElapsedTime(kept.At) < Kept)
            return kept.Owner;
        var generation = Volatile.Read(ref _generation);
        var owner = await calls.Ask(question, cancel);
        // An answer that was under way while something was revoked may be the old truth: not kept.
        if (owner.Known && generation == Volatile.Read(ref _generation))
        {
            if (_kept.Count >= MaxKept)
                _kept.Clear();
            _kept[hash] = (owner, clock.GetTimestamp());
        }
        return owner;
    }

    static RefusedException UnknownToken(bool soft) => new(new Refusal
    {
        Status = 401,
        Errcode = "M_UNKNOWN_TOKEN",
        Error = soft ? "The access token has expired." : "Unknown access token.",
        Extra = new RawJson(soft ? "{\"soft_logout\":true}"u8.ToArray() : "{\"soft_logout\":false}"u8.ToArray()),
    });

    static string? TokenOf(HttpRequest request)
    {
        const string Bearer = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && header.Length > Bearer.Length)
            return header[Bearer.Length..].Trim();
        // Deprecated, still to be accepted (client-server API, "Using access tokens").
        return request.Query.TryGetValue("access_token", out var query) && query.Count == 1 && query[0] is { Length: > 0 } token ? token : null;
    }
}

/// <summary>Endpoint metadata: a locked account may call it (logging out).</summary>
public sealed class LockedUsersMayCall;
