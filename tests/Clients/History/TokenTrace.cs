using System.Globalization;
using System.Text;

namespace Matrix.Bus.Clients.History;

/// <summary>The tokens that one client got from <c>/sync</c>, in the order it got them.</summary>
/// <param name="Reader">Whose.</param>
/// <param name="Tokens">The values of <c>next_batch</c>.</param>
public sealed record TokenTrace(string Reader, IReadOnlyList<string> Tokens)
{
    /// <summary>
    /// Finds a token that lies before the one it follows. Tokens are opaque, but ours and everybody's are numbers between other
    /// text: where two have the same shape, no number may become smaller. Tokens of different shapes are not compared.
    /// </summary>
    public (string Before, string After)? FirstBackwards()
    {
        for (var i = 1; i < Tokens.Count; i++)
        {
            if (GoesBackwards(Tokens[i - 1], Tokens[i]))
                return (Tokens[i - 1], Tokens[i]);
        }
        return null;
    }

    static bool GoesBackwards(string before, string after)
    {
        if (string.Equals(before, after, StringComparison.Ordinal))
            return false;
        var (shape, numbers) = Dissect(before);
        var (otherShape, otherNumbers) = Dissect(after);
        return string.Equals(shape, otherShape, StringComparison.Ordinal) && numbers.Zip(otherNumbers).Any(pair => pair.Second < pair.First);
    }

    static (string Shape, List<decimal> Numbers) Dissect(string token)
    {
        var shape = new StringBuilder();
        var numbers = new List<decimal>();
        for (var i = 0; i < token.Length;)
        {
            if (!char.IsAsciiDigit(token[i]))
            {
                shape.Append(token[i++]);
                continue;
            }
            var start = i;
            while (i < token.Length && char.IsAsciiDigit(token[i]) && i - start < 28)
                i++;
            numbers.Add(decimal.Parse(token.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture));
            shape.Append('#');
        }
        return (shape.ToString(), numbers);
    }
}
