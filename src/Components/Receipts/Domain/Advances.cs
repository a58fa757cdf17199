using Matrix.Bus.Messages;
using Matrix.Bus.Messages.Edus;
using Matrix.Bus.Messages.Sync;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.Receipts;

/// <summary>Which marker of a user in a room: one for each kind and thread.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Thread">The thread; empty for the room whatever the thread.</param>
readonly record struct Slot(ReceiptKind Kind, string Thread)
{
    public static Slot Of(ReadMark mark) => new(mark.Kind, mark.ThreadId ?? "");
}

/// <summary>A marker that goes on to another event.</summary>
/// <param name="Slot">The marker.</param>
/// <param name="From">Where it stands; null if nowhere.</param>
/// <param name="To">Where it goes.</param>
sealed record Advance(Slot Slot, EventId? From, EventId To);

/// <summary>Decides which markers move.</summary>
static class Advances
{
    /// <summary>What moves forwards, one step for each marker, in the order of the markers: all writers keep to it.</summary>
    /// <param name="marks">What the user says.</param>
    /// <param name="standing">Where the markers stand.</param>
    /// <param name="places">Where in the timeline all these events are; one that is not in it any more lies before everything.</param>
    /// <exception cref="RefusedException">403, 404 or 400 as <see cref="InputReceipts"/> says.</exception>
    public static IReadOnlyList<Advance> Of(IReadOnlyList<ReadMark> marks, IReadOnlyDictionary<Slot, EventId> standing, RoomPlaces places)
    {
        if (places.Membership != Membership.Join)
            throw new RefusedException(403, "M_FORBIDDEN", "You are not in this room.");
        foreach (var mark in marks)
            Check(mark, places);

        var advances = new List<Advance>();
        foreach (var ofSlot in marks.GroupBy(Slot.Of).OrderBy(slot => slot.Key.Kind).ThenBy(slot => slot.Key.Thread, StringComparer.Ordinal))
        {
            var to = ofSlot.MaxBy(mark => places.Of(mark.EventId)!.Position)!.EventId;
            EventId? from = standing.TryGetValue(ofSlot.Key, out var stands) ? stands : null;
            if (from is not { } before || places.Of(before) is not { } place || place.Position < places.Of(to)!.Position)
                advances.Add(new Advance(ofSlot.Key, from, to));
        }
        return advances;
    }

    static void Check(ReadMark mark, RoomPlaces places)
    {
        var place = places.Of(mark.EventId) ?? throw new RefusedException(404, "M_NOT_FOUND", $"There is no event {mark.EventId} in the timeline of this room.");
        if (mark.ThreadId is not { } thread)
            return;
        if (mark.Kind == ReceiptKind.FullyRead)
            throw new RefusedException(400, "M_INVALID_PARAM", "The fully read marker knows no threads.");
        // A thread's root is in the main timeline, but whoever has read the root alone has read that much of the thread.
        var fits = thread == ReadMark.MainThread ? place.ThreadRoot is null : place.ThreadRoot?.Value == thread || mark.EventId.Value == thread;
        if (!fits)
            throw new RefusedException(400, "M_INVALID_PARAM", $"The event {mark.EventId} is not in the thread {thread}.");
    }
}
