using System.Globalization;
using System.Text.Json;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.Sync.Api;

/// <summary>GET /_matrix/client/v3/sync</summary>
sealed class SyncEndpoint(LiveStream live, SyncReader reader, Filters filters, CaughtUp caughtUp, TimeProvider clock, ILogger<SyncEndpoint> log)
{
    /// <summary>A client that waits longer asks again: what holds connections open in between does not like to be told late.</summary>
    static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        // r0 and v3 are the same; old clients ask for the first.
        foreach (var version in (string[])["v3", "r0"])
        {
            routes.MapGet($"/_matrix/client/{version}/sync", (HttpContext http, Requester requester, SyncEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(http, requester, cancel));
        }
    }

    async Task Handle(HttpContext http, Requester requester, CancellationToken cancel)
    {
        var query = http.Request.Query;
        SyncToken? token = query["since"].ToString() is { Length: > 0 } since ? SyncToken.Parse(since) : null;
        var request = new SyncRequest
        {
            UserId = requester.UserId,
            DeviceId = requester.DeviceId,
            Since = token?.Position,
            Typing = token?.Typing ?? TypingMarks.None,
            FullState = Flag(query, "full_state"),
            UseStateAfter = Flag(query, "use_state_after") || Flag(query, "org.matrix.msc4222.use_state_after"),
            Filter = await filters.Read(requester.UserId, query["filter"].ToString(), cancel),
        };
        Presence(query["set_presence"].ToString());
        var timeout = Timeout(query["timeout"].ToString());
        if (request.Since is null || request.FullState)
            timeout = TimeSpan.Zero;
        if (request.Since is null)
        {
            // Who begins here expects the room made a moment ago; who continues gets it by waiting.
            await caughtUp.WithAllRooms(cancel);
            await live.CatchUp(cancel);
        }

        var (answer, bundles) = await Answer(request, timeout, cancel);
        http.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, ClientEvent.Options);
        SyncResponse.Write(writer, answer, bundles, request, clock.GetUtcNow().ToUnixTimeMilliseconds());
        await writer.FlushAsync(cancel);
    }

    /// <summary>Looks until there is something to tell or the time is up.</summary>
    internal async Task<(SyncAnswer Answer, IReadOnlyDictionary<string, Bundle> Bundles)> Answer(SyncRequest request, TimeSpan timeout, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        var view = await live.View(request.UserId, cancel);
        try
        {
            if (request.Since is { } since && since > live.Head)
            {
                // Another host gave the token and its news is still on the way; or the database was set back.
                await live.CatchUp(cancel);
                if (since > live.Head)
                {
                    log.TokenAhead(since, live.Head);
                    return await reader.Read(request with { Since = live.Head }, view, cancel);
                }
            }

            while (true)
            {
                if (!live.IsCurrent(view))
                {
                    live.Release(view);
                    view = await live.View(request.UserId, cancel);
                }
                // Taken before looking: what comes in between is not missed.
                var changed = view.Changed;
                var (answer, bundles) = await reader.Read(request, view, cancel);
                var left = timeout - clock.GetElapsedTime(started);
                if (!answer.IsEmpty || request.Since is null || left <= TimeSpan.Zero || !await Wait(changed, left, cancel))
                    return (answer, bundles);
            }
        }
        finally
        {
            live.Release(view);
        }
    }

    async Task<bool> Wait(Task changed, TimeSpan time, CancellationToken cancel)
    {
        if (changed.IsCompleted)
            return true;
        try
        {
            await changed.WaitAsync(time, clock, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    static bool Flag(IQueryCollection query, string name) => query[name].ToString() switch
    {
        "" or "false" => false,
        "true" => true,
        _ => throw MatrixError.InvalidParam($"{name} is neither true nor false.").AsException(),
    };

    static TimeSpan Timeout(string text)
    {
        if (text.Length == 0)
            return TimeSpan.Zero;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ms))
            throw MatrixError.InvalidParam("timeout is not a number of milliseconds.").AsException();
        return TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, (long)MaxTimeout.TotalMilliseconds));
    }

    static void Presence(string text)
    {
        if (text is not ("" or "online" or "offline" or "unavailable"))
            throw MatrixError.InvalidParam("set_presence is none of online, offline, unavailable.").AsException();
    }
}
