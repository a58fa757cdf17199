using System.Text.Json;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients;

/// <summary>Takes what a sync response holds, room by room.</summary>
public interface ITimelineSink
{
    /// <summary>One room's timeline; the list is used again after the call.</summary>
    /// <param name="room">The room's id.</param>
    /// <param name="events">Oldest first.</param>
    /// <param name="limited">Events are missing before them.</param>
    /// <param name="previousBatch">From where to page back for those.</param>
    void Timeline(string room, List<Seen> events, bool limited, string? previousBatch);

    /// <summary>An event as it is read; called for each before its <see cref="Timeline"/>.</summary>
    /// <param name="key">Our transaction id in the content.</param>
    /// <param name="sentAt">The sender's stopwatch in the content.</param>
    void Arrived(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sentAt);
}

/// <summary>Reads sync and messages responses without building documents.</summary>
public sealed class TimelineReader
{
    readonly List<Seen> _events = [];

    /// <summary>Reads a sync response and returns its <c>next_batch</c>.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public string ReadSync(ReadOnlySpan<byte> response, ITimelineSink sink)
    {
        var json = new Utf8JsonReader(response);
        string? next = null;
        Open(ref json);
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("next_batch"u8))
                next = ReadString(ref json);
            else if (json.ValueTextEquals("rooms"u8))
                ReadRooms(ref json, sink);
            else
                SkipValue(ref json);
        }
        return next ?? throw new JsonException("No next_batch.");
    }

    /// <summary>Reads a page of <c>/messages</c>: its events in the order given, and its <c>end</c>.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public string? ReadPage(ReadOnlySpan<byte> response, List<Seen> into)
    {
        var json = new Utf8JsonReader(response);
        string? end = null;
        Open(ref json);
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("end"u8))
                end = ReadString(ref json);
            else if (json.ValueTextEquals("chunk"u8))
                ReadEvents(ref json, null, into);
            else
                SkipValue(ref json);
        }
        return end;
    }

    /// <summary>The event id in the answer to a send.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static string ReadEventId(ReadOnlySpan<byte> response)
    {
        var json = new Utf8JsonReader(response);
        Open(ref json);
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("event_id"u8))
                return ReadString(ref json) ?? throw new JsonException("event_id is null.");
            SkipValue(ref json);
        }
        throw new JsonException("No event_id.");
    }

    void ReadRooms(ref Utf8JsonReader json, ITimelineSink sink)
    {
        Open(ref json);
        while (NextProperty(ref json))
        {
            if (!json.ValueTextEquals("join"u8))
            {
                SkipValue(ref json);
                continue;
            }
            Open(ref json);
            while (NextProperty(ref json))
            {
                var room = json.GetString()!;
                Open(ref json);
                while (NextProperty(ref json))
                {
                    if (json.ValueTextEquals("timeline"u8))
                        ReadTimeline(ref json, room, sink);
                    else
                        SkipValue(ref json);
                }
            }
        }
    }

    void ReadTimeline(ref Utf8JsonReader json, string room, ITimelineSink sink)
    {
        _events.Clear();
        var limited = false;
        string? previous = null;
        Open(ref json);
        while (NextProperty(ref json))
        {
            if (json.ValueTextEquals("events"u8))
            {
                ReadEvents(ref json, sink, _events);
            }
            else if (json.ValueTextEquals("limited"u8))
            {
                json.Read();
                limited = json.TokenType == JsonTokenType.True;
            }
            else if (json.ValueTextEquals("prev_batch"u8))
            {
                previous = ReadString(ref json);
            }
            else
            {
                SkipValue(ref json);
            }
        }
        if (_events.Count > 0 || limited)
            sink.Timeline(room, _events, limited, previous);
    }

    static void ReadEvents(ref Utf8JsonReader json, ITimelineSink? sink, List<Seen> into)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
            throw new JsonException("An array of events was expected.");
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            string? id = null, key = null;
            while (NextProperty(ref json))
            {
                if (json.ValueTextEquals("event_id"u8))
                    id = ReadString(ref json);
                else if (json.ValueTextEquals("content"u8))
                    key = ReadContent(ref json, sink);
                else
                    SkipValue(ref json);
            }
            into.Add(new Seen(id ?? throw new JsonException("An event without event_id."), key));
        }
    }

    static string? ReadContent(ref Utf8JsonReader json, ITimelineSink? sink)
    {
        ReadOnlySpan<byte> key = default, at = default;
        Open(ref json);
        while (NextProperty(ref json))
        {
            var isKey = json.ValueTextEquals(SendBody.KeyProperty);
            var isTime = !isKey && json.ValueTextEquals(SendBody.TimeProperty);
            json.Read();
            if (isKey && json.TokenType == JsonTokenType.String)
                key = json.ValueSpan;
            else if (isTime && json.TokenType == JsonTokenType.String)
                at = json.ValueSpan;
            else
                json.Skip();
        }
        if (key.IsEmpty)
            return null;
        sink?.Arrived(key, at);
        return System.Text.Encoding.ASCII.GetString(key);
    }

    static void Open(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            throw new JsonException("An object was expected.");
    }

    static bool NextProperty(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    static string? ReadString(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String ? json.GetString() : null;
    }

    static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
