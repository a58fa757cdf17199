using System.Diagnostics.CodeAnalysis;

namespace Matrix.Bus.Protocol;

/// <summary>What every Matrix identifier type promises: it holds one valid string of its grammar and compares by it.</summary>
/// <typeparam name="TSelf">The identifier type itself.</typeparam>
/// <remarks>Parsing accepts the historical grammar (spec, appendices, "Common Identifier Format"); only what this
/// server generates is held to the strict one.</remarks>
public interface IMatrixId<TSelf> : IParsable<TSelf>, ISpanParsable<TSelf>
    where TSelf : struct, IMatrixId<TSelf>
{
    /// <summary>The identifier as it goes over the wire.</summary>
    string Value { get; }

    /// <summary>Parses without throwing; at most 255 bytes of UTF-8.</summary>
    static abstract bool TryParse([NotNullWhen(true)] string? text, out TSelf id);
}
