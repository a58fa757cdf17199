using Matrix.Bus.Foundation;
using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Rooms;
using Matrix.Bus.Protocol;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Matrix.Bus.UserApi;

/// <summary>Brings rooms in line with what became of their members here: new names and avatars are shown, deactivated users leave.
/// What is to be done stands in the database until it is done.</summary>
sealed class RoomFollowUp(PendingFollowUps pending, ProfileInRooms profiles, Departures departures, TimeProvider clock, ILogger<RoomFollowUp> log) : BackgroundService
{
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(15);

    readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>There is something new to do.</summary>
    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already woken: it will look at everything.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Work(stoppingToken);
                await Sleep(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                log.FollowUpFailed(exception);
                await Sleep(stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    async Task Work(CancellationToken cancel)
    {
        foreach (var user in await pending.Departures(cancel))
        {
            if (await Try(user, () => departures.Leave(user, cancel), cancel))
                await pending.Departed(user, cancel);
        }
        foreach (var (user, change) in await pending.ProfileChanges(cancel))
        {
            if (await Try(user, () => profiles.Show(user, cancel), cancel))
                await pending.Shown(user, change, cancel);
        }
    }

    /// <summary>One user whose rooms cannot be reached must not keep the others waiting.</summary>
    async Task<bool> Try(UserId user, Func<Task> work, CancellationToken cancel)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception exception) when (!cancel.IsCancellationRequested)
        {
            log.FollowUpOfUserFailed(user, exception);
            return false;
        }
    }

    async Task Sleep(CancellationToken cancel)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var timer = Task.Delay(Poll, clock, until.Token);
        await Task.WhenAny(timer, _wake.WaitAsync(until.Token));
        await until.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }
}

/// <summary>Shows a user's profile in the rooms they are in.</summary>
sealed class ProfileInRooms(Profiles profiles, ICalls calls)
{
    /// <summary>Sends the member events; until the profile did not change meanwhile, or a slower host could show an older one last.</summary>
    public async Task Show(UserId user, CancellationToken cancel)
    {
        var shown = await Content(user, cancel);
        while (shown is { } content)
        {
            var rooms = await calls.Ask(new QueryRoomsForUser { UserId = user, Memberships = ["join"] }, cancel);
            foreach (var room in rooms.Rooms)
                await Show(user, room.RoomId, content, cancel);
            var now = await Content(user, cancel);
            if (now is { } same && same.Utf8.Span.SequenceEqual(content.Utf8.Span))
                return;
            shown = now;
        }
    }

    async Task Show(UserId user, RoomId room, RawJson content, CancellationToken cancel)
    {
        var draft = new Draft
        {
            Sender = user,
            Type = "m.room.member",
            StateKey = user.Value,
            Content = content,
            OnlyIfMembershipIs = ["join"],
            UnlessAlreadySo = true,
        };
        try
        {
            await calls.Ask(new InputRoomEvents { RoomId = room, Events = [new InputEvent { Kind = InputKind.Draft, Draft = draft }] }, cancel);
        }
        catch (RefusedException refused) when (refused.Refusal.Status < 500)
        {
            // Left meanwhile, or the room forbids it: the room keeps what it shows.
        }
    }

    /// <summary>Null for a user who is gone.</summary>
    async Task<RawJson?> Content(UserId user, CancellationToken cancel)
    {
        if (await profiles.Find(user, cancel) is not { } fields)
            return null;
        var content = new SortedDictionary<string, object>(StringComparer.Ordinal) { ["membership"] = "join" };
        foreach (var (name, value) in fields.Where(field => ProfileRules.IsShownInRooms(field.Key)))
            content[name] = value;
        return new RawJson(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(content));
    }
}

/// <summary>Takes a deactivated user out of their rooms.</summary>
sealed class Departures(ICalls calls)
{
    public async Task Leave(UserId user, CancellationToken cancel)
    {
        var rooms = await calls.Ask(new QueryRoomsForUser { UserId = user, Memberships = ["join", "invite", "knock"] }, cancel);
        foreach (var room in rooms.Rooms)
        {
            try
            {
                await calls.Ask(new ChangeMembership { Action = MembershipAction.Leave, RoomId = room.RoomId, Sender = user, Target = user }, cancel);
            }
            catch (RefusedException refused) when (refused.Refusal.Status < 500)
            {
                // Out of the room already.
            }
        }
    }
}
