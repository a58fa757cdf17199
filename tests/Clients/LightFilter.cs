using System.Text.Json;

namespace Matrix.Bus.Clients;

/// <summary>Filters that leave a listener nothing but the messages of some rooms.</summary>
public static class LightFilter
{
    /// <summary>For <c>/messages</c>: messages alone.</summary>
    public const string Messages = """{"types":["m.room.message"],"lazy_load_members":true}""";

    /// <summary>For <c>/sync</c>: the timelines of these rooms, messages alone.</summary>
    /// <param name="rooms">Their ids.</param>
    /// <param name="limit">How many events of a room one answer may hold before the timeline is limited.</param>
    public static string Sync(IEnumerable<string> rooms, int limit)
    {
        var ids = JsonSerializer.Serialize(rooms);
        const string nothing = """{"types":[],"not_types":["*"]}""";
        return "{" + $$"""
            "presence":{{nothing}},"account_data":{{nothing}},"room":{"rooms":{{ids}},"account_data":{{nothing}},"ephemeral":{{nothing}},
            "state":{"types":[],"not_types":["*"],"lazy_load_members":true},"timeline":{"types":["m.room.message"],"limit":{{limit}} }
            """ + "}}";
    }
}
