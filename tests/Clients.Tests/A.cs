using Matrix.Bus.Clients.History;

namespace Matrix.Bus.Clients.Tests;

/// <summary>Histories to judge.</summary>
static class A
{
    public const string Room = "!room:example.org";

    public static Seen Message(int number) => new($"${number}", $"key-{number}");

    public static Seen[] Messages(params int[] numbers) => [.. numbers.Select(Message)];

    public static Reading Complete(string reader, params int[] numbers) => Filled(new Reading(reader, Room, complete: true), Messages(numbers));

    public static Reading From(string reader, string? follows, params int[] numbers) =>
        Filled(new Reading(reader, Room, complete: false) { Follows = follows }, Messages(numbers));

    public static Reading Filled(Reading reading, params Seen[] events)
    {
        reading.Events.AddRange(events);
        return reading;
    }

    public static Acknowledged[] Sends(params int[] numbers) => [.. numbers.Select(number => new Acknowledged(Room, $"key-{number}", $"${number}"))];

    public static ClientHistory History(Acknowledged[] sends, params Reading[] readings) => new(sends, readings, []);
}
