namespace Matrix.Bus.Protocol;

/// <summary>The working memory of one canonicalisation, kept by its thread for the next.</summary>
sealed class CanonicalScratch : IDisposable
{
    // Beyond this a thread gives the memory back instead of holding on to what one large text needed.
    const int KeptBytes = 256 * 1024;

    [ThreadStatic]
    static CanonicalScratch? spare;

    CanonicalMember[] members = new CanonicalMember[64];

    CanonicalScratch()
    {
    }

    /// <summary>The result.</summary>
    public ByteBuffer Output { get; } = new();

    /// <summary>Where members are put in order, and where callers compose what they hash.</summary>
    public ByteBuffer Side { get; } = new();

    /// <summary>How many members of unfinished objects are on the stack.</summary>
    public int MemberCount { get; private set; }

    public static CanonicalScratch Rent()
    {
        var scratch = spare ?? new CanonicalScratch();
        spare = null;
        scratch.Output.Clear();
        scratch.Side.Clear();
        scratch.MemberCount = 0;
        return scratch;
    }

    public void Push(CanonicalMember member)
    {
        if (MemberCount == members.Length)
            Array.Resize(ref members, members.Length * 2);
        members[MemberCount++] = member;
    }

    public Span<CanonicalMember> MembersFrom(int first) => members.AsSpan(first, MemberCount - first);

    public void PopTo(int first) => MemberCount = first;

    public void Dispose()
    {
        if (Output.Capacity <= KeptBytes && Side.Capacity <= KeptBytes)
            spare = this;
    }
}

/// <summary>One member of an object in canonical bytes.</summary>
/// <param name="Start">Where the opening quote of its key stands.</param>
/// <param name="KeyLength">The bytes of the key between its quotes, escapes as written.</param>
/// <param name="Length">The bytes of <c>"key":value</c>.</param>
readonly record struct CanonicalMember(int Start, int KeyLength, int Length);
