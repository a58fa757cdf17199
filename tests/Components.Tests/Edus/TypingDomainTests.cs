using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.Components.Tests.Foundation;
using Matrix.Bus.EduServer;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;
using Matrix.Bus.Sync.Reading;

namespace Matrix.Bus.Components.Tests.Edus;

public sealed class TypingDomainTests
{
    static readonly RoomId Room = RoomId.Parse("!room:test");
    static readonly HashSet<string> Nobody = [];

    readonly ManualClock _clock = new();

    static OutputTyping Said(string user, bool typing, long version, int timeout = 30_000) =>
        new() { RoomId = Room, UserId = UserId.Parse($"@{user}:test"), Typing = typing, Timeout = timeout, Version = version };

    [Fact]
    public void What_was_said_earlier_and_comes_later_does_not_count()
    {
        var rooms = new TypingRooms(_clock);
        Assert.False(rooms.Take(Said("a", typing: false, version: 2)));
        Assert.False(rooms.Take(Said("a", typing: true, version: 1)));
        Assert.Empty(rooms.In(Room.Value, Nobody));

        var book = new TypingBook(_clock);
        book.Note(Said("a", typing: false, version: 2));
        book.Note(Said("a", typing: true, version: 1));
        Assert.Empty(book.In(Room));
    }

    [Fact]
    public void Typing_that_is_said_again_lasts_longer_and_is_no_news()
    {
        var rooms = new TypingRooms(_clock);
        Assert.True(rooms.Take(Said("a", typing: true, version: 1, timeout: 10_000)));
        _clock.Advance(TimeSpan.FromSeconds(8));
        Assert.False(rooms.Take(Said("a", typing: true, version: 2, timeout: 10_000)));
        _clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Empty(rooms.End().Changed);
        Assert.Equal(["@a:test"], rooms.In(Room.Value, Nobody));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([Room.Value], rooms.End().Changed);
        Assert.Empty(rooms.In(Room.Value, Nobody));
        Assert.True(rooms.IsEmpty);
    }

    [Fact]
    public void Each_user_ends_in_their_own_time_and_the_next_end_is_told()
    {
        var rooms = new TypingRooms(_clock);
        rooms.Take(Said("b", typing: true, version: 1, timeout: 5_000));
        rooms.Take(Said("a", typing: true, version: 2, timeout: 2_000));
        Assert.Equal(TimeSpan.FromSeconds(2), rooms.End().Next);
        _clock.Advance(TimeSpan.FromSeconds(2));
        var (changed, next) = rooms.End();
        Assert.Equal([Room.Value], changed);
        Assert.Equal(TimeSpan.FromSeconds(3), next);
        Assert.Equal(["@b:test"], rooms.In(Room.Value, Nobody));
    }

    [Fact]
    public void The_ignored_are_not_seen_and_who_left_is_gone()
    {
        var rooms = new TypingRooms(_clock);
        rooms.Take(Said("a", typing: true, version: 1));
        rooms.Take(Said("b", typing: true, version: 2));
        Assert.Equal(["@b:test"], rooms.In(Room.Value, new HashSet<string> { "@a:test" }));
        rooms.Left(Room.Value, "@b:test");
        Assert.Equal(["@a:test"], rooms.In(Room.Value, Nobody));
    }

