using System.Globalization;

namespace Matrix.Bus.Faults.Schedules;

/// <summary>What may happen to something.</summary>
enum FaultKind
{
    /// <summary>kill -9, and started again after the duration.</summary>
    Kill = 1,

    /// <summary>SIGSTOP for the duration: connections stay open and nothing answers.</summary>
    Pause = 2,

    /// <summary>A link's connections are reset, and new ones are until the duration is over.</summary>
    Cut = 3,

    /// <summary>Nothing passes over a link for the duration; what was sent meanwhile arrives afterwards, as TCP does it.</summary>
    Silence = 4,

    /// <summary>A link's connections are reset, once; new ones are accepted at once, so that answers are lost and retries are not.</summary>
    Reset = 5,

    /// <summary>kill -9 of one of PostgreSQL's workers: it ends all others in the middle of what they do, and recovers by itself.</summary>
    Crash = 6,
}

/// <summary>Something that faults happen to, and which.</summary>
/// <param name="Name">Unique, such as <c>room-1</c> or <c>room-1~broker</c>.</param>
/// <param name="Kinds">What may happen to it.</param>
/// <param name="Weight">How often it is chosen in comparison with others.</param>
/// <param name="Longest">The longest fault, at most 20 s.</param>
/// <param name="Recovery">How long it is left alone after a fault.</param>
sealed record Target(string Name, IReadOnlyList<FaultKind> Kinds, int Weight, TimeSpan Longest, TimeSpan Recovery);

/// <summary>One thing that happens.</summary>
/// <param name="At">When, from the start of the run.</param>
/// <param name="Kind">What.</param>
/// <param name="Target">To what.</param>
/// <param name="Duration">For how long.</param>
sealed record Fault(TimeSpan At, FaultKind Kind, string Target, TimeSpan Duration)
{
    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,7:F1} s  {Kind,-7} {Target,-18} {Duration.TotalSeconds,4:F1} s");
}
