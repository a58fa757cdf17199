using System.Text.Json;

namespace Matrix.Bus.Protocol;

/// <summary>What resolving a room's state from files gives.</summary>
public sealed record StateForensicsResult
{
    /// <summary>The ids of the resolved state's events, sorted.</summary>
    public required IReadOnlyList<EventId> EventIds { get; init; }

    /// <summary>The resolved state.</summary>
    public required IReadOnlyDictionary<StateSlot, EventId> State { get; init; }

    /// <summary>What took no part and why, a line each: events that could not be read, events that the rules refuse.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }
}

/// <summary>Works out a room's state from events in files, to find out how a state reset came about.</summary>
public static class StateForensics
{
    /// <summary>Resolves the given states, or without any replays the events from the first to the last.</summary>
    /// <param name="version">The room's version.</param>
    /// <param name="eventFiles">JSON arrays of events in the federation format, taken together.</param>
    /// <param name="stateFiles">JSON arrays of event ids, one for each branch to resolve; none to replay the events.</param>
    /// <param name="trustEventIds">Take each event's <c>event_id</c> as it stands instead of computing it; hashes are not checked.</param>
    /// <exception cref="FormatException">A file is not what it should be, or a state names an event that is in no file.</exception>
    public static StateForensicsResult Resolve(
        RoomVersion version, IReadOnlyList<ReadOnlyMemory<byte>> eventFiles, IReadOnlyList<ReadOnlyMemory<byte>> stateFiles, bool trustEventIds)
    {
        var remarks = new List<string>();
        var pdus = new List<Pdu>();
        foreach (var file in eventFiles)
            pdus.AddRange(ReadEvents(version, file, trustEventIds, remarks));

        var state = stateFiles.Count > 0 ? ResolveStates(version, pdus, stateFiles) : Replay(version, pdus, remarks);
        return new StateForensicsResult { State = state, EventIds = [.. state.Values.Distinct().Order()], Remarks = remarks };
    }

    static IReadOnlyDictionary<StateSlot, EventId> Replay(RoomVersion version, List<Pdu> pdus, List<string> remarks)
    {
        var replay = DagReplay.Run(version, pdus);
        remarks.AddRange(replay.Rejected.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key} refused: {entry.Value}"));
        return replay.State;
    }

    static IReadOnlyDictionary<StateSlot, EventId> ResolveStates(RoomVersion version, List<Pdu> pdus, IReadOnlyList<ReadOnlyMemory<byte>> stateFiles)
    {
        var graph = new EventGraph(pdus);
        var states = new List<Dictionary<StateSlot, EventId>>();
        foreach (var file in stateFiles)
        {
            var state = new Dictionary<StateSlot, EventId>();
            foreach (var element in ReadArray(file))
            {
                if (element.ValueKind != JsonValueKind.String || !EventId.TryParse(ContentReader.TextOf(element), out var id))
                    throw new FormatException($"'{element}' in a state is not an event id.");
                if (graph.Find(id) is not { } pdu || StateSlot.Of(pdu) is not { } slot)
                    throw new FormatException($"{id} in a state is not one of the state events given.");
                if (!state.TryAdd(slot, id))
                    throw new FormatException($"A state holds two events for {slot.Type} '{slot.StateKey}': {state[slot]} and {id}.");
            }
            states.Add(state);
        }
        return StateResolver.Resolve(version, states, graph);
    }

    static IEnumerable<Pdu> ReadEvents(RoomVersion version, ReadOnlyMemory<byte> file, bool trustEventIds, List<string> remarks)
    {
        var number = 0;
        foreach (var element in ReadArray(file))
        {
            number++;
            var json = System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(element).ToArray();
            var reading = trustEventIds ? PduReader.ReadNamed(json, version) : PduReader.Read(json, version);
            if (reading.Pdu is { } pdu)
                yield return pdu;
            else
                remarks.Add($"Event {number} of a file left out: {reading.Fault}{(reading.Field is { } field ? $" ({field})" : "")}.");
        }
    }

    static List<JsonElement> ReadArray(ReadOnlyMemory<byte> file)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(file.Span);
        }
        catch (JsonException e)
        {
            throw new FormatException($"Not JSON: {e.Message}", e);
        }
        return root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : throw new FormatException("Not a JSON array.");
    }
}
