using Matrix.Bus.Protocol;

namespace Matrix.Bus.Messages;

/// <summary>An expected "no": what the client-server API would answer, as data that crosses the bus.</summary>
public sealed record Refusal
{
    /// <summary>HTTP status, 4xx or 5xx.</summary>
    public required int Status { get; init; }

    /// <summary>The Matrix error code, <c>M_FORBIDDEN</c> and so on.</summary>
    public required string Errcode { get; init; }

    /// <summary>A sentence for people.</summary>
    public required string Error { get; init; }

    /// <summary>Further top-level members of the error body (<c>retry_after_ms</c>, <c>room_version</c>, …), a JSON object.</summary>
    public RawJson? Extra { get; init; }

    /// <summary>The auth rule or check that said no, where one did.</summary>
    public string? Rule { get; init; }
}

/// <summary>Thrown by a handler to refuse, and by a call to its caller when the handler refused: the same on both roads.</summary>
/// <remarks>Not a bug and not worth a retry: it travels as a reply, is never logged as an error, and becomes the HTTP error at the edge.</remarks>
public sealed class RefusedException(Refusal refusal) : Exception($"{refusal.Errcode}: {refusal.Error}")
{
    /// <summary>Shorthand for a refusal without extras.</summary>
    public RefusedException(int status, string errcode, string error, string? rule = null)
        : this(new Refusal { Status = status, Errcode = errcode, Error = error, Rule = rule })
    {
    }

    /// <summary>What to tell the client.</summary>
    public Refusal Refusal { get; } = refusal;
}
