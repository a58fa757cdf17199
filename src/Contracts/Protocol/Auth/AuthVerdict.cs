namespace Matrix.Bus.Protocol;

/// <summary>Whether the authorisation rules allow an event, and if not, which rule refuses it.</summary>
/// <param name="Rule">The refusing rule; <see cref="AuthRule.None"/> if the event is allowed.</param>
/// <param name="Version">The room version whose rules were applied.</param>
public readonly record struct AuthVerdict(AuthRule Rule, RoomVersion Version)
{
    /// <summary>True if no rule refuses the event.</summary>
    public bool Allowed => Rule == AuthRule.None;

    /// <summary>The rule's number in the specification of this room version, such as "5.2.3"; empty if allowed.</summary>
    public string Number => AuthRuleText.Number(Rule, Version);

    /// <summary>Number and short name, such as "6 not joined".</summary>
    public string Code => Allowed ? "" : $"{Number} {AuthRuleText.Name(Rule)}";

    /// <summary>The rule in a sentence for people.</summary>
    public string Sentence => AuthRuleText.Sentence(Rule);

    /// <inheritdoc/>
    public override string ToString() => Allowed ? "allowed" : $"{Code}: {Sentence} (room version {Version.Id}, rule {Number})";
}
