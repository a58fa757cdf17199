using FsCheck;
using FsCheck.Fluent;
using Matrix.Bus.Components.Tests.Foundation;
using Matrix.Bus.EduServer;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Protocol;
using Matrix.Bus.Sync.Domain;
using Matrix.Bus.Sync.Live;

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
