using System.Text.Json;
using Matrix.Bus.Protocol;

namespace Matrix.Bus.UserApi;

/// <summary>Which stage may come next, and what a client is told meanwhile.</summary>
static class InteractiveFlows
{
    public const string Dummy = "m.login.dummy";
    public const string Password = "m.login.password";
    public const string RegistrationToken = "m.login.registration_token";

    /// <summary>True if the stages done so far are the beginning of a flow that goes on with <paramref name="stage"/>.</summary>
    public static bool MayFollow(IReadOnlyList<IReadOnlyList<string>> flows, IReadOnlyList<string> completed, string stage) =>
        flows.Any(flow => flow.Count > completed.Count && flow.Take(completed.Count).SequenceEqual(completed) && flow[completed.Count] == stage);

    /// <summary>True if a flow is done.</summary>
    public static bool IsComplete(IReadOnlyList<IReadOnlyList<string>> flows, IReadOnlyList<string> completed) =>
        flows.Any(flow => flow.SequenceEqual(completed));

    /// <summary>The body of the 401.</summary>
    public static RawJson Challenge(IReadOnlyList<IReadOnlyList<string>> flows, string session, IReadOnlyList<string> completed, (string Errcode, string Error)? failure = null)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (failure is { } failed)
            {
                writer.WriteString("errcode", failed.Errcode);
                writer.WriteString("error", failed.Error);
            }
            writer.WriteStartArray("flows");
            foreach (var flow in flows)
            {
                writer.WriteStartObject();
                Strings(writer, "stages", flow);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteStartObject("params");
            writer.WriteEndObject();
            writer.WriteString("session", session);
            if (completed.Count > 0)
                Strings(writer, "completed", completed);
            writer.WriteEndObject();
        }
        return new RawJson(buffer.ToArray());
    }

    static void Strings(Utf8JsonWriter writer, string name, IReadOnlyList<string> strings)
    {
        writer.WriteStartArray(name);
        foreach (var text in strings)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
