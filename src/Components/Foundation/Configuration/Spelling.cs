namespace Matrix.Bus.Foundation;

/// <summary>Guesses what somebody meant to write.</summary>
static class Spelling
{
    /// <summary>The nearest candidate if it is near enough to be meant, ignoring case.</summary>
    public static string? Nearest(string written, IEnumerable<string> candidates) =>
        candidates.Select(candidate => (candidate, distance: Distance(written.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .Where(each => each.distance <= Math.Max(2, each.candidate.Length / 3))
            .OrderBy(each => each.distance)
            .Select(each => each.candidate)
            .FirstOrDefault();

    /// <summary>How many letters must be put in, left out, replaced or swapped with their neighbour.</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            rows[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            rows[0, j] = j;

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(replace, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
            }
        }
        return rows[a.Length, b.Length];
    }
}
