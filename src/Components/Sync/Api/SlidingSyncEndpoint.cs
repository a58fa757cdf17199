using System.Globalization;
using Matrix.Bus.Foundation;
using Matrix.Bus.Sync.Domain.Sliding;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Reading;
using Matrix.Bus.Sync.Reading.Sliding;
using Matrix.Bus.Sync.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Matrix.Bus.Sync.Api;

/// <summary>POST /_matrix/client/v4/sync, and as clients call it today POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync
/// (MSC4186, simplified sliding sync)</summary>
sealed class SlidingSyncEndpoint(LiveStream live, SlidingReader reader, Connections connections, CaughtUp caughtUp, TimeProvider clock)
{
    static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/_matrix/client/v4/sync", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"])
        {
            routes.MapPost(path, (HttpContext http, Requester requester, SlidingSyncEndpoint endpoint, CancellationToken cancel) =>
                endpoint.Handle(http, requester, cancel));
        }
    }

    async Task Handle(HttpContext http, Requester requester, CancellationToken cancel)
    {
        var body = await Body.Object(http, cancel, optional: true);
        var request = SlidingRequest.Read(body, requester);
        // The proposal has these in the body, today's clients in the query.
        var query = http.Request.Query;
        var position = query["pos"].ToString() is { Length: > 0 } given ? given : SlidingRequest.Text(body, "pos");
        var timeout = query["timeout"].ToString() is { Length: > 0 } text ? text
            : body.TryGetProperty("timeout"u8, out var number) ? number.ToString() : "0";
        if (!long.TryParse(timeout, NumberStyles.None, CultureInfo.InvariantCulture, out var wait))
            throw MatrixError.InvalidParam("timeout is not a number of milliseconds.").AsException();

        var (answer, next) = await Answer(request, position, TimeSpan.FromMilliseconds(Math.Min(wait, MaxTimeout.TotalMilliseconds)), cancel);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await EventLists.Respond(http, writer => SlidingResponse.Write(writer, answer, next, request, now), cancel);
    }

    /// <summary>Looks until there is something to tell or the time is up.</summary>
    async Task<(SlidingAnswer Answer, SlidingPosition Next)> Answer(SlidingRequest request, string? text, TimeSpan timeout, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        SlidingPosition? since = text is { Length: > 0 } ? SlidingPosition.Parse(text) ?? throw SlidingPosition.Unknown() : null;
        var told = since is { } position ? await connections.Read(request, position.Connection, cancel) ?? throw SlidingPosition.Unknown() : new Connection();
        if (since is null)
            await caughtUp.WithAllRooms(cancel);
        else
            request = request with { Typing = since.Value.Typing };

        var view = await live.View(request.UserId, cancel);
        try
        {
            while (true)
            {
                if (!live.IsCurrent(view))
                {
                    live.Release(view);
                    view = await live.View(request.UserId, cancel);
                }
                // Taken before looking: what comes in between is not missed.
                var changed = view.Changed;
                var connection = told.Copy();
                var answer = await reader.Read(request, since?.At, connection, view.Ignored, cancel);
                // The stream never goes back, unless to an older copy of the database.
                if (since?.At > answer.Head)
                    throw SlidingPosition.Unknown();
                var left = timeout - clock.GetElapsedTime(started);
                if (!answer.IsEmpty || since is null || left <= TimeSpan.Zero || !await Wait(changed, left, cancel))
                    return (answer, await Next(request, since, told, connection, answer, cancel));
            }
        }
        finally
        {
            live.Release(view);
        }
    }

    /// <summary>Where nothing changed in what the client was told, only the place moves and nothing is stored.</summary>
    async Task<SlidingPosition> Next(SlidingRequest request, SlidingPosition? since, Connection told, Connection now, SlidingAnswer answer, CancellationToken cancel) =>
        since is { } position && now.IsSameAs(told)
            ? position with { At = answer.Head, Typing = answer.Extensions.TypingMarks }
            : new SlidingPosition(answer.Head, await connections.Add(request, now, since?.Connection ?? 0, cancel), answer.Extensions.TypingMarks);

    async Task<bool> Wait(Task changed, TimeSpan time, CancellationToken cancel)
    {
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
}
