using System.Text;
using System.Text.Json;
using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients.Tests;

public sealed class TimelineReaderTests
{
    sealed class Collector : ITimelineSink
    {
        public List<string> Rooms { get; } = [];

        public List<Seen> Events { get; } = [];

        public List<string> Arrivals { get; } = [];

        public void Timeline(string room, List<Seen> events, bool limited, string? previousBatch)
        {
            Rooms.Add($"{room} {limited} {previousBatch}");
            Events.AddRange(events);
        }

        public void Arrived(ReadOnlySpan<byte> key, ReadOnlySpan<byte> sentAt) => Arrivals.Add(Encoding.ASCII.GetString(key));
    }

    [Fact]
    public void A_sync_response_is_read_past_everything_else_in_it()
    {
        var sink = new Collector();
        var next = new TimelineReader().ReadSync("""
            {"presence":{"events":[{"a":[1,{"b":2}]}]},
             "rooms":{"invite":{"!i:x":{"invite_state":{"events":[]}}},
               "join":{"!a:x":{"state":{"events":[{"event_id":"$no"}]},"timeline":{"prev_batch":"p1","limited":true,"events":[
                 {"unsigned":{"age":1},"content":{"body":"x","bus_key":"k-1","bus_at":"0000000000000000005"},"event_id":"$1","type":"m.room.message"},
                 {"event_id":"$2","content":{"body":{"bus_key":"deep"}}}]},"unread_notifications":{}},
               "!b:x":{"timeline":{"events":[],"limited":false}}}},
             "next_batch":"s7"}
            """u8, sink);

        Assert.Equal("s7", next);
        Assert.Equal(["!a:x True p1"], sink.Rooms);
        Assert.Equal([new Seen("$1", "k-1"), new Seen("$2", null)], sink.Events);
        Assert.Equal(["k-1"], sink.Arrivals);
    }

    [Fact]
    public void A_page_is_read_with_its_end()
    {
        var events = new List<Seen>();
        var end = new TimelineReader().ReadPage("""{"start":"a","chunk":[{"event_id":"$1","content":{}}],"end":"b","state":[{"event_id":"$s"}]}"""u8, events);

        Assert.Equal("b", end);
        Assert.Equal([new Seen("$1", null)], events);
    }

    [Theory]
    [InlineData("""{"rooms":{}}""")]
    [InlineData("""[]""")]
    [InlineData("""{"next_batch":"s1" """)]
    public void What_is_no_sync_response_is_refused(string text) =>
        Assert.ThrowsAny<JsonException>(() => new TimelineReader().ReadSync(Encoding.UTF8.GetBytes(text), new Collector()));

    [Fact]
    public void A_stamped_body_is_read_back()
    {
        var body = new SendBody("run-1m-3");
        var stamped = body.Stamp(42, 1234);
        var sink = new Collector();
        new TimelineReader().ReadSync(Encoding.UTF8.GetBytes(
            """{"next_batch":"1","rooms":{"join":{"!a:x":{"timeline":{"events":[{"event_id":"$1","content":"""
            + Encoding.UTF8.GetString(stamped) + "}]}}}}}"), sink);

        Assert.Equal(["run-1m-3-00000042"], sink.Arrivals);
        Assert.Equal(body.Key(42), sink.Arrivals[0]);
        Assert.Equal(6, SendBody.Age("0000000000000001234"u8, 1240));
    }
}
