using System.Collections.Concurrent;
using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace Matrix.Bus.Components.Tests.UserApi;

/// <summary>Two rooms that everybody is in, and what their members said.</summary>
public sealed class FakeRooms
{
    readonly ConcurrentDictionary<string, string?> _names = new();

    public ConcurrentDictionary<RoomId, UserId> Left { get; } = new();

    public string? Shown(string room) => _names.GetValueOrDefault(room, "nothing yet");

    internal void Register(ComponentBuilder component)
    {
        component.Services.AddSingleton(this);
        component
            .Answers<QueryRoomsForUser, RoomsForUser, Rooms>()
            .Answers<InputRoomEvents, InputOutcome, Input>()
            .Answers<ChangeMembership, MembershipChanged, Membership>();
    }

    sealed class Rooms : ICallHandler<QueryRoomsForUser, RoomsForUser>
    {
        public Task<RoomsForUser> Handle(QueryRoomsForUser call, CancellationToken cancel) => Task.FromResult(new RoomsForUser
        {
            Rooms = [.. new[] { "!one:test", "!two:test" }.Select(room => new RoomOfUser { RoomId = RoomId.Parse(room), Membership = "join", EventId = EventId.Parse("$x") })],
        });
    }

    sealed class Input(FakeRooms rooms) : ICallHandler<InputRoomEvents, InputOutcome>
    {
        public Task<InputOutcome> Handle(InputRoomEvents call, CancellationToken cancel)
        {
            var draft = call.Events[0].Draft!;
            Assert.Equal(["join"], draft.OnlyIfMembershipIs!);
            Assert.Equal(draft.Sender.Value, draft.StateKey);
            rooms._names[call.RoomId.Value] = draft.Content.Parse().TryGetProperty("displayname", out var name) ? name.GetString() : null;
            return Task.FromResult(new InputOutcome { Events = [new EventOutcome { EventId = EventId.Parse("$x"), Verdict = EventVerdict.Accepted }] });
        }
    }

    sealed class Membership(FakeRooms rooms) : ICallHandler<ChangeMembership, MembershipChanged>
    {
        public Task<MembershipChanged> Handle(ChangeMembership call, CancellationToken cancel)
        {
            Assert.Equal(MembershipAction.Leave, call.Action);
            rooms.Left[call.RoomId] = call.Target;
            return Task.FromResult(new MembershipChanged { RoomId = call.RoomId, EventId = EventId.Parse("$x") });
        }
    }
}
