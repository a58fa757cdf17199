using System.Text.Json;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients;

/// <summary>Reads rooms by <c>/messages</c>, and with it what a limited timeline left out.</summary>
public static class Pages
{
    const int PageSize = 1000;

    /// <summary>Reads a whole room.</summary>
    /// <param name="reader">A member.</param>
    /// <param name="room">The room's id.</param>
    /// <param name="backward">From the newest to the oldest; the reading is in ascending order either way.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="MatrixRefusal">The server does not want to.</exception>
    public static async Task<Reading> ReadRoom(Account reader, string room, bool backward, CancellationToken cancel)
    {
        var reading = new Reading($"{reader.UserId} paging {(backward ? "back" : "forward")}", room, complete: true);
        await Read(reader, room, null, backward, reading.Events, _ => false, cancel);
        if (backward)
            reading.Events.Reverse();
        return reading;
    }

    /// <summary>Fills the gaps of a reading, newest first.</summary>
    /// <returns>What could not be filled.</returns>
    public static async Task<IReadOnlyList<Finding>> FillGaps(Account reader, Reading reading, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        for (var i = reading.Gaps.Count - 1; i >= 0; i--)
        {
            var gap = reading.Gaps[i];
            // Before the first event seen there is nothing to connect to: the reading starts there.
            if (gap.Index == 0 && reading.Follows is null)
                continue;
            var target = gap.Index > 0 ? reading.Events[gap.Index - 1].EventId : reading.Follows!;
            var found = false;
            var between = new List<Seen>();
            if (gap.PreviousBatch is not null)
            {
                await Read(reader, reading.Room, gap.PreviousBatch, backward: true, between, seen =>
                    found |= string.Equals(seen.EventId, target, StringComparison.Ordinal), cancel);
            }
            // Nothing before it: then the page ran to the room's beginning, which is where the gap starts.
            if (!found && target.Length > 0)
            {
                findings.Add(new Finding(Invariant.Answers, reading.Room, reading.Reader,
                    $"paging back from {gap.PreviousBatch ?? "(no prev_batch)"} did not lead to {target}"));
            }
            between.Reverse();
            reading.Events.InsertRange(gap.Index, between);
        }
        reading.Gaps.Clear();
        return findings;
    }

    /// <summary>The id of a room's newest message, or empty.</summary>
    /// <exception cref="MatrixRefusal">The server does not want to.</exception>
    public static async Task<string> Newest(Account reader, string room, CancellationToken cancel)
    {
        var newest = new List<Seen>();
        await Read(reader, room, null, backward: true, newest, _ => newest.Count > 0, cancel);
        return newest.Count > 0 ? newest[0].EventId : "";
    }

    static async Task Read(Account reader, string room, string? from, bool backward, List<Seen> into, Predicate<Seen> isTarget, CancellationToken cancel)
    {
        var json = new TimelineReader();
        var buffer = new ResponseBuffer();
        var page = new List<Seen>();
        var filter = Uri.EscapeDataString(LightFilter.Messages);
        while (true)
        {
            var path = $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/messages?dir={(backward ? 'b' : 'f')}&limit={PageSize}&filter={filter}"
                + (from is null ? "" : $"&from={Uri.EscapeDataString(from)}");
            var status = await reader.Home.Exchange(HttpMethod.Get, path, reader.Authorization, null, buffer, cancel);
            if (status == 429)
            {
                await Task.Delay(Homeserver.Refusal(status, buffer).RetryAfter ?? TimeSpan.FromMilliseconds(200), cancel);
                continue;
            }
            if (status != 200)
                throw Homeserver.Refusal(status, buffer);
            page.Clear();
            var end = json.ReadPage(buffer.Body, page);
            foreach (var seen in page)
            {
                if (isTarget(seen))
                    return;
                into.Add(seen);
            }
            // Forward paging past the newest event keeps answering with an end that leads nowhere.
            if (end is null || string.Equals(end, from, StringComparison.Ordinal) || (!backward && page.Count == 0))
                return;
            from = end;
        }
    }
}