    [Fact]
    public void A_client_that_goes_from_host_to_host_is_told_once()
    {
        TypingRooms[] hosts = [new(_clock), new(_clock)];
        var readers = hosts.Select(host => new TypingReader(host)).ToArray();
        TypingNews Read(int host, TypingNews last) => readers[host].Read([Room.Value, "!other:test"], last.Marks, Nobody, _ => false);
        void Tell(OutputTyping said) => Array.ForEach(hosts, host => host.Take(said));

        Tell(Said("a", typing: true, version: 1));
        var news = Read(0, TypingNews.None);
        Assert.Equal("{\"user_ids\":[\"@a:test\"]}", System.Text.Encoding.UTF8.GetString(Assert.Single(news.Items).Body));
        news = Read(1, news);
        Assert.Empty(news.Items);
        Tell(Said("b", typing: true, version: 2));
        news = Read(1, news);
        Assert.Equal("{\"user_ids\":[\"@a:test\",\"@b:test\"]}", System.Text.Encoding.UTF8.GetString(Assert.Single(news.Items).Body));
        Tell(Said("a", typing: false, version: 3));
        Tell(Said("b", typing: false, version: 4));
        news = Read(0, news);
        Assert.Equal("{\"user_ids\":[]}", System.Text.Encoding.UTF8.GetString(Assert.Single(news.Items).Body));
        Assert.Empty(news.Marks);
        Assert.Empty(Read(1, news).Items);
    }

    [Fact]
    public void More_rooms_than_a_token_holds_are_not_told_of_and_what_was_told_is_ended()
    {
        var host = new TypingRooms(_clock);
        var rooms = Enumerable.Range(0, TypingMarks.MaxRooms + 5).Select(n => $"!{n}:test").ToList();
        foreach (var room in rooms)
            host.Take(Said("a", typing: true, version: 1) with { RoomId = RoomId.Parse(room) });
        var reader = new TypingReader(host);
        var news = reader.Read(rooms, TypingMarks.None, Nobody, _ => false);
        Assert.Equal(TypingMarks.MaxRooms, news.Items.Count);
        Assert.Empty(reader.Read(rooms.AsEnumerable().Reverse(), news.Marks, Nobody, _ => false).Items);
        host.Take(Said("a", typing: false, version: 2) with { RoomId = RoomId.Parse(rooms[0]) });
        news = reader.Read(rooms, news.Marks, Nobody, _ => false);
        Assert.Contains(news.Items, item => item.RoomId == rooms[0] && item.Body.Length == 15);
        Assert.Equal(TypingMarks.MaxRooms, news.Marks.Count);
    }

    [Fact]
    public void The_book_forgets_in_time_and_does_not_grow()
    {
        var book = new TypingBook(_clock);
        book.Note(Said("a", typing: true, version: 1, timeout: 1_000));
        Assert.Single(book.In(Room));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(book.In(Room));
    }

    [Fact]
    public void Versions_rise_though_the_clock_stands()
    {
        var versions = new TypingVersions(_clock);
        var first = versions.Next(0);
        Assert.True(versions.Next(0) > first);
        versions.Forget(0);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(versions.Next(0) > first + 1);
    }

    [Fact]
    public void Any_marks_are_read_back_from_a_token()
    {
        var marks = ArbMap.Default.ArbFor<(uint, uint)[]>().Filter(pairs => pairs.Length <= TypingMarks.MaxRooms);
        Prop.ForAll(marks, ArbMap.Default.ArbFor<long>(), (pairs, position) =>
        {
            var token = new SyncToken(position) { Typing = pairs.DistinctBy(pair => pair.Item1).ToDictionary(pair => pair.Item1, pair => pair.Item2) };
            var read = SyncToken.Parse(token.ToString());
            return read.Position == position && read.Typing.OrderBy(mark => mark.Key).SequenceEqual(token.Typing.OrderBy(mark => mark.Key));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("s12_")]
    [InlineData("s12")]
    public void A_token_may_say_nothing_of_typing(string text) => Assert.Empty(SyncToken.Parse(text).Typing);

    [Theory]
    [InlineData("s12_abc")]
    [InlineData("s12_abcdefghijklmnoq")]
    [InlineData("s12_ABCDEFGHIJKLMNOP")]
    [InlineData("s_abcdefghijklmnop")]
    [InlineData("_abcdefghijklmnop")]
    [InlineData("s12_abcdefghijklmno\0")]
    public void A_token_that_is_none_is_refused(string text) => Assert.Throws<RefusedException>(() => SyncToken.Parse(text));
}
