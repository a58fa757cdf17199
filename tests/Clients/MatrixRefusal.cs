namespace Matrix.Bus.Clients;

/// <summary>A homeserver answered with something other than 200.</summary>
public sealed class MatrixRefusal(int status, string code, string text, TimeSpan? retryAfter) : Exception($"{status} {code}: {text}")
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The errcode, or empty.</summary>
    public string Code { get; } = code;

    /// <summary>When the server wants to be asked again, if it said so.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
