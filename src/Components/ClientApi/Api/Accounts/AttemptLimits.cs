using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Microsoft.AspNetCore.Http;

namespace Matrix.Bus.ClientApi;

/// <summary>Limits logins and registrations by address and by account, at this host.</summary>
/// <remarks>A bucket per key: so many at once, then one every so often. N hosts allow N times as much, which is still little.</remarks>
sealed class AttemptLimits(ClientApiOptions options, ClientAddresses addresses, TimeProvider clock)
{
    const int MaxKept = 100_000;

    static readonly Rate PerAddress = new(Burst: 20, Every: TimeSpan.FromSeconds(3));
    static readonly Rate PerAccount = new(Burst: 10, Every: TimeSpan.FromSeconds(6));

    readonly ConcurrentDictionary<string, DateTimeOffset> _fullAt = new();

    readonly record struct Rate(int Burst, TimeSpan Every);

    /// <summary>Counts a registration attempt.</summary>
    /// <exception cref="RefusedException">429 M_LIMIT_EXCEEDED with retry_after_ms.</exception>
    public void Registration(HttpContext http) => Take($"register {addresses.Of(http)}", PerAddress);

    /// <summary>Counts a login attempt; <paramref name="user"/> is whom it names.</summary>
    /// <exception cref="RefusedException">429 M_LIMIT_EXCEEDED with retry_after_ms.</exception>
    public void Login(HttpContext http, string? user)
    {
        Take($"login {addresses.Of(http)}", PerAddress);
        if (user is not null)
            Take($"account {Normal(user)}", PerAccount);
    }

    // Each attempt moves the time at which the bucket is full again; too far ahead of now means it is empty.
    void Take(string key, Rate rate)
    {
        if (!options.RateLimits)
            return;
        var now = clock.GetUtcNow();
        if (_fullAt.Count >= MaxKept)
            Forget(now);
        while (true)
        {
            var known = _fullAt.TryGetValue(key, out var fullAt);
            var next = (known && fullAt > now ? fullAt : now) + rate.Every;
            if (next - now > rate.Burst * rate.Every)
                throw TooMany(next - now - (rate.Burst * rate.Every));
            if (known ? _fullAt.TryUpdate(key, next, fullAt) : _fullAt.TryAdd(key, next))
                return;
        }
    }

    void Forget(DateTimeOffset now)
    {
        foreach (var full in _fullAt.Where(entry => entry.Value <= now))
            _fullAt.TryRemove(full);
        if (_fullAt.Count >= MaxKept)
            _fullAt.Clear();
    }

    string Normal(string user) => user.StartsWith('@') && UserId.TryParse(user, out var id) && id.Server == options.ServerName
        ? id.Localpart.ToLowerInvariant()
        : user.ToLowerInvariant();

    static RefusedException TooMany(TimeSpan wait) => new(new Refusal
    {
        Status = 429,
        Errcode = "M_LIMIT_EXCEEDED",
        Error = "Too many attempts.",
        Extra = new RawJson(System.Text.Encoding.UTF8.GetBytes($"{{\"retry_after_ms\":{Math.Max(1, (long)Math.Ceiling(wait.TotalMilliseconds))}}}")),
    });
}
